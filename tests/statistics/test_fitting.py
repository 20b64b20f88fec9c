import numpy as np
import pytest
from scipy.optimize import curve_fit

from pipeline.statistics import fitting
from pipeline.statistics.fitting import AMDAHL, CONSTANT, LINEAR, USL, fit
from pipeline.statistics.scaling import peak, throughput

WORKERS = np.array([1.0, 2, 4, 8, 16])
TRUTH = {
    CONSTANT: (1.0, 1.0, 0.0),
    LINEAR: (0.9, 0.0, 0.0),
    AMDAHL: (1.0, 0.1, 0.0),
    USL: (0.95, 0.05, 0.005),
}


def logs_of(truth, *, workers=WORKERS, noise=0.02, blocks=6, seed=0):
    exact = np.log(throughput(workers, *truth))
    return exact + noise * np.random.default_rng(seed).standard_normal((blocks, len(workers)))


@pytest.mark.parametrize("model", TRUTH)
def test_the_law_behind_the_data_is_chosen_and_its_parameters_are_found(model):
    found = fit(WORKERS, logs_of(TRUTH[model], noise=0.01))
    assert found.model == model
    for name, truth in zip(("gamma", "alpha", "beta"), TRUTH[model], strict=True):
        assert getattr(found, name)[0] == pytest.approx(truth, rel=0.15, abs=0.002)


def test_intervals_hold_the_truth_as_often_as_they_promise():
    hits = np.zeros(3)
    for seed in range(60):
        found = fit(WORKERS, logs_of(TRUTH[USL], blocks=5, seed=seed), seed=seed)
        truths = (0.05, 0.005, peak(0.05, 0.005))
        pairs = zip((found.alpha, found.beta, found.peak), truths, strict=True)
        hits += [low <= truth <= high for (_, low, high), truth in pairs]
    # Of 60 with 95 %, fewer than 51 would come in one of a thousand.
    assert (hits >= 51).all(), hits


def test_a_second_implementation_finds_the_same():
    logs = logs_of(TRUTH[USL], noise=0.005)
    found = fit(WORKERS, logs)

    def law(workers, *parameters):
        return np.log(throughput(workers, *parameters))

    other, _ = curve_fit(law, WORKERS, logs.mean(axis=0), p0=(1, 0.1, 0.01), bounds=([1e-9, 0, 0], [np.inf, 1, 1]))
    assert (found.gamma[0], found.alpha[0], found.beta[0]) == pytest.approx(other, rel=0.1)


@pytest.mark.parametrize("model", TRUTH)
def test_resamples_are_fitted_all_at_once_as_one_by_one(model):
    logs, errors, start = logs_of(TRUTH[model], noise=0.03, blocks=20), np.full(5, 0.01), np.array(TRUTH[model])
    together = fitting._refitted(model, start, WORKERS, logs, errors)
    one_by_one = [fitting._from(model, start, WORKERS, row, errors)[0] for row in logs]
    assert together == pytest.approx(np.array(one_by_one), abs=1e-6)


def linearised(workers, speedups):
    """Gunther's quadratic: N/X - 1 = beta x^2 + (alpha + beta) x with x = N - 1, by least squares."""
    x, y = workers - 1, workers / (speedups / speedups[0]) - 1
    beta, both = np.linalg.lstsq(np.column_stack([x**2, x]), y, rcond=None)[0]
    return both - beta, beta


def test_gunthers_linearised_form_agrees_where_there_is_no_noise():
    exact = throughput(WORKERS, 1, 0.05, 0.005)
    assert linearised(WORKERS, exact) == pytest.approx((0.05, 0.005))
    found = fit(WORKERS, np.log(exact) + 1e-6 * np.random.default_rng(0).standard_normal((5, 5)))
    assert (found.alpha[0], found.beta[0]) == pytest.approx((0.05, 0.005), rel=0.01)


def test_a_weakly_coherent_system_hides_its_peak_from_few_workers():
    near = fit(WORKERS, logs_of((1.0, 0.03, 0.0005), blocks=5))
    many = np.array([1.0, 2, 4, 8, 16, 32])
    far = fit(many, logs_of((1.0, 0.03, 0.0005), workers=many, blocks=5))
    assert near.model != USL or near.peak[2] > 2 * 16
    assert far.model == USL
    assert 0.9 * far.peak[1] < peak(0.03, 0.0005) < 1.1 * far.peak[2]
    assert far.peak[2] < 2 * 32


@pytest.mark.parametrize(("counts", "blocks"), [(4, 6), (5, 2)])
def test_what_is_too_little_is_refused(counts, blocks):
    workers = 2.0 ** np.arange(counts)
    with pytest.raises(ValueError, match="5 numbers of workers and 3 blocks"):
        fit(workers, np.zeros((blocks, counts)))
