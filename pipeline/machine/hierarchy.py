"""Where the calling process stands in the system's control group hierarchies.

Standard library only, and little of it: the spawner imports this module.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

V2 = ""
"""Name of the unified (version 2) hierarchy, where version 1 has names of controllers such as `memory`."""


class Position:
    """One control group folder of the calling process, and the folder where its hierarchy is mounted."""

    def __init__(self, folder: str, mount: str) -> None:
        self.folder = folder
        self.mount = mount

    def upwards(self) -> Iterator[str]:
        """The group's folder, then those of its ancestors as far as they can be seen."""
        folder = self.folder
        yield folder
        while len(folder) > len(self.mount):
            folder = folder.rpartition("/")[0]
            yield folder


def positions(root: str = "") -> dict[str, Position]:
    """The caller's place in every mounted hierarchy, by controller name; version 2 under `V2`.

    `root` is put before every path, for tests with an invented tree. Empty where the system has no control
    groups.
    """
    groups = _groups(read_text(f"{root}/proc/self/cgroup") or "")
    found: dict[str, Position] = {}
    for line in (read_text(f"{root}/proc/self/mountinfo") or "").splitlines():
        mounted = _mounted(line)
        if mounted is None:
            continue
        mount_root, mount, controllers = mounted
        for controller in controllers:
            if controller in groups and controller not in found:
                below = _relative(groups[controller], mount_root)
                found[controller] = Position(root + mount + below, root + mount)
    return found


def read_text(path: str) -> str | None:
    """Content of a small file of `/proc` or `/sys`; None where it is missing, unreadable or not text."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return None


def write_text(path: str, text: str) -> None:
    """Writes to a file of `/sys`; `OSError` if the kernel refuses."""
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


def read_keys(path: str) -> dict[str, int]:
    """A file of `name number` lines, such as `cpu.stat`; empty where it can't be read."""
    numbers = {}
    for line in (read_text(path) or "").splitlines():
        name, _, value = line.partition(" ")
        if value.strip().isdigit():
            numbers[name] = int(value)
    return numbers


def _groups(text: str) -> dict[str, str]:
    """Controller to path in its hierarchy, from `/proc/self/cgroup` (`4:memory:/user/x`, `0::/user/x`)."""
    groups = {}
    for line in text.splitlines():
        number, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        for controller in [V2] if number == "0" else controllers.split(","):
            groups[controller] = path
    return groups


def _mounted(line: str) -> tuple[str, str, list[str]] | None:
    """Root, mount point and controllers of one line of `mountinfo`; None for other file systems."""
    before, separator, after = line.partition(" - ")
    fields, types = before.split(" "), after.split(" ")
    if not separator or len(fields) < 5 or len(types) < 3:
        return None
    if types[0] == "cgroup2":
        controllers = [V2]
    elif types[0] == "cgroup":
        controllers = types[2].split(",")
    else:
        return None
    return _unescaped(fields[3]), _unescaped(fields[4]), controllers


def _relative(path: str, mount_root: str) -> str:
    """The group's path below the mount point.

    Inside a container, a hierarchy may be mounted from its middle: then the mount's root is a prefix of the
    path. A path that lies outside what is mounted (`/../x`) is taken for the mounted root itself.
    """
    if mount_root != "/" and (path == mount_root or path.startswith(mount_root + "/")):
        path = path[len(mount_root) :]
    elif mount_root != "/" or path.startswith("/.."):
        path = ""
    return path.rstrip("/")


def _unescaped(path: str) -> str:
    """Undoes the octal escapes of `mountinfo`."""
    for escaped, character in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        path = path.replace(escaped, character)
    return path
