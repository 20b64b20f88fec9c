"""Memory of the measured tree: the kernel's own peak where a private group can be had, else sampled."""

from __future__ import annotations

import os

from pipeline.machine import cgroup, processes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

SAMPLE_INTERVAL_S = 0.02


class MemoryWatch:
    """Follows one invocation: readings at its quiescent points, and the peak in between."""

    def __init__(self, name: str) -> None:
        self._group = cgroup.create(name)
        self._readings: dict[str, int] = {}
        self._sampled_peak = 0

    @property
    def join_files(self) -> tuple[str, ...]:
        """The files by which a process joins the private group; empty without one."""
        return tuple(self._group.join_files) if self._group else ()

    @property
    def interval_s(self) -> float | None:
        """How often `sample` has to be called; None where the kernel keeps the peak."""
        return None if self._group else SAMPLE_INTERVAL_S

    def read_point(self, point: str) -> None:
        """Takes the memory of the tree while the measured process stands still at a named point."""
        reading = tree_bytes()
        if reading is not None:
            self._readings[point] = reading
            self._sampled_peak = max(self._sampled_peak, reading)

    def sample(self) -> None:
        """Takes the memory of the tree in the middle of its work."""
        self._sampled_peak = max(self._sampled_peak, tree_bytes() or 0)

    def findings(self, workers: int, *, parallel: bool) -> list[dict[str, Any]]:
        """Rows for the table of measurements: metric, phase, value in bytes, method."""
        rows: list[dict[str, Any]] = []
        kernel_peak = self._group.peak_bytes() if self._group else None
        if kernel_peak:
            assert self._group is not None
            rows.append(_row("peak_memory", "total", kernel_peak, self._group.method))
        elif self._sampled_peak:
            rows.append(_row("peak_memory", "total", self._sampled_peak, f"{_unit_of_tree()}_sampled"))
        if parallel and {"before", "ready"} <= self._readings.keys():
            added = (self._readings["ready"] - self._readings["before"]) / workers
            rows.append(_row("worker_memory", "startup", added, _unit_of_tree()))
        return rows

    def end(self) -> None:
        """Kills what is left in the private group and removes it."""
        if self._group:
            self._group.kill()
            self._group.remove()


def _row(metric: str, phase: str, value: float, method: str) -> dict[str, Any]:
    return {
        "metric": metric,
        "phase": phase,
        "value": value,
        "unit": "bytes",
        "method": method,
        "scope": "tree",
    }


def _has_pss() -> bool:
    return os.path.exists("/proc/self/smaps_rollup")


def _unit_of_tree() -> str:
    return "pss" if _has_pss() else "uss"


def tree_bytes() -> int | None:
    """Memory of everything below the spawner: proportional set sizes on Linux, else psutil's unique set sizes."""
    if _has_pss():
        parts = [processes.tree_pss_bytes(child) for child in processes.children(os.getpid())]
        known = [part for part in parts if part is not None]
        return sum(known) if known else None
    return _tree_uss_bytes()


def _tree_uss_bytes() -> int | None:
    try:
        import psutil
    except ImportError:
        return None
    total = 0
    for process in psutil.Process().children(recursive=True):
        try:
            total += process.memory_full_info().uss
        except psutil.Error:
            continue
    return total or None
