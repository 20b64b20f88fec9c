"""The server behind `tcp_echo`: echoes each message after a fixed delay."""

from __future__ import annotations

from experiments.workloads.serving import Server


def serve(delay_s: float, message_bytes: int) -> None:
    """Prints the port and serves on loopback until standard input is closed."""
    Server(delay_s, lambda received: bytes(received) if len(received) >= message_bytes else None).run()
