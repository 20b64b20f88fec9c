import pytest

PAYLOAD = """
    workloads: {{use: payload, size: {axis}}}
    strategies: threads
"""
LOOP = """
    workloads: {{use: int_loop, {axis}}}
    strategies: threads
"""


@pytest.mark.parametrize(
    ("axis", "sizes"),
    [
        ("[1B .. 64KiB x4]", [4**power for power in range(9)]),
        ("1B .. 1KiB x 32", [1, 32, 1024]),
        ("[7B, 1KiB .. 3KiB x2, 9B]", [7, 1024, 2048, 9]),
        ("10B .. 100B x1.5", [10, 15, 22, 34, 51, 76]),
        ("5B .. 5B x2", [5]),
    ],
)
def test_a_range_of_sizes_stands_for_its_values(grid, axis, sizes):
    assert grid(PAYLOAD.format(axis=axis)).workloads[0].values["size"] == tuple(sizes)


def test_a_range_of_durations_reaches_its_end_in_spite_of_rounding(grid):
    values = grid(LOOP.format(axis="task_time: [noop, 0.1ms .. 100ms x10]")).workloads[0].values
    assert values["task_time"][0] == 0
    assert values["task_time"][1:] == pytest.approx((1e-4, 1e-3, 1e-2, 1e-1), rel=1e-12)


def test_numbers_of_workers_can_be_a_range(grid):
    assert grid("    workloads: noop\n    strategies: threads\n    workers: [1 .. 8 x2, cpus]").workers == (
        1, 2, 4, 8, "cpus",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("axis", "message"),
    [
        ("1B .. 64MiB x1", "upwards and by more than 1"),
        ("64MiB .. 1B x4", "upwards and by more than 1"),
        ("0B .. 1MiB x4", "upwards and by more than 1"),
        ("1B .. 64MiB x1.01", "more than 200 values"),
        ("1B .. 64Mib x4", '"Mib" is no unit'),
        ("1B .. 64MiB", "must be a size such as"),
    ],
)
def test_a_range_without_sense_is_a_mistake_with_its_place(mistakes, axis, message):
    (line,) = mistakes(f"name: x\ngrids:\n  - workloads: {{use: payload, size: {axis}}}\n    strategies: threads\n")
    assert line.startswith('a.yaml:3: "size" ')
    assert message in line


def test_a_task_time_and_the_size_that_it_finds_contradict_each_other(mistakes):
    (line,) = mistakes("name: x\ngrids: [{workloads: {use: int_loop, steps: 5, task_time: 1ms}, strategies: threads}]")
    assert line == "a.yaml:2: `task_time` finds `steps` by calibration: give one of the two"


def test_only_workloads_of_calibrated_size_have_these_axes(mistakes):
    lines = mistakes("name: x\ngrids: [{workloads: {use: sleep, task_time: 1ms, payload: 1B}, strategies: threads}]")
    assert [line.partition(";")[0] for line in lines] == [
        'a.yaml:2: unknown key "payload"',
        'a.yaml:2: unknown key "task_time"',
    ]


def test_a_task_time_is_a_duration_or_noop(mistakes):
    (line,) = mistakes("name: x\ngrids: [{workloads: {use: int_loop, task_time: nop}, strategies: threads}]")
    assert line == 'a.yaml:2: "task_time" must be a duration such as "10ms", or noop, not "nop"'
