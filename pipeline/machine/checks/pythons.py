"""Checks of what Python processes find: interpreters, environment, limits, addresses, temporary files."""

from __future__ import annotations

import shlex

from pipeline.machine.checks.base import Finding, Scene
from pipeline.machine.facts import temp_filesystem
from pipeline.machine.interpreters import discover

MANY_FILES = 4096
"""Enough for a thousand connections at both ends, and for as many workers with their pipes."""
HARMLESS = (
    "PYTHONUNBUFFERED",
    "PYTHONDONTWRITEBYTECODE",
    "PYTHONIOENCODING",
    "PYTHONUTF8",
    "PYTHONSTARTUP",
    "PYTHONPYCACHEPREFIX",
    "PYTHON_COLORS",
    "PYTHON_HISTORY",
    "PYTHON_BASIC_REPL",
)
SPEED_CHANGING = (
    "PYTHONDEVMODE",
    "PYTHONMALLOC",
    "PYTHONMALLOCSTATS",
    "PYTHONTRACEMALLOC",
    "PYTHONASYNCIODEBUG",
    "PYTHONPROFILEIMPORTTIME",
    "PYTHONDUMPREFS",
    "PYTHONPERFSUPPORT",
    "PYTHONOPTIMIZE",
    "PYTHONDEBUG",
    "PYTHONVERBOSE",
    "PYTHON_GIL",
    "PYTHON_JIT",
    "PYTHON_CPU_COUNT",
    "PYTHON_PERF_JIT_SUPPORT",
    "PYTHON_THREAD_INHERIT_CONTEXT",
    "PYTHON_CONTEXT_AWARE_WARNINGS",
)
DISTANT = ("nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "9p", "virtiofs", "ceph", "glusterfs")


def debug_builds(scene: Scene) -> Finding | None:  # noqa: ARG001 - interpreters belong to the real machine
    """Whether an interpreter was built for finding bugs."""
    found = discover()
    if not found:
        return None
    slow = [f"{interpreter.name} ({interpreter.executable})" for interpreter in found if interpreter.debug]
    if not slow:
        return Finding("interpreters", "good", "no interpreter is a debug build", "each is what people use")
    why = "Debug builds are several times as slow: leave them out of `interpreters`."
    return Finding("interpreters", "advice", f"debug builds: {', '.join(slow)}", why)


def environment(scene: Scene) -> Finding | None:
    """Whether Python's own variables will change user functions. Built-in workloads ignore them."""
    names = sorted(name for name in scene.environment if name.startswith("PYTHON") and name not in HARMLESS)
    # `0` and nothing leave switches off; for these two, `0` is a choice.
    off = {name for name in names if scene.environment[name] in ("", "0") and name not in ("PYTHON_GIL", "PYTHON_JIT")}
    names = [name for name in names if name not in off]
    if not names:
        return Finding("environment", "good", "no PYTHON* variable that matters", "user functions run as they are")
    serious = any(name in SPEED_CHANGING for name in names)
    exports = " ".join(f"{name}={shlex.quote(scene.environment[name])}" for name in names)
    return Finding(
        "environment",
        "warning" if serious else "advice",
        f"set here: {', '.join(names)}",
        "Your own functions are measured with them (built-in workloads aren't).",
        f"unset {' '.join(names)}",
        f"export {exports}",
    )


def open_files(scene: Scene) -> Finding | None:  # noqa: ARG001 - a limit of this process
    """Whether many workers may open files at once."""
    try:
        import resource
    except ImportError:
        return None
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= MANY_FILES:
        return Finding("open files", "good", "enough files may be open at once", "asyncio may have many workers")
    possible = MANY_FILES if hard == resource.RLIM_INFINITY else min(hard, MANY_FILES)
    return Finding(
        "open files",
        "advice",
        f"{soft} files may be open at once",
        "Hundreds of asyncio workers with a connection each will fail.",
        f"ulimit -Sn {possible}" if possible > soft else None,
        f"ulimit -Sn {soft}" if possible > soft else None,
    )


def address_layout(scene: Scene) -> Finding | None:
    """Whether each process gets addresses of its own."""
    mode = scene.line("/proc/sys/kernel/randomize_va_space")
    if mode is None:
        return None
    if mode == "2":
        why = "every invocation has another layout, and the interval covers all of them"
        return Finding("addresses", "good", "address layouts are random", why)
    fix, undo = scene.sysctl({"kernel.randomize_va_space": "2"})
    why = "All invocations share one layout of memory, lucky or not: intervals come out too narrow."
    return Finding("addresses", "advice", f"address layouts are not fully random ({mode} of 2)", why, fix, undo)


def temporary_files(scene: Scene) -> Finding | None:  # noqa: ARG001 - where this process would write
    """What workloads with files will really measure."""
    kind = temp_filesystem()
    if kind is None:
        return None
    if kind in ("tmpfs", "ramfs"):
        why = "Workloads with files measure memory, not a disk. To measure a disk, name a folder on one:"
        command = "TMPDIR=/var/tmp whichpool run CONFIG"
        return Finding("temporary files", "advice", f"temporary files are in {kind}", why, command)
    if kind in DISTANT:
        why = "Workloads with files measure a network. To measure a disk, name a folder on one:"
        command = "TMPDIR=/var/tmp whichpool run CONFIG"
        return Finding("temporary files", "warning", f"temporary files are on {kind}", why, command)
    return Finding("temporary files", "good", f"temporary files are on {kind}", "workloads with files use a disk")
