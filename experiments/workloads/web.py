"""Work that fetches pages over HTTP."""

from __future__ import annotations

import http.client

from experiments.parameters import size
from experiments.workloads.network import HOST, SECONDS_FOR_SOCKETS, ServerWorkload, close_stream, reset_on_close

STATUS_OK = 200


def get(item: tuple[int, int, int]) -> int:
    """`(port, index, size_bytes)`: gets `/index` over a connection of its own; returns the index."""
    port, index, size_bytes = item
    connection = http.client.HTTPConnection(HOST, port)
    connection.connect()
    reset_on_close(connection.sock)
    connection.request("GET", f"/{index}")
    response = connection.getresponse()
    body = response.read()
    connection.close()
    check(response.status, body, index, size_bytes)
    return index


async def get_async(item: tuple[int, int, int]) -> int:
    """The same over asyncio's streams."""
    import asyncio

    port, index, size_bytes = item
    reader, writer = await asyncio.open_connection(HOST, port)
    reset_on_close(writer.get_extra_info("socket"))
    writer.write(f"GET /{index} HTTP/1.1\r\nHost: {HOST}:{port}\r\nAccept-Encoding: identity\r\n\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    status, length = read_head(head)
    body = await reader.readexactly(length)
    await close_stream(writer)
    check(status, body, index, size_bytes)
    return index


def read_head(head: bytes) -> tuple[int, int]:
    """Status and length of the body, from the head of an answer."""
    status_line, *fields = head.decode("latin-1").split("\r\n")
    lengths = [value for name, _, value in (field.partition(":") for field in fields) if name == "Content-Length"]
    return int(status_line.split()[1]), int(lengths[0])


def check(status: int, body: bytes, index: int, size_bytes: int) -> None:
    """Raises ValueError unless this is the answer to the request for `/index`."""
    if status != STATUS_OK or body != bytes([index % 256]) * size_bytes:
        raise ValueError(f"GET /{index} was answered with status {status} and {len(body)} bytes that were not expected")


class HttpGet(ServerWorkload):
    """Gets a page over loopback HTTP from a server that answers after a fixed delay.

    One task opens a connection, sends one GET request, reads the whole answer and closes the connection: with
    `http.client`, and under asyncio with streams. The server is a process of its own with one thread and an event
    loop, kept on one CPU (the last that may be used) where the system allows that; it answers each request `delay`
    after its end, however many others it has.

    It shows what an ordinary client of web services gains: most of a request is waiting, the rest is Python code that
    writes and parses HTTP.

    Expected: on a GIL build threads speed up in proportion to the workers until that Python code, about half a
    millisecond for each request, fills one CPU; on a free-threaded build until it fills all of them. Asyncio has the
    least overhead with hundreds of workers.

    The tests check that N requests over W workers take at least ceil(N / W) times the delay: the rate cannot exceed
    W / `delay`. Every answer's status and body are checked, and a thousand requests at once are answered together.

    `delay` is how long a remote service would think, `size` how long its answer is.
    """

    name = "http_get"
    function = staticmethod(get)
    coroutine = staticmethod(get_async)
    default_tasks = 16
    server = "experiments.workloads.http_server"

    size: int = size(1024, "Bytes of each answer's body.")

    def predicted_task_s(self) -> float:
        """Two times the sockets' share more than `tcp_echo`, for the HTTP."""
        return super().predicted_task_s() + 2 * SECONDS_FOR_SOCKETS
