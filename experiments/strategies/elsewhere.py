"""What a cluster needs that somebody else has started: an address that answers, and the code of the tasks.

Its workers run on another machine, or in another folder, and can't import what this process has imported: the measured
code, and the user's module. Both are sent along as files, so that workers import them by name as those of any other
strategy do, locks and caches of modules included.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType
    from typing import Any

REACH_S = 10.0
"""How long an existing cluster may take to answer."""
MOST_BYTES = 64 << 20
INSTALLED = "whichpool-code-"
SHALLOW = "/tmp"  # noqa: S108 - in the name of a folder that is made safely
LONGEST_SOCKET_PATH = 107 if sys.platform == "linux" else 103
"""Characters."""


class NoCluster(Exception):
    """An existing cluster can't be reached, or hasn't the workers that are asked for."""


def check_reachable(kind: str, address: str) -> None:
    """Opens a connection to `host:port`, with or without a scheme in front, and closes it.

    Libraries wait for minutes, or log pages, before they give up; an address without a port is left to them.

    Raises:
        NoCluster: If nobody listens there.
    """
    import socket

    host, _, port = address.rpartition("://")[2].rpartition(":")
    if not host or not port.isdigit():
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=REACH_S).close()
    except OSError as error:
        reason = error.strerror or str(error)
        raise NoCluster(f"no {kind} cluster answers at {address}: {reason}; is it running?") from None


def code() -> dict[str, bytes]:
    """The source files, by path below a folder that is to be on `sys.path`, of what this process has imported.

    Of a package all of its files, else the one of the module. What belongs to Python itself or was installed into its
    `site-packages` is not among them: a worker has to have it.

    Raises:
        NoCluster: If it is more than 64 MiB.
    """
    files: dict[str, bytes] = {}
    total = 0
    for module in _own_modules():
        for name, path in _files_of(module):
            with open(path, "rb") as file:
                files[name] = file.read()
            total += len(files[name])
            if total > MOST_BYTES:
                raise NoCluster(f"{path}: the code to send to the cluster is more than {MOST_BYTES >> 20} MiB")
    return files


def _own_modules() -> Iterator[ModuleType]:
    """The top-level modules and packages that are nobody's but this process's."""
    standard = os.path.dirname(os.path.abspath(os.__file__))
    for name in sorted({name.partition(".")[0] for name in sys.modules} - {"__main__", "__mp_main__"}):
        module = sys.modules.get(name)
        file = getattr(module, "__file__", None)
        if module is None or not file or not file.endswith(".py"):
            continue
        installed = any(part in ("site-packages", "dist-packages") for part in file.split(os.sep))
        if not installed and not os.path.abspath(file).startswith(standard + os.sep):
            yield module


def _files_of(module: ModuleType) -> Iterator[tuple[str, str]]:
    """Name and path of each source file."""
    assert module.__file__ is not None
    if not hasattr(module, "__path__"):
        yield f"{module.__name__}.py", module.__file__
        return
    top = os.path.dirname(module.__file__)
    for folder, _, names in os.walk(top):
        for name in sorted(names):
            if name.endswith(".py"):
                path = os.path.join(folder, name)
                yield f"{module.__name__}/{os.path.relpath(path, top)}", path


def write(files: dict[str, bytes], folder: str) -> None:
    """Lays the files into a folder."""
    for name, content in files.items():
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(content)


def install(files: dict[str, bytes]) -> None:
    """In a worker, which gets this function by value: makes the files importable, and nothing else of their names."""
    import importlib
    import shutil
    import sys
    import tempfile

    uninstall()
    folder = tempfile.mkdtemp(prefix=INSTALLED)
    try:
        write(files, folder)
    except OSError:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    names = {name.partition("/")[0].partition(".")[0] for name in files}
    for name in [name for name in sys.modules if name.partition(".")[0] in names]:
        del sys.modules[name]
    sys.path.insert(0, folder)
    importlib.invalidate_caches()


def uninstall() -> None:
    """In a worker: removes what was installed, this time or by someone who was killed, and what was imported of it."""
    import os
    import shutil
    import sys

    for folder in [entry for entry in sys.path if os.path.basename(entry).startswith(INSTALLED)]:
        sys.path.remove(folder)
        for name, module in list(sys.modules.items()):
            if (getattr(module, "__file__", None) or "").startswith(folder + os.sep):
                del sys.modules[name]
        shutil.rmtree(folder, ignore_errors=True)


def marked(worker: dict[str, Any], place: str) -> dict[str, Any]:
    """What a worker elsewhere said, told apart from those of other machines that have the same process id."""
    return {**worker, "process": f"{place} {worker['process']}"}


def folder_for_sockets(name: str, longest: str) -> str:
    """A new folder for temporary files in which the path of a Unix socket, `longest` below it, isn't too long.

    Where the folder for temporary files is too deep, it is `/tmp`; whatever a killed process left there under this
    name is removed on the way.
    """
    import tempfile

    folder = tempfile.mkdtemp(prefix=f"{name[0]}-")
    if len(folder + longest) <= LONGEST_SOCKET_PATH or not os.path.isdir(SHALLOW):
        return folder
    os.rmdir(folder)
    prefix = f"whichpool-{name}-"
    for left in os.listdir(SHALLOW):
        owner = left[len(prefix) :].partition("-")[0] if left.startswith(prefix) else ""
        if owner.isdigit() and not _is_alive(int(owner)):
            import shutil

            shutil.rmtree(os.path.join(SHALLOW, left), ignore_errors=True)
    return tempfile.mkdtemp(prefix=f"{prefix}{os.getpid()}-", dir=SHALLOW)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
