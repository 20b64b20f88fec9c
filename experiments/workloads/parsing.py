"""Work that parses text."""

from __future__ import annotations

import json

from experiments.parameters import calibrated_to
from experiments.workloads.base import Resource, Workload

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

SAMPLES = 16
SECONDS_PER_RECORD = 2e-6
"""Typical, for the plan's prediction only."""
_texts: dict[int, str] = {}


def record_text(number: int) -> str:
    """One record as JSON."""
    tags = f'["odd{number % 3}", "t{number % 7}"]'
    return f'{{"id": {number}, "name": "item {number}", "price": {number / 4}, "tags": {tags}, "next": null}}'


def record(number: int) -> dict[str, Any]:
    """The same record as it must come out."""
    tags = [f"odd{number % 3}", f"t{number % 7}"]
    return {"id": number, "name": f"item {number}", "price": number / 4, "tags": tags, "next": None}


def parse(item: tuple[int, int]) -> tuple[int, int, list[Any]]:
    """`(index, length)`: parses a list of that many records with the index in front.

    Returns the index as it was parsed, the number of records, and about 1/16th of them.
    """
    index, length = item
    text = _texts.get(length)
    if text is None:
        text = _texts.setdefault(length, ", ".join(map(record_text, range(length))))
    parsed_index, *records = json.loads(f"[{index}, {text}]")
    return parsed_index, len(records), records[:: max(1, length // SAMPLES)]


class JsonParse(Workload):
    """Parses JSON: one call into C code that keeps the GIL and makes many small objects.

    One task calls `json.loads` once, on a list of records of a number, two texts, a fraction, a list and a null. The
    text is made once in each worker; only a number in front of it differs from task to task.

    It shows what the standard library's own parsers do, as opposed to hashing or compressing (`hash_large`): C code
    alone is not enough for threads to run side by side, it must also release the GIL.

    Expected: with the GIL, threads are as slow as `serial`, and every other thread of the process stands still until
    the call is over, a user interface too; processes are as fast as there are CPUs. On a free-threaded build threads
    scale, less than a loop over numbers because they all allocate memory.

    The tests and every run compare a sixteenth of the records with what they were written from; the tests also show
    that another thread doesn't get to run during the call where there is a GIL.

    `length` is the size of a task; its time is in proportion.
    """

    name = "json_parse"
    needs = Resource.CPU
    holds_gil = 1.0
    function = staticmethod(parse)

    length: int = calibrated_to(0.010, "Records per task; calibrated to 10 ms under `serial` unless given.")

    def items(self, count: int) -> list[tuple[int, int]]:
        """A different number in front for each task."""
        return [(index, self.length) for index in range(count)]

    def expected(self, items: list[tuple[int, int]]) -> list[tuple[int, int, list[Any]]]:
        """What the text was written from."""
        return [
            (index, length, [record(number) for number in range(0, length, max(1, length // SAMPLES))])
            for index, length in items
        ]

    def predicted_task_s(self) -> float:
        """About 2 us for each record where their number is given."""
        return super().predicted_task_s() if self.length is None else self.length * SECONDS_PER_RECORD
