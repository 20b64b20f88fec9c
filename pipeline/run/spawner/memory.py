"""Memory of the measured tree: the kernel's own peak where a private group can be had, else sampled."""

from __future__ import annotations

import os
import time

from pipeline.machine import cgroup, processes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

SAMPLE_INTERVAL_S = 0.02
"""The shortest time between two samples."""
SAMPLER_SHARE = 0.04
"""The part of the time that sampling may take: the kernel walks every page, about 10 ms per GiB."""


class MemoryWatch:
    """Follows one invocation: readings at its quiescent points, and the peak in between."""

    def __init__(self, name: str) -> None:
        self.group = cgroup.create(name)
        """The private group; None where there can't be one."""
        self._readings: dict[str, int] = {}
        self._high_water: dict[int, int] = {}
        self._file_bytes: int | None = None
        self._peak = SampledPeak()
        self._cost_s = 0.0
        self._due_at = 0.0
        if not _has_pss():
            _psutil()  # now, so that its import doesn't count as the cost of a sample

    @property
    def join_files(self) -> tuple[str, ...]:
        """The files by which a process joins the private group; empty without one."""
        return tuple(self.group.join_files) if self.group else ()

    @property
    def interval_s(self) -> float | None:
        """How often `sample` has to be called; None where the kernel keeps the peak."""
        return None if self.group else max(SAMPLE_INTERVAL_S, self._cost_s * (1 / SAMPLER_SHARE - 1))

    def read_point(self, point: str) -> None:
        """Takes the memory of the tree while the measured process stands still at a named point."""
        reading = self._take()
        if reading is not None:
            self._readings[point] = reading
        if self.group and point == "done":
            self._file_bytes = self.group.file_bytes()

    def sample(self) -> None:
        """Takes the memory of the tree in the middle of its work; does nothing if the last time was just now."""
        if time.monotonic() >= self._due_at:
            self._take()

    def findings(self, workers: int, *, parallel: bool, worker_processes: Iterable[int] = ()) -> list[dict[str, Any]]:
        """Rows for the table of measurements: metric, phase, value in bytes, method, scope.

        `worker_processes` are the process ids of the workers, where they are processes of their own.
        """
        rows = self._peak_rows()
        if parallel and {"before", "ready"} <= self._readings.keys():
            added = self._readings["ready"] - self._readings["before"]
            rows.append(_row("pool_memory", "startup", added, _unit_of_tree()))
            rows.append(_row("worker_memory", "startup", added / workers, _unit_of_tree()))
        highest = [self._high_water.get(pid, 0) for pid in worker_processes]
        if highest and all(highest):
            rows.append(_row("peak_worker_memory", "total", max(highest), "vmhwm", scope="worker"))
        return rows

    def end(self) -> None:
        """Kills what is left in the private group and removes it."""
        if self.group:
            self.group.kill()
            self.group.remove()

    def _peak_rows(self) -> list[dict[str, Any]]:
        if not self.group:
            sampled = self._peak.bytes
            return [_row("peak_memory", "total", sampled, f"{_unit_of_tree()}_sampled")] if sampled else []
        rows = []
        peak = self.group.peak_bytes()
        if peak:
            rows.append(_row("peak_memory", "total", peak, self.group.method))
        if self._file_bytes is not None:
            rows.append(_row("file_memory", "steady", self._file_bytes, self.group.method))
        return rows

    def _take(self) -> int | None:
        """Memory of everything below the spawner; None where it can't be read."""
        started = time.thread_time()
        if _has_pss():
            found = self._take_sizes()
        else:
            found = _tree_uss_bytes()
            self._peak.take_total(found or 0)
        self._cost_s = time.thread_time() - started
        self._due_at = time.monotonic() + (self.interval_s or 0.0)
        return found

    def _take_sizes(self) -> int | None:
        sizes = processes.sizes_below(os.getpid())
        if not sizes:
            return None
        self._peak.take(sizes)
        for pid, size in sizes.items():
            self._high_water[pid] = max(size.high_water, self._high_water.get(pid, 0))
        return sum(size.proportional for size in sizes.values())


class SampledPeak:
    """The highest memory of a tree that is looked at now and then."""

    def __init__(self) -> None:
        self.bytes = 0
        self._before: Mapping[int, processes.Size] = {}

    def take_total(self, total: int) -> None:
        """Looks at a sum alone."""
        self.bytes = max(self.bytes, total)

    def take(self, now: Mapping[int, processes.Size]) -> None:
        """Looks at sizes by process id, and at what a high-water mark tells of the time since the last look.

        A mark that rose above both looks is a spike in between. It is counted for one process at a time, beside what
        the others had at both looks: two spikes may not have been simultaneous, so that the peak may come out too
        low, but not too high.
        """
        before = self._before
        self.take_total(sum(size.proportional for size in now.values()))
        steady = {pid: min(now[pid].proportional, before[pid].proportional) for pid in now.keys() & before.keys()}
        for pid, own in steady.items():
            if now[pid].high_water > before[pid].high_water:
                nearest = max(now[pid], before[pid], key=lambda size: size.resident)
                spike = nearest.proportional + max(0, now[pid].high_water - nearest.resident)
                self.take_total(sum(steady.values()) - own + spike)
        self._before = dict(now)


def _row(metric: str, phase: str, value: float, method: str, scope: str = "tree") -> dict[str, Any]:
    return {
        "metric": metric,
        "phase": phase,
        "value": value,
        "unit": "bytes",
        "method": method,
        "scope": scope,
    }


def _has_pss() -> bool:
    return os.path.exists("/proc/self/smaps_rollup")


def _unit_of_tree() -> str:
    return "pss" if _has_pss() else "uss"


def _tree_uss_bytes() -> int | None:
    """None if a member may not be read, or without psutil."""
    psutil = _psutil()
    if psutil is None:
        return None
    total = 0
    for process in psutil.Process().children(recursive=True):
        try:
            total += process.memory_full_info().uss
        except psutil.NoSuchProcess:  # a zombie counts as such, too
            continue
        except psutil.Error:
            return None
    return total or None


def _psutil() -> Any:
    """The package; None where it isn't installed."""
    try:
        import psutil
    except ImportError:
        return None
    return psutil
