"""A control group of the test's own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.machine import cgroup
from pipeline.machine.control_group import PrivateGroup


@pytest.fixture
def group() -> Iterator[PrivateGroup]:
    made = cgroup.create(f"whichpool-test-{os.getpid()}")
    if made is None:
        pytest.skip("this user may not create a control group with a memory controller here")
    yield made
    made.kill()
    made.remove()
    assert not Path(made.folder).exists()
