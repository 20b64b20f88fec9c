"""Kinds of objects that people give to a task, easy and hard ones."""

from __future__ import annotations

import functools

from experiments.strategies.base import WorkerDied
from experiments.workloads.base import Resource, Workload

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any

    from experiments.strategies.base import Strategy

NUMBER = 42
MESSAGE = b"forty-two"


class Order:
    """A plain object with a method."""

    def __init__(self, number: int) -> None:
        self.number = number

    def total(self) -> int:
        """What is in it."""
        return self.number


class OrderError(Exception):
    """An exception that wants two arguments and passes one on: it can be pickled, but not unpickled."""

    def __init__(self, message: str, number: int) -> None:
        super().__init__(message)
        self.number = number


def number_of(order: Order) -> int:
    """A function of the module."""
    return order.number


def a_closure() -> Callable[[], int]:
    """A function that is made inside another and uses its variable."""
    number = NUMBER

    def inner() -> int:
        return number

    return inner


def an_instance_of_a_local_class() -> Any:
    """An object whose class is made inside a function."""

    class Local:
        number = NUMBER

    return Local()


def a_generator() -> Iterator[int]:
    """A generator that has begun: the next number is the one."""

    def numbers() -> Iterator[int]:
        yield 0
        yield NUMBER

    begun = numbers()
    next(begun)
    return begun


def an_open_file() -> Any:
    """This file."""
    return open(__file__, encoding="utf-8")


def a_lock() -> Any:
    """A lock that is held."""
    import threading

    lock = threading.Lock()
    lock.acquire()
    return lock


def a_socket() -> Any:
    """A connected socket on which a message waits."""
    import socket

    sender, receiver = socket.socketpair()
    sender.sendall(MESSAGE)
    sender.close()
    return receiver


def received(connection: Any) -> bool:
    """Whether the message came."""
    try:
        return bool(connection.recv(len(MESSAGE)) == MESSAGE)
    finally:
        connection.close()


def first_line(file: Any) -> bool:
    """Whether the file, which is this one, can be read on."""
    with file:
        return bool(file.readline() == f'"""{__doc__}"""\n')


def is_held(lock: Any) -> bool:
    """Whether it is the lock that is held, of which there is only one: whoever gets it sets it free."""
    held = bool(lock.locked())
    lock.release()
    return held


KINDS: dict[str, tuple[Callable[[], Any], Callable[[Any], bool]]] = {
    "number": (lambda: NUMBER, lambda it: it == NUMBER),
    "bytes": (lambda: MESSAGE * 100, lambda it: it == MESSAGE * 100),
    "list": (lambda: [NUMBER] * 100, lambda it: sum(it) == 100 * NUMBER),
    "dict": (lambda: {"number": [NUMBER]}, lambda it: it["number"] == [NUMBER]),
    "instance": (lambda: Order(NUMBER), lambda it: it.total() == NUMBER),
    "function": (lambda: number_of, lambda it: it(Order(NUMBER)) == NUMBER),
    "bound_method": (lambda: Order(NUMBER).total, lambda it: it() == NUMBER),
    "partial": (lambda: functools.partial(number_of, Order(NUMBER)), lambda it: it() == NUMBER),
    "lambda": (lambda: lambda: NUMBER, lambda it: it() == NUMBER),
    "closure": (a_closure, lambda it: it() == NUMBER),
    "local_class": (an_instance_of_a_local_class, lambda it: it.number == NUMBER),
    "generator": (a_generator, lambda it: next(it) == NUMBER),
    "open_file": (an_open_file, first_line),
    "lock": (a_lock, is_held),
    "socket": (a_socket, received),
    "exception": (lambda: OrderError("too many", NUMBER), lambda it: it.number == NUMBER),
}
"""How to make one of each kind, and how to find out that it is usable; what may break a pool comes last."""


def use(item: tuple[int, str, Any]) -> tuple[int, bool]:
    """`(index, kind, object)`: uses the object; returns the index and whether it was as good as the original."""
    index, kind, given = item
    return index, KINDS[kind][1](given)


