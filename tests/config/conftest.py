from pathlib import Path

import pytest

from pipeline.config import ConfigError, load_config

JOBS = """\
import os

def resize(image):
    return image

async def fetch(url):
    return url

class Images:
    all = [1, 2, 3]

images = [1, 2, 3]
if os.name:
    by_branch = [1]
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder that is the current one, so that messages name files as a user typed them."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "jobs.py").write_text(JOBS)
    return tmp_path


@pytest.fixture
def load(folder):
    """Writes a text as `a.yaml` and loads it."""

    def write_and_load(text, *, name="a.yaml", **options):
        (folder / name).write_text(text)
        return load_config(Path(name), **options)

    return write_and_load


@pytest.fixture
def mistakes(load):
    """Writes a text as `a.yaml`, loads it and returns the mistakes as lines."""

    def lines(text, **options):
        with pytest.raises(ConfigError) as caught:
            load(text, **options)
        return str(caught.value).splitlines()

    return lines


@pytest.fixture
def grid(load):
    """The one grid of a configuration of which only the grid's text is given, indented by four."""

    def of(text):
        return load(f"name: x\ngrids:\n  -\n{text}").grids[0]

    return of
