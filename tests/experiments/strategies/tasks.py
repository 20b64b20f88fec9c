"""Tasks that tell on the strategy that runs them; every interpreter from 3.9 on can import them."""

import os
import signal
import sys
import threading
import time
from pathlib import Path

IMPORTED_IN = os.getpid()


def own_process(item):
    return os.getpid()


def where_imported(item):
    return IMPORTED_IN, os.getpid()


def sleep_and_return(item):
    index, seconds = item
    time.sleep(seconds)
    return index


def threads_alive(item):
    time.sleep(0.002)
    return threading.active_count()


def siblings_alive(item):
    """How many processes, dead ones that nobody waited for included, our parent has beside the given ones."""
    import psutil

    time.sleep(0.01)
    return len({process.pid for process in psutil.Process(os.getppid()).children()} - set(item))


def bytes_of(count):
    return b"x" * count


def exit_with_three(item):
    os._exit(3)


def kill_itself(item):
    os.kill(os.getpid(), signal.SIGKILL)


def terminate_itself(item):
    os.kill(os.getpid(), signal.SIGTERM)


def die_or_sleep(item):
    if item == "die":
        os._exit(3)
    time.sleep(60)


def die_with_a_descendant(item):
    """The descendant keeps every descriptor open for a while."""
    if os.fork() == 0:
        time.sleep(2)
        os._exit(0)
    os._exit(3)


class Demanding(Exception):
    """Can be pickled but not unpickled."""

    def __init__(self, first, second):
        super().__init__(f"{first} {second}")


class Holder(Exception):
    """Can't be pickled."""

    def __init__(self):
        super().__init__("holds a lock")
        self.lock = threading.Lock()


def raise_demanding(item):
    raise Demanding("so", "demanding")


def raise_holder(item):
    raise Holder


def raise_value_error(item):
    raise ValueError(f"cannot do {item}")


def return_a_generator(item):
    return (number for number in range(3))


def about_the_interpreter(item):
    from concurrent.interpreters import get_current

    return get_current().id, sys.path


def own_process_later(item):
    time.sleep(0.1)
    return os.getpid()


def token(item):
    """Different for each call that is really made."""
    return os.urandom(8).hex()


def add(summand, item):
    return summand + item


def kind_of(item):
    return type(item).__name__


def note_and_exit(path):
    with Path(path).open("a") as file:
        file.write("tried\n")
    os._exit(3)


def return_a_lock(item):
    return threading.Lock()
