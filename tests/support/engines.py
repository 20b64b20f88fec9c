"""The strategies that are libraries, and how to tell them apart in a test."""

import pytest

LIBRARIES = ("cloudpickle", "joblib", "loky", "distributed", "ray")
QUICK = [
    ("joblib", {"backend": "loky"}),
    ("joblib", {"backend": "threading", "batch_size": "auto"}),
    ("loky", {}),
    ("dask", {"scheduler": "threads"}),
    ("dask", {"scheduler": "processes"}),
    ("dask", {"scheduler": "distributed"}),
]
"""All but ray, which takes long to start: name and options."""
ENGINES = [*QUICK, ("ray", {})]


def need_all() -> None:
    """Skips a module of tests where one of them is missing, and says which."""
    for library in LIBRARIES:
        pytest.importorskip(library, reason=f"{library} is not installed here; the development lock has it")
