"""A look at memory that was moved: cheap, and impossible without having the memory."""

from __future__ import annotations

INT_BYTES = 8
SAMPLES = 16


class CopiedError(TypeError):
    """What was to be a reference to memory has become a copy of it on its way."""


def sample_view(item: tuple[memoryview, str, int]) -> tuple[int, bytes]:
    """`(view, kind, index)`: takes samples of memory that this process can see; the index and the samples."""
    view, kind, index = item
    if not isinstance(view, memoryview):
        copy = type(view).__name__
        raise CopiedError(
            f"a memoryview arrived as {copy}: this strategy copies memory; use transport: pickle for that"
        )
    return index, samples(view, kind)


def samples(data: memoryview, kind: str) -> bytes:
    """Some bytes, of `numpy` some numbers, evenly from the first to the last."""
    if kind == "numpy":
        import numpy as np

        numbers = np.frombuffer(data, dtype=np.int64)
        return numbers[_places(len(numbers))].tobytes()
    with data.cast("B") as plain:
        return bytes([plain[place] for place in _places(len(plain))])


def _places(length: int) -> list[int]:
    last = max(0, length - 1)
    return sorted({last * sample // (SAMPLES - 1) for sample in range(SAMPLES)}) if length else []
