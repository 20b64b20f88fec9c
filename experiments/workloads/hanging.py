"""Work that hangs, workers that do it, and ways to stop them from outside."""

from __future__ import annotations

import os
import select
import threading
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Means = Callable[["Any"], None]

SPINS = 10_000
"""Turns of the loop between two looks at the clock: well below a millisecond."""
LOOK_S = 0.05
NAP_S = 0.001
JOIN_S = 10.0


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
    spin(SPINS)
    os.write(tell, b".")
    if how == "loop":
        loop(released, end)
        return
    while not has_left(released, end):
        try:
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


class Crew:
    """Starts workers of one kind and knows the ways to stop one of them. A victim is whatever `start` returns."""

    means: dict[str, Means] = {}  # noqa: RUF012 - never changed
    """How to stop one, by name."""

    def start(self, function: Callable[..., None], *arguments: Any) -> Any:
        """A new worker that runs this."""
        raise NotImplementedError

    def ended(self, victim: Any) -> bool:
        """Whether it doesn't run any more."""
        raise NotImplementedError

    def siblings_answer(self, victims: list[Any], line: Line, patience_s: float) -> list[bool]:
        """For each victim, whether a sibling that does its work beside it still answers; all share one."""
        return [line.sibling_answers(patience_s)] * len(victims)

    def clean(self, victims: list[Any]) -> None:
        """Takes away what is left once all are released."""
        raise NotImplementedError


def raise_in(thread: threading.Thread) -> None:
    """Has `SystemExit` raised in the thread as soon as it runs bytecode."""
    import ctypes

    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident or 0), ctypes.py_object(SystemExit))


class Threads(Crew):
    """Threads of this process."""

    means = {"async_exception": raise_in}  # noqa: RUF012 - never changed

    def start(self, function: Callable[..., None], *arguments: Any) -> Any:
        """A thread that doesn't keep the process from ending."""
        thread = threading.Thread(target=function, args=arguments, daemon=True)
        thread.start()
        return thread

    def ended(self, victim: Any) -> bool:
        """A thread tells."""
        return not victim.is_alive()

    def clean(self, victims: list[Any]) -> None:
        """Waits for all."""
        for victim in victims:
            victim.join(JOIN_S)


class Processes(Crew):
    """Forked processes: they need nothing but their descriptors."""

    means = {  # noqa: RUF012 - never changed
        "terminate": lambda process: process.terminate(),
        "kill": lambda process: process.kill(),
        "interrupt": lambda process: process.interrupt(),
    }

    def start(self, function: Callable[..., None], *arguments: Any) -> Any:
        """A process of its own."""
        import multiprocessing

        process = multiprocessing.get_context("fork").Process(
            target=in_silence, args=(function, *arguments), daemon=True
        )
        process.start()
        return process

    def ended(self, victim: Any) -> bool:
        """Reaps it, if so."""
        return not victim.is_alive()

    def clean(self, victims: list[Any]) -> None:
        """Kills those that are left."""
        for victim in victims:
            victim.kill()
            victim.join()
            victim.close()


class Interpreters(Threads):
    """Subinterpreters, each in a thread of its own."""

    means = {"close": lambda victim: close(victim.interpreter)}  # noqa: RUF012 - never changed

    def start(self, function: Callable[..., None], *arguments: Any) -> Any:
        """An interpreter that imports the function and runs it."""
        import sys

        from concurrent import interpreters  # type: ignore[attr-defined, unused-ignore]

        call = f"from {function.__module__} import {function.__name__} as function; function(*{arguments!r})"
        interpreter = interpreters.create()
        victim: Any = super().start(interpreter.exec, f"import sys; sys.path[:] = {sys.path!r}\n{call}")
        victim.interpreter = interpreter
        return victim

    def clean(self, victims: list[Any]) -> None:
        """Closes all."""
        super().clean(victims)
        for victim in victims:
            if not victim.is_alive():
                close(victim.interpreter)


