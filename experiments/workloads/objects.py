"""Work in a graph of small objects: instances, attributes, method calls and look-ups in dictionaries."""

from __future__ import annotations

from experiments.parameters import calibrated_to
from experiments.workloads.base import Resource, Workload

STATIONS = 24
FACTOR = 69
MASK = (1 << 22) - 1
"""Small enough that every product stays below 2**30, one digit of a CPython integer."""
SECONDS_PER_PARCEL = 6e-6
"""Typical, for the plan's prediction only."""


class Parcel:
    """What travels from station to station."""

    def __init__(self, value: int, stop: str) -> None:
        self.value = value
        self.stop = stop


class Station:
    """Changes the value of each parcel that comes by and sends it on."""

    factor = 1

    def __init__(self, amount: int, onward: str) -> None:
        self.amount = amount
        self.onward = onward
        self.seen = 0

    def handle(self, parcel: Parcel) -> None:
        """One visit."""
        parcel.value = self.worth(parcel.value)
        parcel.stop = self.onward
        self.seen += 1

    def worth(self, value: int) -> int:
        """The value that leaves for the one that came."""
        return value + self.amount & MASK


class Growth(Station):
    """Multiplies before it adds."""

    factor = FACTOR

    def worth(self, value: int) -> int:
        """As `Station.worth`."""
        return value * FACTOR + self.amount & MASK


class Mirror(Station):
    """Counts down from its amount."""

    factor = -1

    def worth(self, value: int) -> int:
        """As `Station.worth`."""
        return self.amount - value & MASK


KINDS = (Station, Growth, Mirror)


def amount_at(position: int) -> int:
    """What the station at this position of the ring adds."""
    return 1000 + 7 * position


def build_ring() -> dict[str, Station]:
    """The stations by name, of each kind in turn; each sends on to the next, the last to the first."""
    names = [f"station {position}" for position in range(STATIONS)]
    return {
        name: KINDS[position % len(KINDS)](amount_at(position), names[(position + 1) % STATIONS])
        for position, name in enumerate(names)
    }


def deliver(item: tuple[int, int]) -> tuple[int, int]:
    """`(first, parcels)`: sends parcels of the values from `first` on once round the ring.

    Returns the sum of the values in which they arrive, modulo 2**22, and how often a station was visited.
    """
    first, parcels = item
    stations = build_ring()
    names = list(stations)
    total = 0
    for number in range(parcels):
        parcel = Parcel(first + number & MASK, names[number % STATIONS])
        for _ in names:
            stations[parcel.stop].handle(parcel)
        total += parcel.value
    return total & MASK, sum(station.seen for station in stations.values())


def round_trip(start: int) -> tuple[int, int]:
    """`(factor, offset)` of the whole way round from this position: every station maps x to factor * x + amount."""
    factor, offset = 1, 0
    for step in range(STATIONS):
        position = (start + step) % STATIONS
        own = KINDS[position % len(KINDS)].factor
        factor, offset = factor * own & MASK, offset * own + amount_at(position) & MASK
    return factor, offset


def delivered(first: int, parcels: int) -> tuple[int, int]:
    """The same result in O(1): the parcels that start at one station form an arithmetic series."""
    total = 0
    for start in range(STATIONS):
        factor, offset = round_trip(start)
        count = len(range(start, parcels, STATIONS))
        values = count * (first + start) + STATIONS * count * (count - 1) // 2
        total += factor * values + offset * count
    return total & MASK, parcels * STATIONS


class ObjectGraph(Workload):
    """Sends objects round a ring of other objects: attributes, methods of three classes, look-ups by name.

    One task builds a ring of 24 stations of three classes and then makes one parcel after another. A parcel goes once
    round the ring: its next stop is looked up in a dictionary, the station's method, which is another one in each
    class, changes the parcel's value, and both objects' attributes are written. Nothing is shared between tasks but
    the code and the classes.

    It shows what object-oriented Python code costs and how it scales, as opposed to a loop over local numbers
    (`int_loop`): reference counts, attribute look-ups and the caches of the interpreter take most of the time.

    Expected: with the GIL, threads are as slow as `serial`, processes as fast as there are CPUs. On a free-threaded
    build threads scale too, but a single one is slower than with the GIL, and many lose some of their speed-up because
    they all read the same classes and functions.

    The tests hold the result against a closed formula: each way round the ring is one linear map, and the values of
    the parcels are an arithmetic series. A visit left out, doubled or made in another order changes the sum.

    `parcels` is the size of a task; its time is in proportion.
    """

    name = "object_graph"
    needs = Resource.CPU
    holds_gil = 1.0
    function = staticmethod(deliver)

    parcels: int = calibrated_to(0.010, "Parcels per task; calibrated to 10 ms under `serial` unless given.")

    def items(self, count: int) -> list[tuple[int, int]]:
        """A different first value for each task."""
        return [(first, self.parcels) for first in range(count)]

    def expected(self, items: list[tuple[int, int]]) -> list[tuple[int, int]]:
        """By the closed formula."""
        return [delivered(first, parcels) for first, parcels in items]

    def predicted_task_s(self) -> float:
        """About 6 us for each parcel where their number is given."""
        return super().predicted_task_s() if self.parcels is None else self.parcels * SECONDS_PER_PARCEL
