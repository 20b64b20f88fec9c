from __future__ import annotations

import pytest

from pipeline.analysis.summary import Summary, summarise
from tests.support.synthetic import SyntheticBundle, synthetic_bundle


@pytest.fixture(scope="session")
def bundle() -> SyntheticBundle:
    """Everything there is, mishaps included. Tests don't change it."""
    return synthetic_bundle()


@pytest.fixture(scope="session")
def summary(bundle: SyntheticBundle) -> Summary:
    return summarise(bundle)
