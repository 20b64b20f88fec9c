"""Work that hangs, and the line between those who hang and their parent."""

from __future__ import annotations

import os
import select
import time

SPINS = 10_000
"""Turns of the loop between two looks at the clock: well below a millisecond."""
LOOK_S = 0.05
NAP_S = 0.001


class Line:
    """What hanging workers and their parent have in common: descriptors, which mean the same to all of them."""

    def __init__(self, deadline_s: float) -> None:
        self.deadline_s = deadline_s
        self.told, self.tell = os.pipe()
        """A byte arrives when a victim is ready, and another one when it hangs."""
        self.gate, self.open_gate = os.pipe()
        """As soon as there is something to read, victims that are ready begin to hang; nobody reads it."""
        self.released, self.release = os.pipe()
        """As soon as there is something to read, everybody leaves; nobody reads it."""
        self.asked, self.ask = os.pipe()
        self.answered, self.answer = os.pipe()
        self._gates: list[int] = []

    def numbers(self) -> tuple[int, int, int, float]:
        """The arguments of `hang` after the first."""
        return self.tell, self.gate, self.released, self.deadline_s

    def have_told(self, count: int, patience_s: float) -> bool:
        """Waits until so many victims have told something; False if that takes too long."""
        return all(can_read(self.told, patience_s) and os.read(self.told, 1) for _ in range(count))

    def let_hang(self) -> None:
        """Opens the gate for those who are ready, and sets up a new one for those who are started later."""
        os.write(self.open_gate, b".")
        self._gates += [self.gate, self.open_gate]
        self.gate, self.open_gate = os.pipe()

    def sibling_answers(self, patience_s: float) -> bool:
        """Whether the sibling, asked, answers in time."""
        os.write(self.ask, b"?")
        return can_read(self.answered, patience_s) and os.read(self.answered, 1) == b"!"

    def close(self) -> None:
        """Closes all of them; everybody must have left."""
        pipes = (self.told, self.gate, self.released, self.asked, self.answered)
        ends = (self.tell, self.open_gate, self.release, self.ask, self.answer)
        for descriptor in (*pipes, *ends, *self._gates):
            os.close(descriptor)


def can_read(descriptor: int, seconds: float) -> bool:
    """Whether there is something to read, at the latest after so many seconds."""
    return bool(select.select([descriptor], [], [], seconds)[0])


def hang(how: str, tell: int, gate: int, released: int, deadline_s: float) -> None:
    """Hangs until it is released, stopped or the deadline has come: in a `loop`, in a `wait`, or so as to `swallow`.

    A byte is written to `tell` when it is ready; it begins once the gate is open, and tells that with another byte.
    """
    end = time.monotonic() + deadline_s
    os.write(tell, b".")
    can_read(gate, deadline_s)
    if how == "wait":
        os.write(tell, b".")
        can_read(released, deadline_s)
        return
    if how == "loop":
        os.write(tell, b".")
        loop(released, end)
        return
    # What it tells is told inside the `try`, which an exception could come ahead of otherwise.
    untold = [tell]
    while not has_left(released, end):
        try:
            while untold:
                os.write(untold.pop(), b".")
            loop(released, end)
        except BaseException:  # noqa: BLE001, S112 - this is what the victim is about
            continue


def loop(released: int, end: float) -> None:
    """Runs bytecode that does nothing until it is released or the time has come."""
    while not has_left(released, end):
        # Looking would let go of the GIL; this hangs in bytecode, as a program would.
        look_again = time.monotonic() + LOOK_S
        while time.monotonic() < look_again:
            spin(SPINS)


def has_left(released: int, end: float) -> bool:
    """Whether a victim should go."""
    return can_read(released, 0) or time.monotonic() > end


def spin(turns: int) -> None:
    """Bytecode."""
    for _ in range(turns):
        pass


def keep_answering(asked: int, answer: int, released: int, deadline_s: float) -> None:
    """The sibling: answers each question until everybody is released."""
    end = time.monotonic() + deadline_s
    while not has_left(released, end):
        if asked in select.select([asked, released], [], [], deadline_s)[0]:
            os.read(asked, 1)
            os.write(answer, b"!")


async def hang_async(how: str, tell: int, gate: int, released: int, deadline_s: float) -> None:
    """As `hang`, but a `wait` gives way to other tasks, and so does what swallows."""
    import asyncio

    end = time.monotonic() + deadline_s
    os.write(tell, b".")
    while not can_read(gate, 0):
        await asyncio.sleep(NAP_S)
    os.write(tell, b".")
    if how == "loop":
        loop(released, end)
    while not has_left(released, end):
        try:
            await asyncio.sleep(NAP_S)
        except BaseException:
            if how != "swallow":
                raise


async def keep_answering_async(asked: int, answer: int, released: int, deadline_s: float) -> None:
    """As `keep_answering`."""
    import asyncio

    end = time.monotonic() + deadline_s
    while not has_left(released, end):
        if can_read(asked, 0):
            os.read(asked, 1)
            os.write(answer, b"!")
        await asyncio.sleep(NAP_S)