class Sendable(Workload):
    """Sends objects of many kinds to a worker, and notes which arrive and can be used there.

    Each task is given an object and uses it: it adds up the list, calls the function, reads a line of the open file,
    asks the lock whether it is held, receives the message that waits on the socket. Tasks go one by one, and the
    parent notes for each whether it worked. A pool that an object breaks is started anew before the next one.

    It shows one side of "communication between processes is more complicated": what can't be an argument.

    Expected: under `serial` and threads, everything works, with and without a GIL: arguments are passed by reference.
    What pickles can go to processes and subinterpreters: numbers, bytes, lists, dictionaries, instances, functions and
    methods of modules. A lambda, a closure, an instance of a local class, a generator, an open file and a lock can't.
    `cloudpickle`, which `loky`, `joblib`, `dask` and `ray` use, also sends lambdas, closures, instances of local
    classes and files that are open for reading. A socket can go through the pipes of `multiprocessing` and `loky`,
    which pass its descriptor on. An exception whose `__init__` wants other arguments than it passes on can be pickled
    but not unpickled: in `processes`, `mp_pool` and `loky` this ends the worker that receives it, and breaks the pool.
    A process that is forked for each task gets everything, as a copy.

    The tests check each kind under each strategy. Every run checks that no task was lost.

    `tasks` is the number of kinds, in the order of the list above; more begin again at the first. The readings are
    `kinds` (tried), `accepted` (of these), `broken` (how often the pool had to be started anew), and for each kind
    `accepted_KIND`, 1 or 0.
    """

    name = "sendable"
    needs = Resource.READINGS
    function = staticmethod(use)
    default_tasks = len(KINDS)
    reading_units: Mapping[str, str] = dict.fromkeys(
        ("kinds", "accepted", "broken", *(f"accepted_{kind}" for kind in KINDS)), "1"
    )

    _broken = 0

    def items(self, count: int) -> list[tuple[int, str, Any]]:
        """An object of each kind, numbered."""
        kinds = list(KINDS)
        return [(index, kinds[index % len(kinds)], KINDS[kinds[index % len(kinds)]][0]()) for index in range(count)]

    def drive(self, strategy: Strategy, function: Callable[[Any], Any], items: list[Any]) -> list[Any]:
        """One task at a time; one that fails is an object that can't be sent."""
        self._broken = 0
        results = []
        for item in items:
            results.append(self._sent(strategy, function, item))
            if hasattr(item[2], "close"):
                item[2].close()
        return results

    def _sent(self, strategy: Strategy, function: Callable[[Any], Any], item: tuple[int, str, Any]) -> tuple[int, bool]:
        try:
            index, usable = strategy.run(function, [item])[0]
        except Exception as error:  # noqa: BLE001 - each library has its own for what it can't send
            is_broken = isinstance(error, WorkerDied) or not _works(strategy, function)
        else:
            return index, usable
        # Not within the handler: a forked worker would begin with its parent's exception.
        if is_broken:
            self._broken += 1
            strategy.stop()
            strategy.start(function)
        return item[0], False

    def comparable(self, results: list[tuple[int, bool]]) -> list[int]:
        """The indices: what arrives depends on the strategy."""
        return [index for index, _ in results]

    def expected(self, items: list[tuple[int, str, Any]]) -> list[int]:
        """All of them."""
        return [index for index, *_ in items]

    def readings(self, results: list[tuple[int, bool]]) -> dict[str, float]:
        """Which kinds arrived, and how many."""
        kinds = list(KINDS)
        arrived: dict[str, bool] = {}
        for index, usable in results:
            kind = kinds[index % len(kinds)]
            arrived[kind] = arrived.get(kind, True) and usable
        single = {f"accepted_{kind}": int(usable) for kind, usable in arrived.items()}
        return {"kinds": len(arrived), "accepted": sum(single.values()), "broken": self._broken, **single}


def _works(strategy: Strategy, function: Callable[[Any], Any]) -> bool:
    """Whether the strategy still runs a task that is as easy as can be."""
    try:
        return bool(strategy.run(function, [(0, "number", NUMBER)]) == [(0, True)])
    except Exception:  # noqa: BLE001 - whatever it is, it doesn't
        return False
