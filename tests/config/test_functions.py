from pathlib import Path

import pytest

from pipeline.config import Config

GRID = "name: x\ngrids:\n  - strategies: serial\n    workloads:\n"


@pytest.fixture
def messages(mistakes):
    """The mistakes of a configuration with a function and its items, which are in lines 5 and 6."""
    return lambda use, items: mistakes(f'{GRID}      - use: "{use}"\n        items: "{items}"\n')


@pytest.mark.parametrize("name", ["resize", "fetch", "Images", "os", "Images.all", "by_branch"])
def test_names_that_a_file_binds(load, name):
    config = load(f'{GRID}      - {{use: "jobs.py:resize", items: "jobs.py:{name}"}}\n')
    assert config.grids[0].workloads[0].user.items == name


def test_tasks_of_a_function_are_an_axis_too(load):
    config = load(f'{GRID}      - {{use: "jobs.py:resize", items: "jobs.py:images", tasks: [4, 8*cpus]}}\n')
    assert config.grids[0].workloads[0].values == {"tasks": (4, "8*cpus")}


BINDING = {
    "a, (b, *wanted) = 1, (2, 3)": True,
    "import wanted.inner": True,
    "import other as wanted": True,
    "from other import wanted": True,
    "from other import *": True,
    "try:\n    import fast\nexcept ImportError:\n    wanted = 1": True,
    "for wanted in (): pass": True,
    "with open('x') as wanted: pass": True,
    "wanted: int = 3": True,
    "if (wanted := 3): pass": True,
    "match 1:\n    case 1:\n        wanted = 2": True,
    "while False:\n    pass\nelse:\n    wanted = 1": True,
    "def other():\n    wanted = 1": False,
    "class Other:\n    wanted = 1": False,
    "import other.wanted": False,
    "wanted": False,
    "# -*- coding: latin-1 -*-\n\f\nwanted = 1": True,
}


@pytest.mark.parametrize("source", BINDING)
def test_what_binds_a_name(load, messages, folder, source):
    (folder / "mine.py").write_text(source)
    if BINDING[source]:
        load(f'{GRID}      - {{use: "mine.py:wanted", items: "jobs.py:images"}}\n')
    else:
        (line,) = messages("mine.py:wanted", "jobs.py:images")
        assert line.startswith('a.yaml:5: "use" names "wanted", which "mine.py" doesn\'t define')


def test_nothing_is_executed(load, folder):
    (folder / "mine.py").write_text("open('ran', 'w').close()\nraise SystemExit\ndef work(item): ...\n")
    load(f'{GRID}      - {{use: "mine.py:work", items: "jobs.py:images"}}\n')
    assert not Path("ran").exists()


def test_a_name_that_is_not_there(messages):
    assert messages("jobs.py:resise", "jobs.py:imags") == [
        (
            'a.yaml:5: "use" names "resise", which "jobs.py" doesn\'t define; '
            'it defines Images, by_branch, fetch, images, os, resize; did you mean "resize"?'
        ),
        (
            'a.yaml:6: "items" names "imags", which "jobs.py" doesn\'t define; '
            'it defines Images, by_branch, fetch, images, os, resize; did you mean "images"?'
        ),
    ]


def test_a_file_that_is_not_there(messages, folder):
    (line,) = messages("jbos.py:resize", "jobs.py:images")
    assert line == f'a.yaml:5: "use" names "{folder / "jbos.py"}", which doesn\'t exist; did you mean "jobs.py"?'


def test_a_folder_in_place_of_a_file(messages, folder):
    (folder / "mine.py").mkdir()
    (line,) = messages("mine.py:resize", "jobs.py:images")
    assert line == f'a.yaml:5: "use" names "{folder / "mine.py"}", which is a directory; name a file in it'


@pytest.mark.parametrize("source", ["def work(:\n", "x = '\0'\n", "(" * 5000, "\xff\xfe"])
def test_a_file_that_is_no_python(messages, folder, source):
    (folder / "mine.py").write_bytes(source.encode("latin-1"))
    (line,) = messages("mine.py:work", "jobs.py:images")
    assert line.startswith(f'a.yaml:5: "use" names "{folder / "mine.py"}", which is not Python')


@pytest.mark.parametrize(
    ("use", "message"),
    [
        ("jobs.py", 'must be written as "file.py:name", not "jobs.py"'),
        ("jobs.py:", 'must be written as "file.py:name", not "jobs.py:"'),
        ("jobs:resize", 'must be written as "file.py:name", not "jobs:resize"'),
        ("jobs.py:re size", 'must be written as "file.py:name", not "jobs.py:re size"'),
        ("my-jobs.py:resize", 'names the file "my-jobs.py", but "my-jobs" can\'t be a module\'s name; rename it'),
        ("class.py:resize", 'names the file "class.py", but "class" can\'t be a module\'s name; rename it'),
        ("queue.py:resize", 'names the file "queue.py", but the standard library has a module "queue"; rename it'),
        ("pipeline.py:resize", 'names the file "pipeline.py", but whichpool has a module "pipeline"; rename it'),
    ],
)
def test_a_name_that_no_python_could_import(messages, use, message):
    assert messages(use, "jobs.py:images") == [f'a.yaml:5: "use" {message}']


def test_two_modules_of_one_name(messages, folder):
    (folder / "other").mkdir()
    (folder / "other" / "jobs.py").write_text("images = [1]\n")
    (line,) = messages("jobs.py:resize", "other/jobs.py:images")
    assert line.endswith('can\'t both be the module "jobs"; rename one')
    assert line.startswith("a.yaml:5: ")


def test_an_unknown_parameter_of_a_function(mistakes):
    (line,) = mistakes(f'{GRID}      - {{use: "jobs.py:resize", items: "jobs.py:images", size: 3}}\n')
    assert line == 'a.yaml:5: unknown key "size"; allowed: use, items, setup, tasks'


def test_a_set_up_is_checked_kept_and_found_again(load, messages):
    config = load(f'{GRID}      - {{use: "jobs.py:resize", items: "jobs.py:images", setup: "jobs.py:fetch"}}\n')
    user = config.grids[0].workloads[0].user
    assert (user.setup_file.name, user.setup) == ("jobs.py", "fetch")
    assert Config.from_resolved(config.resolved()).grids[0].workloads[0].user == user
    (line,) = messages("jobs.py:resize", 'jobs.py:images"\n        setup: "jobs.py:fetsh')
    assert line.startswith('a.yaml:7: "setup" names "fetsh"')
    assert line.endswith('did you mean "fetch"?')
