"""Fetches pages over HTTP from a server of its own, which takes 20 ms to answer.

    cd docs/examples; whichpool advise pages.py:fetch --items pages.py:urls --setup pages.py:serve

Each task waits for the server nearly all the time: threads are the answer. `fetch_async` is the same for asyncio, with
nothing but the standard library.
"""

import asyncio
import atexit
import subprocess
import sys
import urllib.parse
import urllib.request

SERVER = """
import http.server, time

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        time.sleep(0.02)
        body = self.path.encode() * 100
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass

class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 128

server = Server(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
"""
PAGES = 32
_server = None
_port = 0


def serve():
    """The set-up: starts the server, in a process of its own, unless it runs already."""
    global _server, _port
    if _server is None or _server.poll() is not None:
        _server = subprocess.Popen([sys.executable, "-c", SERVER], stdout=subprocess.PIPE, text=True)
        atexit.register(_server.kill)
        _port = int(_server.stdout.readline())


def urls():
    """The pages to fetch."""
    serve()
    return [f"http://127.0.0.1:{_port}/page/{number}" for number in range(PAGES)]


def fetch(url):
    """The length of a page."""
    with urllib.request.urlopen(url) as answer:
        return len(answer.read())


async def fetch_async(url):
    """The same without blocking the event loop."""
    parts = urllib.parse.urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    writer.write(f"GET {parts.path} HTTP/1.0\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return len(answer.partition(b"\r\n\r\n")[2])
