"""Work that waits for sockets, against a server in a process of its own."""

from __future__ import annotations

import socket
import struct
import sys

from experiments.parameters import duration, size
from experiments.workloads.base import Resource, Workload

TYPE_CHECKING = False
if TYPE_CHECKING:
    import asyncio
    import subprocess

HOST = "127.0.0.1"
RESET_ON_CLOSE = struct.pack("ii", 1, 0)
"""SO_LINGER: closing resets the connection, so that thousands of tasks leave no sockets in TIME_WAIT."""
SECONDS_FOR_SOCKETS = 5e-4
"""What connecting and closing takes, for the plan's prediction only."""


def echo(item: tuple[int, int, int]) -> int:
    """`(port, index, size_bytes)`: connects, sends that many bytes, reads them back; returns the index."""
    port, index, size_bytes = item
    message = bytes([index % 256]) * size_bytes
    with socket.create_connection((HOST, port)) as connection:
        reset_on_close(connection)
        connection.sendall(message)
        received = bytearray()
        while len(received) < size_bytes:
            part = connection.recv(size_bytes - len(received))
            if not part:
                raise ConnectionError("the echo server closed the connection early")
            received += part
    if received != message:
        raise ValueError("the echo differs from what was sent")
    return index


async def echo_async(item: tuple[int, int, int]) -> int:
    """The same on an event loop."""
    import asyncio

    port, index, size_bytes = item
    message = bytes([index % 256]) * size_bytes
    reader, writer = await asyncio.open_connection(HOST, port)
    reset_on_close(writer.get_extra_info("socket"))
    writer.write(message)
    received = await reader.readexactly(size_bytes)
    await close_stream(writer)
    if received != message:
        raise ValueError("the echo differs from what was sent")
    return index


def reset_on_close(connection: socket.socket) -> None:
    """Closing will leave nothing of the connection behind."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)


async def close_stream(writer: asyncio.StreamWriter) -> None:
    """Closes an asyncio stream and waits until that is done."""
    writer.close()
    try:
        await writer.wait_closed()
    except ConnectionError:  # reset by us
        return


class ServerWorkload(Workload):
    """Base of the workloads that ask a server: it runs from `open` to `close`."""

    needs = Resource.IO
    server = ""
    """The module whose `serve(delay, size)` the server process runs."""

    delay: float = duration(0.010, "How long the server waits before it answers.")
    size: int

    _process: subprocess.Popen[str] | None = None
    _port = 0

    def open(self) -> None:
        """Starts the server; it ends when its standard input is closed."""
        import subprocess

        from experiments.workloads.serving import allow_many_descriptors

        allow_many_descriptors()
        command = [sys.executable, "-I", "-S", "-c", _BOOTSTRAP, *sys.path]
        self._process = subprocess.Popen(
            [*command, self.server, str(self.delay), str(self.size)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        self._port = int(self._process.stdout.readline())

    def close(self) -> None:
        """Ends the server."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()

    def items(self, count: int) -> list[tuple[int, int, int]]:
        """Numbered exchanges."""
        return [(self._port, index, self.size) for index in range(count)]

    def expected(self, items: list[tuple[int, int, int]]) -> list[int]:
        """The numbers."""
        return [index for _, index, _ in items]

    def predicted_task_s(self) -> float:
        """The delay and a little for the sockets."""
        return self.delay + SECONDS_FOR_SOCKETS


class TcpEcho(ServerWorkload):
    """Exchanges a message over loopback TCP with a server that answers after a fixed delay.

    One task connects, sends `size` bytes, waits for the same bytes to come back and closes the connection. The server
    is a process of its own with one thread and an event loop, kept on one CPU (the last that may be used) where the
    system allows that; it answers each message `delay` after its end, however many others it has.

    It shows what many conversations at once cost: the system calls for a connection, and how a strategy waits for a
    thousand of them.

    Expected: with and without the GIL, threads and coroutines speed up in proportion to the workers, until the CPU that
    the sockets need is busy; the GIL is released while a socket waits. With very many workers asyncio needs least.

    The tests check that no message takes less than the delay, and that N of them over W workers take at least
    ceil(N / W) times the delay: the rate cannot exceed W / `delay`. What comes back is compared with what was sent.

    `delay` is the time on the other side of a network, `size` how much is sent and received.
    """

    name = "tcp_echo"
    function = staticmethod(echo)
    coroutine = staticmethod(echo_async)
    default_tasks = 16
    server = "experiments.workloads.echo_server"

    size: int = size(1024, "Bytes of each message.")


_BOOTSTRAP = """
import sys
*sys.path, module, delay, size = sys.argv[1:]
from experiments.workloads.serving import allow_many_descriptors, pin_to_one_cpu
allow_many_descriptors()
pin_to_one_cpu()
__import__(module, fromlist=["serve"]).serve(float(delay), int(size))
"""
