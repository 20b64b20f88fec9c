"""Tasks that do what no task should; each costs its own case and nothing else."""

import os
import signal
import sys
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


def forks_and_forks(item):
    """A small fork storm: each child forks the next one and stays."""
    for _ in range(30):
        if os.fork():
            time.sleep(1000)
    time.sleep(1000)
