"""Work that waits for sockets, against a server in a process of its own."""

from __future__ import annotations

import contextlib
import socket
import struct
import subprocess
import sys

from experiments.parameters import duration, size
from experiments.workloads.base import Resource, Workload

HOST = "127.0.0.1"
RESET_ON_CLOSE = struct.pack("ii", 1, 0)
"""SO_LINGER: closing resets the connection, so that thousands of tasks leave no sockets in TIME_WAIT."""


def echo(item: tuple[int, int, int]) -> int:
    """`(port, index, size_bytes)`: connects, sends that many bytes, reads them back; returns the index."""
    port, index, size_bytes = item
    message = bytes([index % 256]) * size_bytes
    with socket.create_connection((HOST, port)) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
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
    connection = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
    writer.write(message)
    received = await reader.readexactly(size_bytes)
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()
    if received != message:
        raise ValueError("the echo differs from what was sent")
    return index


class TcpEcho(Workload):
    """Exchanges a message over loopback TCP with a server that answers after a fixed delay."""

    name = "tcp_echo"
    needs = Resource.IO
    function = staticmethod(echo)
    coroutine = staticmethod(echo_async)
    default_tasks = 16

    delay: float = duration(0.010, "How long the server waits before it answers.")
    size: int = size(1024, "Bytes of each message.")

    _server: subprocess.Popen[str] | None = None
    _port = 0

    def open(self) -> None:
        """Starts the server; it ends when its standard input is closed."""
        command = [sys.executable, "-I", "-S", "-c", _SERVER_BOOTSTRAP, *sys.path]
        self._server = subprocess.Popen(
            [*command, str(self.delay), str(self.size)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._server.stdout is not None
        self._port = int(self._server.stdout.readline())

    def close(self) -> None:
        """Ends the server."""
        if self._server is not None:
            self._server.kill()
            self._server.communicate()

    def items(self, count: int) -> list[tuple[int, int, int]]:
        """Numbered messages."""
        return [(self._port, index, self.size) for index in range(count)]

    def expected(self, items: list[tuple[int, int, int]]) -> list[int]:
        """The numbers."""
        return [index for _, index, _ in items]

    def predicted_task_s(self) -> float:
        """The delay and a little for the sockets."""
        return self.delay + 5e-4


_SERVER_BOOTSTRAP = """
import sys
*sys.path, delay, size = sys.argv[1:]
from experiments.workloads.echo_server import serve
serve(float(delay), int(size))
"""
