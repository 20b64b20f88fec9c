"""The server behind `http_get`: answers each GET with a body after a fixed delay, in HTTP/1.1."""

from __future__ import annotations

from experiments.workloads.serving import Server

END_OF_REQUEST = b"\r\n\r\n"


def serve(delay_s: float, body_bytes: int) -> None:
    """Prints the port and serves on loopback until standard input is closed."""

    def answer(received: bytearray) -> bytes | None:
        return respond(bytes(received), body_bytes) if received.endswith(END_OF_REQUEST) else None

    Server(delay_s, answer).run()


def respond(request: bytes, body_bytes: int) -> bytes:
    """The answer to one request: `GET /7` gives a body whose bytes are all 7, anything else is refused."""
    method, _, rest = request.partition(b" ")
    path = rest.partition(b" ")[0]
    if method != b"GET" or not path[1:].isdigit():
        return b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: {body_bytes}\r\n\r\n"
    return head.encode() + body_of(int(path[1:]), body_bytes)


def body_of(index: int, body_bytes: int) -> bytes:
    """What the server sends for `/index`."""
    return bytes([index % 256]) * body_bytes
