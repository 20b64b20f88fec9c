"""Work in numpy, where the interpreter has it: array expressions and matrix products."""

from __future__ import annotations

import math

from experiments.parameters import calibrated_to, integer, size
from experiments.workloads.base import Resource, Workload

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

FLOAT_BYTES = 8
SAMPLES = 4
OFFSET = 0.5
STEP = 1 / 64
SECONDS_PER_BYTE = 1e-10
SECONDS_PER_PRODUCT = 5e-11
"""Typical, for the plan's prediction only."""
THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
_unused_arrays: dict[int, list[tuple[Any, Any, Any]]] = {}
_unused_matrices: dict[int, list[tuple[Any, ...]]] = {}


def add_and_root(item: tuple[int, int, int]) -> list[float]:
    """`(index, size_bytes, rounds)`: replaces each x of an array by the root of x * x + 0.5 that many times.

    Returns four elements from all over the array. Each operation is exactly rounded: the same bits everywhere.
    """
    import numpy as np

    index, size_bytes, rounds = item
    length = array_length(size_bytes)
    unused = _unused_arrays.setdefault(length, [])
    try:
        arrays = unused.pop()
    except IndexError:
        arrays = np.arange(length) * STEP, np.empty(length), np.empty(length)
    start, values, squares = arrays
    multiply, add, sqrt = np.multiply, np.add, np.sqrt
    add(start, float(index), out=values)
    for _ in range(rounds):
        multiply(values, values, out=squares)
        add(squares, OFFSET, out=squares)
        sqrt(squares, out=values)
    result: list[float] = values[:: length // SAMPLES][:SAMPLES].tolist()
    unused.append(arrays)
    return result


def array_length(size_bytes: int) -> int:
    """Elements of an array, at least as many as are looked at."""
    return max(SAMPLES, size_bytes // FLOAT_BYTES)


def added_and_rooted(index: int, size_bytes: int, rounds: int) -> list[float]:
    """The same four elements one by one."""
    length = array_length(size_bytes)
    values = [position * STEP + index for position in range(0, length, length // SAMPLES)][:SAMPLES]
    for _ in range(rounds):
        values = [math.sqrt(value * value + OFFSET) for value in values]
    return values


def first_entry(row: int, column: int) -> int:
    """What the matrix of task 0 starts from; that of task n has n more in every place."""
    return (3 * row + 5 * column) % 16


def multiply_matrices(item: tuple[int, int, int]) -> list[int]:
    """`(index, order, rounds)`: multiplies a matrix by another that many times.

    Returns `order` times four entries of the last product, and the sum of all of its entries, as integers.
    """
    import numpy as np

    index, order, rounds = item
    unused = _unused_matrices.setdefault(order, [])
    try:
        matrices = unused.pop()
    except IndexError:
        matrices = *make_matrices(order), np.empty((order, order)), np.empty((order, order))
    start, step, product, other = matrices
    np.add(start, float(index), out=product)
    for _ in range(rounds):
        np.matmul(product, step, out=other)
        product, other = other, product
    entries = [round(order * float(product[row, column])) for row, column in places(order)]
    total = round(float(product.sum()))
    unused.append(matrices)
    return [*entries, total]


def make_matrices(order: int) -> tuple[Any, Any]:
    """The matrix to start from, and the one to multiply by: a reflection whose columns are moved on by one.

    Its square moves the columns by two and changes nothing else. So products neither grow nor vanish however often it
    is applied, and are known without computing them, but every entry takes part in every one.
    """
    import numpy as np

    row, column = np.indices((order, order))
    start = (3 * row + 5 * column) % 16.0
    step = (column == (row + 1) % order) - 2.0 / order
    return start, step


def places(order: int) -> list[tuple[int, int]]:
    """The entries that are looked at: three corners and one in the middle."""
    return [(0, 0), (0, order - 1), (order - 1, 0), (order // 2, order // 2)]


def multiplied(index: int, order: int, rounds: int) -> list[int]:
    """The same result in integers: columns moved by `rounds`, and reflected where `rounds` is odd."""

    def entry(row: int, column: int) -> int:
        own = order * (first_entry(row, (column - rounds) % order) + index)
        return own - 2 * row_sum(row) if rounds % 2 else own

    def row_sum(row: int) -> int:
        return sum(first_entry(row, column) + index for column in range(order))

    total = sum(row_sum(row) * len(range(row, order, 16)) for row in range(min(order, 16)))
    return [*(entry(row, column) for row, column in places(order)), -total if rounds % 2 else total]


class NumpyElementwise(Workload):
    """Computes with whole numpy arrays, element by element: a chain of calls that release the GIL while they work.

    One round of a task is `x = sqrt(x * x + 0.5)` in three calls that write into arrays made before, so that nothing
    is allocated. Tasks that run at the same time have arrays of their own, two of `size` bytes. As it comes they fit
    into the second level of cache of common CPUs; give `64MiB` for arrays that don't fit into any, whose speed is
    that of the memory.

    Expected: with the GIL, threads gain nothing from arrays of up to 500 elements (4 KB), for which numpy keeps it, and
    little from somewhat larger ones: after each call of some microseconds a thread has to wait for the GIL again. With
    arrays of a MiB they speed up until the memory is too slow. On a free-threaded build, and with processes, the size
    of the arrays matters less.

    The tests and every run compare four elements with the same operations on Python's own numbers, to the last bit.
    The tests also show that numpy lets other threads run during long calls, and doesn't during short ones.

    `rounds` is the size of a task; its time is in proportion.
    """

    name = "numpy_elementwise"
    needs = Resource.CPU
    function = staticmethod(add_and_root)

    size: int = size(128 << 10, "Bytes of each of the two arrays of a task.")
    rounds: int = calibrated_to(0.010, "Rounds per task; calibrated to 10 ms under `serial` unless given.")

    @classmethod
    def libraries(cls, values: Mapping[str, Any]) -> tuple[str, ...]:  # noqa: ARG003
        """Numpy, whatever the parameters."""
        return ("numpy",)

    def items(self, count: int) -> list[tuple[int, int, int]]:
        """A different start for each task."""
        return [(index, self.size, self.rounds) for index in range(count)]

    def expected(self, items: list[tuple[int, int, int]]) -> list[list[float]]:
        """By Python's own arithmetic."""
        return [added_and_rooted(index, size_bytes, rounds) for index, size_bytes, rounds in items]

    def close(self) -> None:
        """Gives the arrays of this process back."""
        _unused_arrays.clear()

    def predicted_task_s(self) -> float:
        """Three passes over the array for each round where their number is given."""
        return super().predicted_task_s() if self.rounds is None else self.rounds * 3 * self.size * SECONDS_PER_BYTE


class NumpyMatmul(Workload):
    """Multiplies matrices with numpy: long calls into a library that has threads of its own.

    One round of a task is one product of two square matrices of `order` rows, which releases the GIL. The library
    behind it (OpenBLAS, MKL or another BLAS) can use several threads for one product; `blas_threads` says how many, by
    the environment of the measured process. Tasks that run at the same time have matrices of their own.

    Expected: with one BLAS thread, threads and processes speed up by the number of CPUs on every build. With as many
    as there are CPUs, `serial` is that fast by itself, and workers on top of it gain nothing: they are too many
    threads for the CPUs (workers * `blas_threads`), or wait for each other's turn in the library.

    The tests and every run compare four entries and the sum of the last product with what they must be by algebra,
    for which the second matrix was chosen. The tests count the threads of a process that was started as configured.

    `rounds` is the size of a task; its time is in proportion.
    """

    name = "numpy_matmul"
    needs = Resource.CPU
    function = staticmethod(multiply_matrices)

    order: int = integer(256, "Rows and columns of the matrices.")
    blas_threads: int = integer(1, "Threads that the library may use for one product.")
    rounds: int = calibrated_to(0.010, "Products per task; calibrated to 10 ms under `serial` unless given.")

    @classmethod
    def libraries(cls, values: Mapping[str, Any]) -> tuple[str, ...]:  # noqa: ARG003
        """Numpy, whatever the parameters."""
        return ("numpy",)

    def environment(self) -> dict[str, str]:
        """The number of threads, for every library that may be behind numpy."""
        return dict.fromkeys(THREAD_VARIABLES, str(self.blas_threads))

    def items(self, count: int) -> list[tuple[int, int, int]]:
        """A different matrix for each task."""
        return [(index, self.order, self.rounds) for index in range(count)]

    def expected(self, items: list[tuple[int, int, int]]) -> list[list[int]]:
        """By algebra."""
        return [multiplied(index, order, rounds) for index, order, rounds in items]

    def close(self) -> None:
        """Gives the matrices of this process back."""
        _unused_matrices.clear()

    def predicted_task_s(self) -> float:
        """`order ** 3` multiplications for each product where their number is given."""
        return super().predicted_task_s() if self.rounds is None else self.rounds * self.order**3 * SECONDS_PER_PRODUCT
