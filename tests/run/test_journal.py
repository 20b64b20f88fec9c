import json
import subprocess
import sys

import pytest

from pipeline.run.journal import FILE_NAME, Journal, JournalError, read


def entries(folder):
    return [entry["n"] for entry in read(folder)]


def test_entries_are_lines_that_can_be_read_at_once(tmp_path):
    with Journal.open(tmp_path) as journal:
        journal.append({"kind": "invocation", "n": 1})
        assert entries(tmp_path) == [1]
        journal.append({"kind": "invocation", "n": 2})
    assert [json.loads(line)["n"] for line in (tmp_path / FILE_NAME).read_text().splitlines()] == [1, 2]


def test_opening_again_goes_on_behind_the_last_entry(tmp_path):
    with Journal.open(tmp_path) as journal:
        journal.append({"kind": "invocation", "n": 1})
    with Journal.open(tmp_path) as journal:
        assert [entry["n"] for entry in journal.entries] == [1]
        journal.append({"kind": "invocation", "n": 2})
    assert entries(tmp_path) == [1, 2]


def test_a_last_line_that_was_cut_off_is_dropped(tmp_path):
    path = tmp_path / FILE_NAME
    path.write_bytes(b'{"kind":"invocation","n":1}\n{"kind":"invo')
    assert entries(tmp_path) == [1]
    with Journal.open(tmp_path) as journal:
        journal.append({"kind": "invocation", "n": 2})
    assert path.read_bytes() == b'{"kind":"invocation","n":1}\n{"kind":"invocation","n":2}\n'


def test_a_damaged_line_in_the_middle_costs_only_itself(tmp_path):
    (tmp_path / FILE_NAME).write_bytes(b'{"kind":"x","n":1}\n\x00\xff garbage\n[]\n{"kind":"x","n":3}\n')
    assert entries(tmp_path) == [1, 3]


def test_two_runs_cannot_write_the_same_journal(tmp_path):
    with Journal.open(tmp_path), pytest.raises(JournalError, match="another whichpool is writing this run"):
        Journal.open(tmp_path)


def test_a_missing_folder_is_a_clear_error(tmp_path):
    with pytest.raises(JournalError, match="No such file or directory"):
        Journal.open(tmp_path / "nowhere")


@pytest.mark.skipif(sys.platform == "win32", reason="resource limits")
def test_a_full_disk_is_a_clear_error_and_keeps_what_was_there(tmp_path):
    """A limit on the file's size stands in for the disk: a write is cut off in the middle of a line."""
    script = (
        "import resource, signal, sys; from pathlib import Path\n"
        "from pipeline.run.journal import Journal, JournalError\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (250, 250))\n"
        "with Journal.open(Path(sys.argv[1])) as journal:\n"
        "    try:\n"
        "        for n in range(100): journal.append({'kind': 'invocation', 'n': n, 'text': 'x' * 60})\n"
        "    except JournalError as error: print(len(journal.entries), error)\n"
    )
    result = subprocess.run([sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=True)
    assert result.stdout.startswith("2 ")
    assert "everything before is kept" in result.stdout
    assert f"--resume {tmp_path}" in result.stdout
    assert entries(tmp_path) == [0, 1]
    with Journal.open(tmp_path) as journal:
        journal.append({"kind": "invocation", "n": 2})
    assert entries(tmp_path) == [0, 1, 2]
