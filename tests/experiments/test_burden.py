import pickle

from experiments.workloads.arithmetic import power
from experiments.workloads.burden import Burdened, burden


def test_a_burdened_function_gives_the_result_of_its_own_argument():
    carried = pickle.loads(pickle.dumps(Burdened(power)))
    assert [carried(item) for item in burden([(2, 3), (5, 2)], 10)] == [8, 25]


def test_every_task_carries_bytes_of_its_own():
    carried = [payload for _, payload in burden([None] * 3, 100_000)]
    assert [len(payload) for payload in carried] == [100_000] * 3
    assert len(set(carried)) == 3
