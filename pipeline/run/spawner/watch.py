"""Watches one measured process until it has told everything, has died, or its time is up."""

from __future__ import annotations

import json
import marshal
import os
import re
import select
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from pipeline.run.spawner.launch import Launched
    from pipeline.run.spawner.memory import MemoryWatch

LENGTH_BYTES = 4
ORDER_FORMAT = 2
"""What the measured process reads, whichever version of Python it is (`experiments.probe.messages`)."""
LARGEST_MESSAGE_BYTES = 1 << 20
READ_BYTES = 1 << 16
STDERR_TAIL_BYTES = 4096
GIL_WARNING = re.compile(rb"lock \(GIL\) has been enabled to load module '([^']{1,255})'")
"""What a free-threaded CPython says, once in each process, when it imports a module that isn't made for it."""
GIL_WARNING_BYTES = 512
"""As much as the end of one part of the output may have of it."""
READS_AT_ONCE = 64
"""Someone who writes faster than we read must not keep us from looking at the clock."""
POLL_WITHOUT_PIDFD_S = 0.01


class Orphaned(Exception):
    """The orchestrator is gone or wants to stop: nobody waits for the result any more."""


class Watch:
    """What one measured process has told so far, and the waiting for more."""

    def __init__(
        self,
        launched: Launched,
        deadline: float,
        memory: MemoryWatch | None,
        stop_fd: int,
        *,
        starts_without_gil: bool = False,
    ) -> None:
        self._launched = launched
        self._starts_without_gil = starts_without_gil
        self._deadline = deadline
        self._memory = memory
        self._stop_fd = stop_fd
        self._received = bytearray()
        self._channel_open = True
        self.phases: list[dict[str, Any]] = []
        self.readings: list[dict[str, Any]] = []
        """What the workload told besides: metric, iteration, value in seconds."""
        self.facts: dict[str, Any] = {}
        self.ended = False
        self.ended_at: float | None = None
        self.timed_out = False
        self.rubbish = False
        self.stderr_tail = b""
        self.gil_enabled_by: str | None = None
        """The first module that switched the GIL on in any process of the invocation."""

    def send(self, request: dict[str, Any]) -> None:
        """Hands the measured process its request, or the word to go on."""
        body = marshal.dumps(request, ORDER_FORMAT)
        self._launched.channel.setblocking(True)
        try:
            self._launched.channel.sendall(len(body).to_bytes(LENGTH_BYTES, "big") + body)
        except (BrokenPipeError, ConnectionResetError):
            return  # it has died; its end is noticed where ends are noticed
        finally:
            self._launched.channel.setblocking(False)

    def wait(self) -> None:
        """Returns when the process said that it is done, died, broke the protocol, or ran out of time."""
        self._wait()
        self._read_stderr()  # what was said just before the end

    def _wait(self) -> None:
        poll = select.poll()
        poll.register(self._launched.channel, select.POLLIN)
        poll.register(self._launched.stderr, select.POLLIN)
        poll.register(self._stop_fd, select.POLLIN)
        if self._launched.pidfd is not None:
            poll.register(self._launched.pidfd, select.POLLIN)
        while not self.ended and not self.rubbish:
            remaining = self._deadline - time.monotonic()
            if remaining <= 0:
                self.timed_out = True
                return
            ready = {descriptor for descriptor, _ in poll.poll(self._patience_s(remaining) * 1000)}
            if self._stop_fd in ready:
                raise Orphaned
            if self._launched.stderr in ready and not self._read_stderr():
                poll.unregister(self._launched.stderr)
            if self._launched.channel.fileno() in ready:
                self._read_channel()
                if not self._channel_open:
                    poll.unregister(self._launched.channel)
            if self._memory and self._memory.interval_s:
                self._memory.sample()
            if (self._launched.pidfd is None or self._launched.pidfd in ready) and self._launched.has_ended():
                self._read_channel()
                return

    def _patience_s(self, remaining_s: float) -> float:
        limits = [remaining_s]
        if self._memory and self._memory.interval_s:
            limits.append(self._memory.interval_s)
        if self._launched.pidfd is None:
            limits.append(POLL_WITHOUT_PIDFD_S)
        return min(limits)

    def _read_stderr(self) -> bool:
        """Keeps only the end of what the process complains about; False once nobody can write any more."""
        for _ in range(READS_AT_ONCE):
            try:
                part = os.read(self._launched.stderr, READ_BYTES)
            except BlockingIOError:
                return True
            if not part:
                return False
            if self._starts_without_gil and self.gil_enabled_by is None:
                self._look_for_the_gil(self.stderr_tail[-GIL_WARNING_BYTES:] + part)
            self.stderr_tail = (self.stderr_tail + part)[-STDERR_TAIL_BYTES:]
        return True

    def _look_for_the_gil(self, said: bytes) -> None:
        if found := GIL_WARNING.search(said):
            self.gil_enabled_by = found[1].decode("utf-8", "replace")

    def _read_channel(self) -> None:
        for _ in range(READS_AT_ONCE):
            if not self._channel_open or self.ended or self.rubbish:
                return
            try:
                part = self._launched.channel.recv(READ_BYTES)
            except BlockingIOError:
                return
            except ConnectionResetError:
                part = b""
            if not part:
                self._channel_open = False
            self._received += part
            for message in self._messages():
                self._take(message)

    def _messages(self) -> Iterator[dict[str, Any]]:
        while len(self._received) >= LENGTH_BYTES and not self.rubbish:
            length = int.from_bytes(self._received[:LENGTH_BYTES], "big")
            if length > LARGEST_MESSAGE_BYTES:
                self.rubbish = True
                return
            end = LENGTH_BYTES + length
            if len(self._received) < end:
                return
            body = bytes(self._received[LENGTH_BYTES:end])
            del self._received[:end]
            try:
                message = json.loads(body)
            except ValueError:
                message = None
            if not isinstance(message, dict):
                self.rubbish = True
                return
            yield message

    def _take(self, message: dict[str, Any]) -> None:
        if "phase" in message:
            self.rubbish = self.rubbish or not _is_phase(message)
            self.phases.append(message)
        elif "reading" in message:
            self.rubbish = self.rubbish or not _is_reading(message)
            self.readings.append(message)
        elif "pause" in message:
            if self._memory:
                self._memory.read_point(str(message["pause"]))
            self.send({"go": True})
        elif message.get("end"):
            self.ended = True
            self.ended_at = time.monotonic()
        else:
            self.facts.update(message)


def _is_reading(message: dict[str, Any]) -> bool:
    return isinstance(message.get("value"), (int, float)) and isinstance(message.get("unit", "s"), str)


def _is_phase(message: dict[str, Any]) -> bool:
    wall, cpu = message.get("wall"), message.get("cpu")
    numbers = isinstance(wall, (int, float)) and (cpu is None or isinstance(cpu, (int, float)))
    return numbers and isinstance(message["phase"], str) and "iteration" in message
