"""Workers of each kind that can be made to hang, and the ways to stop them from outside."""

from __future__ import annotations

import os
import threading
import time

from experiments.workloads.hanging import NAP_S, hang, hang_async, keep_answering, keep_answering_async

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from experiments.workloads.hanging import Line

    Means = Callable[[Any], object]

JOIN_S = 10.0


class Crew:
    """Starts workers of one kind and knows the ways to stop one of them. A victim is whatever `start` returns."""

    means: dict[str, Means] = {}  # noqa: RUF012 - never changed
    """How to stop one, by name."""

    def start(self, function: Callable[..., None], *arguments: Any) -> Any:
        """A new worker that runs this."""
        raise NotImplementedError

    def start_all(self, count: int, function: Callable[..., None], *arguments: Any) -> list[Any]:
        """So many that run the same."""
        return [self.start(function, *arguments) for _ in range(count)]

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
    """Workers in pools of `concurrent.futures`, whose futures are there to be cancelled."""

    means = {  # noqa: RUF012 - never changed
        "future_cancel": lambda victim: victim[1].cancel(),
        "terminate_workers": lambda victim: victim[0].terminate_workers(),
    }

    def __init__(self, kind: str) -> None:
        self._kind = kind

    def start(self, function: Callable[..., None], *arguments: Any) -> Any:
        """The pool and the future."""
        return self.start_all(1, function, *arguments)[0]

    def start_all(self, count: int, function: Callable[..., None], *arguments: Any) -> list[Any]:
        """One pool for all: a second one would fork beside the threads of the first."""
        pool = self._pool(count)
        return [(pool, pool.submit(function, *arguments)) for _ in range(count)]

    def _pool(self, count: int) -> Any:
        import sys
        from concurrent import futures

        if self._kind == "thread":
            return futures.ThreadPoolExecutor(count)
        if self._kind == "process":
            import multiprocessing

            return futures.ProcessPoolExecutor(count, multiprocessing.get_context("fork"), be_silent)
        path = f"import sys; sys.path[:] = {sys.path!r}"
        return futures.InterpreterPoolExecutor(count, initializer=exec, initargs=(path,))  # type: ignore[attr-defined, unused-ignore]

    def ended(self, victim: Any) -> bool:
        """A future that runs isn't done, whatever cancelling it said."""
        return bool(victim[1].done())

    def clean(self, victims: list[Any]) -> None:
        """Waits for all: they are released. Processes are killed, in case one isn't."""
        for pool in dict.fromkeys(pool for pool, _ in victims):
            for process in list((getattr(pool, "_processes", None) or {}).values()):
                process.kill()
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
        forms: dict[Any, Callable[..., Any]] = {hang: hang_async, keep_answering: keep_answering_async}
        coroutine = forms[function](*arguments)
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