def close(interpreter: Any) -> None:
    """Closes an interpreter; one that runs can't be closed."""
    from concurrent import interpreters  # type: ignore[attr-defined, unused-ignore]

    try:
        interpreter.close()
    except (interpreters.InterpreterError, interpreters.InterpreterNotFoundError):
        return


class Pools(Crew):
    """One worker in a pool of `concurrent.futures`, whose future is there to be cancelled."""

    means = {  # noqa: RUF012 - never changed
        "future_cancel": lambda victim: victim[1].cancel(),
        "terminate_workers": lambda victim: victim[0].terminate_workers(),
    }

    def __init__(self, kind: str) -> None:
        self._kind = kind

    def start(self, function: Callable[..., None], *arguments: Any) -> Any:
        """The pool and the future."""
        pool = self._pool()
        return pool, pool.submit(function, *arguments)

    def _pool(self) -> Any:
        import sys
        from concurrent import futures

        if self._kind == "thread":
            return futures.ThreadPoolExecutor(1)
        if self._kind == "process":
            import multiprocessing

            return futures.ProcessPoolExecutor(1, multiprocessing.get_context("fork"), be_silent)
        path = f"import sys; sys.path[:] = {sys.path!r}"
        return futures.InterpreterPoolExecutor(1, initializer=exec, initargs=(path,))  # type: ignore[attr-defined, unused-ignore]

    def ended(self, victim: Any) -> bool:
        """A future that runs isn't done, whatever cancelling it said."""
        return bool(victim[1].done())

    def clean(self, victims: list[Any]) -> None:
        """Waits for all: they are released."""
        for pool, _ in victims:
            pool.shutdown()


class Tasks(Crew):
    """Tasks, each of an event loop of its own, which runs in a thread; siblings are other tasks of the same loop."""

    means = {"task_cancel": lambda task: task.get_loop().call_soon_threadsafe(task.cancel)}  # noqa: RUF012

    def __init__(self) -> None:
        self._threads: list[threading.Thread] = []

    def start(self, function: Callable[..., None], *arguments: Any) -> Any:
        """A task; of `hang` and `keep_answering` their asynchronous forms."""
        import asyncio

        loop = asyncio.new_event_loop()
        coroutine = {hang: hang_async, keep_answering: keep_answering_async}[function](*arguments)
        task = loop.create_task(coroutine)
        self._threads.append(threading.Thread(target=loop.run_forever, daemon=True))
        self._threads[-1].start()
        return task

    def ended(self, victim: Any) -> bool:
        """A task tells."""
        return bool(victim.done())

    def siblings_answer(self, victims: list[Any], line: Line, patience_s: float) -> list[bool]:
        """Whether another task on the loop of each victim gets its turn."""
        import asyncio
        from concurrent import futures

        del line
        asked = [asyncio.run_coroutine_threadsafe(asyncio.sleep(0, True), victim.get_loop()) for victim in victims]
        answered = futures.wait(asked, patience_s).done
        return [future in answered for future in asked]

    def clean(self, victims: list[Any]) -> None:
        """Waits until the tasks have left, then ends the loops."""
        end = time.monotonic() + JOIN_S
        while not all(victim.done() for victim in victims) and time.monotonic() < end:
            time.sleep(NAP_S)
        for victim, thread in zip(victims, self._threads):
            victim.get_loop().call_soon_threadsafe(victim.get_loop().stop)
            thread.join(JOIN_S)
            if not thread.is_alive():
                victim.get_loop().close()


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
        except BaseException:  # noqa: PERF203 - this is what the victim is about
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


def in_silence(function: Callable[..., None], *arguments: Any) -> None:
    """Runs it in a process that says nothing when it is interrupted."""
    be_silent()
    function(*arguments)


def be_silent() -> None:
    """Lets this process complain to nobody."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)


def crew_for(victim: str, means: str) -> Crew:
    """Those who start such victims and can apply such means."""
    if means in Pools.means:
        return Pools(victim)
    kinds: dict[str, type[Crew]] = {
        "thread": Threads,
        "process": Processes,
        "subinterpreter": Interpreters,
        "asyncio": Tasks,
    }
    return kinds[victim]()
