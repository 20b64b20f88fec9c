"""What a path can be instead of a configuration."""

import os
import time
from pathlib import Path

import pytest

from pipeline.config import ConfigError, load_config

GOOD = "name: x\ngrids: {workloads: noop, strategies: serial}\n"


def message(path):
    with pytest.raises(ConfigError) as caught:
        load_config(Path(path))
    return str(caught.value)


def test_a_missing_file(folder):
    Path("default.yaml").write_text(GOOD)
    assert message("defualt.yaml") == 'defualt.yaml:1: doesn\'t exist; did you mean "default.yaml"?'
    assert message("no/such/folder.yaml") == "no/such/folder.yaml:1: doesn't exist"


def test_a_directory(folder):
    Path("configs").mkdir()
    assert message("configs") == "configs:1: is a directory; name a file in it"


def test_a_file_of_fifty_megabytes_is_not_read(folder):
    with Path("a.yaml").open("wb") as file:
        file.truncate(50_000_000)
    assert message("a.yaml") == "a.yaml:1: is too large: 50,000,000 bytes, allowed: 1,048,576"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes")
def test_a_named_pipe_is_not_waited_for(folder):
    os.mkfifo("a.yaml")
    started = time.monotonic()
    assert message("a.yaml") == "a.yaml:1: is not a regular file"
    assert time.monotonic() - started < 5


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no devices")
def test_a_device_is_not_read():
    assert message("/dev/zero") == "/dev/zero:1: is not a regular file"


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="everything is readable here")
def test_a_file_without_permission(folder):
    Path("a.yaml").write_text(GOOD)
    Path("a.yaml").chmod(0)
    assert message("a.yaml") == "a.yaml:1: can't be read: Permission denied"


def test_a_path_through_a_file(folder):
    assert message("jobs.py/a.yaml") == "jobs.py/a.yaml:1: can't be read: Not a directory"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"name: x\ngrids: \xff\xfe\n", "a.yaml:2: is not UTF-8 text: byte 0xff; save the file as UTF-8"),
        (b"\x7fELF\x02\x01\x01\x00", "a.yaml:1: is not text: character U+007F is not allowed in YAML"),
        (b"name: x\n\n\x00", "a.yaml:3: is not text: character U+0000 is not allowed in YAML"),
        (b"\xff\xfen\x00a\x00", "a.yaml:1: is UTF-16 or UTF-32 text; save it as UTF-8"),
        ("größe: 1\n".encode("latin-1"), "a.yaml:1: is not UTF-8 text: byte 0xf6; save the file as UTF-8"),
        (bytes(range(256)) * 100, "a.yaml:2: is not UTF-8 text: byte 0x80; save the file as UTF-8"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "a.yaml:1: is not UTF-8 text: byte 0x89; save the file as UTF-8"),
    ],
)
def test_binary_rubbish(folder, content, expected):
    Path("a.yaml").write_bytes(content)
    assert message("a.yaml") == expected
