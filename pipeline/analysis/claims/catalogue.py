"""The twelve claims, in plain words."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Claim:
    """Something that is often said, and can be measured."""

    number: int
    key: str
    text: str
    """The claim, a sentence without its full stop."""
    often_said: str
    """What an often-repeated version of it gets wrong or leaves out, alike."""
    workloads: tuple[str, ...]
    """The workloads that speak to it."""


CLAIMS = (
    Claim(
        1,
        "shared-heap",
        "The threads of a process share one heap; processes don't",
        "Sharing works in both directions, and nothing protects what is shared: a free-threaded build keeps the "
        "interpreter whole, not the program's own data",
        ("visibility",),
    ),
    Claim(
        2,
        "light-threads",
        "Threads are light, processes are heavier",
        "By how much depends on how the process comes into being: a forked one shares what its parent had, a "
        "spawned one imports everything again. A resident size counts what is shared once for every process",
        ("noop",),
    ),
    Claim(
        3,
        "gil-stops-threads",
        "The GIL stops threads from computing in parallel",
        "It is about Python code: C that releases the GIL runs in parallel in threads of any build, and a "
        "free-threaded build has no GIL",
        ("int_loop", "object_graph", "python_kernels", "sort", "json_parse", "hash_large"),
    ),
    Claim(
        4,
        "threads-for-waiting",
        "Threads suit work that mainly waits",
        "A little computing between the waits is enough to cap them: with a share g under the GIL they can't be "
        "faster than 1/g. Where very many wait, asyncio needs less",
        ("sleep", "tcp_echo", "http_get", "subprocess", "mixed"),
    ),
    Claim(
        5,
        "threads-for-interfaces",
        "Threads keep a user interface responsive while work goes on",
        "One computing thread delays the interface by the switch interval, several delay it for longer, and one "
        "call of C code that keeps the GIL delays it until it returns",
        ("heartbeat",),
    ),
    Claim(
        6,
        "threads-not-killable",
        "A thread can't be killed from outside, a child process can",
        "An asynchronous exception does end a loop of Python code, but neither a blocking call nor code that "
        "swallows it. Killing a process may leave a shared lock or queue broken",
        ("stopping",),
    ),
    Claim(
        7,
        "processes-use-cores",
        "Processes use several cores and bypass the GIL",
        "They do so for tasks that are long against what it costs to hand them over; a CPU quota counts, not the "
        "number of cores",
        ("int_loop",),
    ),
    Claim(
        8,
        "ipc-overhead",
        "Talking between processes costs more than between threads, and is more complicated",
        "The cost grows with the data, and is small against long tasks; shared memory doesn't copy. What can't be "
        "pickled can't be sent at all",
        ("payload", "sendable"),
    ),
    Claim(
        9,
        "results-not-visible",
        "What a child process sets is not visible in its parent",
        "It is what the process returns, or puts into something made for sharing, that arrives; a forked child "
        "sees what its parent had before the fork",
        ("visibility",),
    ),
    Claim(
        10,
        "leaks-damage-siblings",
        "A leak in one thread can damage its siblings and the whole process",
        "A process takes its leak with it when it ends, but under a common limit, a container's for instance, a "
        "leaking child can still have its parent killed",
        ("leak",),
    ),
    Claim(
        11,
        "hardware-threads",
        "A core with two hardware threads runs two threads at once",
        "Two hardware threads share one core: together they do somewhat more than one, far from twice as much. "
        "Any number of software threads runs on one core, in turn",
        ("hardware_threads",),
    ),
    Claim(
        12,
        "parallel-is-faster",
        "Running in parallel reduces the time that work takes",
        "It depends on the kind of work, on how long a task is, on the data that it carries, and on whether "
        "workers are started for it: below a task of some length, parallel is slower",
        (),
    ),
)
"""In the order of their numbers. A claim without workloads is judged by all of them."""
