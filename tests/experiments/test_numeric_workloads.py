"""What the workloads that use numpy must do if they are what they say."""

import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from experiments.workloads.numeric import (
    NumpyElementwise,
    NumpyMatmul,
    add_and_root,
    added_and_rooted,
    first_entry,
    make_matrices,
    multiplied,
    multiply_matrices,
    places,
)

ROOT = Path(__file__).parents[2]
COUNT_THREADS = """
import os, sys
sys.path.insert(0, sys.argv[1])
from experiments.workloads.numeric import NumpyMatmul
workload = NumpyMatmul(rounds=3, order=512)
workload.function(workload.items(1)[0])
print(len(os.listdir("/proc/self/task")))
"""


@pytest.mark.parametrize("size", [1, 32, 100, 5000])
@pytest.mark.parametrize("rounds", [0, 1, 50])
def test_array_expressions_give_the_bits_of_plain_arithmetic(size, rounds):
    assert add_and_root((2, size, rounds)) == added_and_rooted(2, size, rounds)
    assert add_and_root((2, size, rounds)) != add_and_root((3, size, rounds))


def test_each_round_adds_a_half_to_the_squares():
    start, end = add_and_root((5, 1000, 0)), add_and_root((5, 1000, 40))
    assert [b * b - a * a for a, b in zip(start, end, strict=True)] == pytest.approx([20.0] * 4)
    assert all(math.isfinite(value) for value in end)


def product_in_plain_python(index, order, rounds):
    step = [[float(column == (row + 1) % order) - 2 / order for column in range(order)] for row in range(order)]
    product = [[float(first_entry(row, column) + index) for column in range(order)] for row in range(order)]
    for _ in range(rounds):
        columns = list(zip(*step, strict=True))
        product = [[sum(a * b for a, b in zip(row, column, strict=True)) for column in columns] for row in product]
    entries = [round(order * product[row][column]) for row, column in places(order)]
    return [*entries, round(sum(map(sum, product)))]


@pytest.mark.parametrize(("order", "rounds"), [(1, 3), (2, 1), (3, 2), (7, 0), (12, 5), (17, 4)])
def test_matrix_products_are_those_of_plain_python_and_of_the_algebra(order, rounds):
    found = multiply_matrices((2, order, rounds))
    assert found == product_in_plain_python(2, order, rounds)
    assert found == multiplied(2, order, rounds)


def test_a_product_stays_exact_over_many_rounds_and_every_round_shows():
    assert multiply_matrices((1, 64, 999)) == multiplied(1, 64, 999)
    assert len({tuple(multiplied(1, 64, rounds)) for rounds in range(10)}) == 10


def test_the_second_matrix_has_no_zeros_that_a_library_could_leave_out():
    start, step = make_matrices(32)
    assert start.shape == step.shape == (32, 32)
    assert np.count_nonzero(step) == step.size
    assert step @ step.T == pytest.approx(np.eye(32))


def test_all_variables_ask_for_as_many_threads():
    assert set(NumpyMatmul(blas_threads=3).environment().values()) == {"3"}
    assert {"OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"} <= set(NumpyMatmul().environment())
    assert NumpyMatmul.libraries({}) == NumpyElementwise.libraries({}) == ("numpy",)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="counts threads in /proc")
@pytest.mark.parametrize("threads", [1, 2])
def test_the_library_has_as_many_threads_as_asked_for(threads):
    if threads > len(os.sched_getaffinity(0)):
        pytest.skip("this machine has one CPU only, for which no library starts a second thread")
    environment = {**os.environ, **NumpyMatmul(blas_threads=threads).environment()}
    command = [sys.executable, "-c", COUNT_THREADS, str(ROOT)]
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    assert int(done.stdout) == threads
