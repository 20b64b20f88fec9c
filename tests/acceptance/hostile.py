"""Tasks that do what no task should; each costs its own case and nothing else."""

import multiprocessing
import os
import signal
import stat
import sys
import threading
import time

ITEMS = [1, 2, 3, 4]


def well_behaved(item):
    return item * 2


def raises(item):
    raise ValueError(f"cannot do item {item}")


def exits(item):
    os._exit(3)


def kills_itself(item):
    os.kill(os.getpid(), signal.SIGKILL)


def hangs(item):
    time.sleep(1000)


def hangs_with_a_descendant(item):
    """Double-forks a process into a session of its own, then hangs."""
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            mark_and_sleep()
        os._exit(0)
    time.sleep(1000)


def hangs_in_a_pool(item):
    """The same, but only where it is run by a worker process; elsewhere it is quick."""
    if multiprocessing.parent_process() is None:
        return item
    return hangs_with_a_descendant(item)


def leaves_a_sleeper(item):
    """Finishes, but a forked process keeps every descriptor open."""
    if os.fork() == 0:
        mark_and_sleep()
    return item


def mark_and_sleep():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    time.sleep(1000)


def prints_a_gigabyte(item):
    block = "x" * (1 << 20)
    for _ in range(128):
        sys.stdout.write(block)
        sys.stderr.write(block)
    return item


def ignores_sigterm(item):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    time.sleep(1000)


def stops_itself(item):
    os.kill(os.getpid(), signal.SIGSTOP)


def exhausts_memory(item):
    blocks = []
    while True:
        blocks.append(bytearray(16 << 20))


def writes_to_every_descriptor(item):
    """Rubbish into the result channel, wherever it is."""
    for descriptor in range(3, 64):
        try:
            os.write(descriptor, b"\xff" * 64)
        except OSError:
            continue
    return item


def pretends_to_be_done(item):
    """What the measured process itself says at its end, from a task in the middle."""
    for descriptor in range(3, 64):
        try:
            os.write(descriptor, b"\x00\x00\x00\x0d" + b'{"end": true}')
        except OSError:
            continue
    time.sleep(1)
    return item


def floods_the_channel(item):
    """Well-formed messages into every socket, faster than anyone can read them."""
    messages = b"\x00\x00\x00\x02{}" * 1000
    for descriptor in range(3, 64):
        try:
            if stat.S_ISSOCK(os.fstat(descriptor).st_mode):
                while True:
                    os.write(descriptor, messages)
        except OSError:
            continue
    return item


def forks_and_forks(item):
    """A small fork storm: each child forks the next one and stays."""
    for _ in range(30):
        if os.fork():
            time.sleep(1000)
    time.sleep(1000)


def kills_its_parent(item):
    """The supervisor itself under `serial`, the measured process under a pool of processes."""
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(1000)


def stops_its_parent(item):
    os.kill(os.getppid(), signal.SIGSTOP)
    time.sleep(1000)


def quits(item):
    sys.exit("no more of this")


def raises_what_is_no_text(item):
    """As the names of files that aren't UTF-8 look in messages of the system."""
    raise ValueError("no such file: \udcff.txt")


def steers_the_terminal(item):
    raise ValueError("\x1b[2J\x1b[31mall is well\r\x07")


class NeedsTwo(Exception):
    """Can be pickled, but not unpickled again."""

    def __init__(self, first, second):
        super().__init__(first)


def raises_what_cannot_travel(item):
    raise NeedsTwo(1, 2)


def returns_what_cannot_travel(item):
    return lambda: item


def leaves_a_thread(item):
    """Finishes, but its process can't end by itself."""
    threading.Thread(target=time.sleep, args=(1000,)).start()
    return item


def changes_everything(item):
    """Folder, environment, time zone, random state, recursion limit: of its own process only."""
    os.chdir("/")
    os.environ.clear()
    sys.path.clear()
    sys.setrecursionlimit(100)
    return item
