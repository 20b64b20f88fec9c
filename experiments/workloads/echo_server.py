"""The server behind `tcp_echo`: echoes each message after a fixed delay; one thread, no limit on connections."""

from __future__ import annotations

import contextlib
import heapq
import os
import selectors
import socket
import sys
import time

LISTEN_BACKLOG = 1024


def serve(delay_s: float, message_bytes: int) -> None:
    """Prints the port and serves on loopback until standard input is closed."""
    selector = selectors.DefaultSelector()
    listener = socket.create_server(("127.0.0.1", 0), backlog=LISTEN_BACKLOG)
    listener.setblocking(False)
    selector.register(listener, selectors.EVENT_READ)
    selector.register(sys.stdin, selectors.EVENT_READ)
    sys.stdout.write(f"{listener.getsockname()[1]}\n")
    sys.stdout.flush()

    received: dict[socket.socket, bytearray] = {}
    due: list[tuple[float, int, socket.socket]] = []
    while True:
        timeout = max(0.0, due[0][0] - time.monotonic()) if due else None
        for key, _ in selector.select(timeout):
            if key.fileobj is sys.stdin:
                os._exit(0)
            if key.fileobj is listener:
                connection, _address = listener.accept()
                selector.register(connection, selectors.EVENT_READ)
                received[connection] = bytearray()
                continue
            connection = key.fileobj  # type: ignore[assignment]
            part = _receive(connection)
            received[connection] += part
            if not part:
                selector.unregister(connection)
                del received[connection]
                connection.close()
            elif len(received[connection]) >= message_bytes:
                heapq.heappush(due, (time.monotonic() + delay_s, connection.fileno(), connection))
        while due and due[0][0] <= time.monotonic():
            connection = heapq.heappop(due)[2]
            if connection in received:
                _send(connection, bytes(received[connection]))
                received[connection].clear()


def _receive(connection: socket.socket) -> bytes:
    try:
        return connection.recv(1 << 16)
    except ConnectionError:
        return b""


def _send(connection: socket.socket, message: bytes) -> None:
    with contextlib.suppress(ConnectionError):
        connection.sendall(message)
