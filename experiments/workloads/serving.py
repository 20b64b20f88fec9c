"""What the servers of the waiting workloads share: one thread, an event loop, a fixed delay before each answer.

A thread for each connection would be the first thing to slow down at a thousand of them.
"""

from __future__ import annotations

import os
import selectors
import socket
import sys
import time
from collections import deque

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Answer = Callable[[bytearray], "bytes | None"]

LISTEN_BACKLOG = 4096
RECEIVE_BYTES = 1 << 18
MOST_DESCRIPTORS = 1 << 16


class Server:
    """Listens on loopback; `answer` gives the reply to what a connection has sent, or None while more must come."""

    def __init__(self, delay_s: float, answer: Answer) -> None:
        self._delay_s = delay_s
        self._answer = answer
        self._selector = selectors.DefaultSelector()
        self._received: dict[socket.socket, bytearray] = {}
        self._unsent: dict[socket.socket, memoryview] = {}
        # Every answer waits equally long: the first request is the first that is due.
        self._due: deque[tuple[float, socket.socket, bytes]] = deque()

    def run(self) -> None:
        """Prints the port and serves until standard input is closed; ends the process."""
        listener = socket.create_server(("127.0.0.1", 0), backlog=LISTEN_BACKLOG)
        listener.setblocking(False)
        self._selector.register(listener, selectors.EVENT_READ, self._accept)
        self._selector.register(sys.stdin, selectors.EVENT_READ, lambda _: os._exit(0))
        sys.stdout.write(f"{listener.getsockname()[1]}\n")
        sys.stdout.flush()
        while True:
            timeout = max(0.0, self._due[0][0] - time.monotonic()) if self._due else None
            for key, _ in self._selector.select(timeout):
                key.data(key.fileobj)
            while self._due and self._due[0][0] <= time.monotonic():
                _, connection, reply = self._due.popleft()
                if connection in self._received:
                    self._unsent[connection] = memoryview(reply)
                    self._send(connection)

    def _accept(self, listener: socket.socket) -> None:
        try:
            connection, _ = listener.accept()
        except OSError:  # it has gone again, or there are too many
            return
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._received[connection] = bytearray()
        self._selector.register(connection, selectors.EVENT_READ, self._receive)

    def _receive(self, connection: socket.socket) -> None:
        try:
            part = connection.recv(RECEIVE_BYTES)
        except BlockingIOError:
            return
        except OSError:
            part = b""
        if not part:
            self._forget(connection)
            return
        received = self._received[connection]
        received += part
        reply = self._answer(received)
        if reply is not None:
            received.clear()
            self._due.append((time.monotonic() + self._delay_s, connection, reply))

    def _send(self, connection: socket.socket) -> None:
        unsent = self._unsent[connection]
        try:
            unsent = unsent[connection.send(unsent) :]
        except BlockingIOError:
            pass
        except OSError:
            self._forget(connection)
            return
        self._unsent[connection] = unsent
        # Waiting for room instead would keep every other connection waiting as well.
        self._selector.modify(
            connection,
            selectors.EVENT_WRITE if unsent else selectors.EVENT_READ,
            self._send if unsent else self._receive,
        )

    def _forget(self, connection: socket.socket) -> None:
        self._selector.unregister(connection)
        self._received.pop(connection)
        self._unsent.pop(connection, None)
        connection.close()


def pin_to_one_cpu() -> None:
    """Keeps this process on the last of the CPUs that it may use, where the system can do that."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def allow_many_descriptors() -> None:
    """Raises this process's limit of open files, where there is one, as far as it may."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, MOST_DESCRIPTORS)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        except (OSError, ValueError):  # macOS has a second limit, which it doesn't tell
            return
