import pytest

from tests.acceptance.command_line import Whichpool


@pytest.fixture
def whichpool(tmp_path):
    """The command line in an empty folder; at the end nothing that it started is left, neither processes nor files."""
    command = Whichpool(tmp_path)
    yield command
    left = command.survivors()
    command.end_everything()
    assert left == []


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """The same for the tests of one module that look at one long run."""
    command = Whichpool(tmp_path_factory.mktemp("shared"))
    yield command
    left = command.survivors()
    command.end_everything()
    assert left == []
