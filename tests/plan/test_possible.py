"""Why a case can't be run, and which executable runs it."""

import pytest

from experiments.strategies.base import Strategy
from experiments.workloads.base import Workload
from pipeline.plan import possible
from pipeline.plan.possible import libraries_of, provider, why_impossible
from tests.support.configs import CPYTHON, config_of

PREPARE = "whichpool interpreters prepare python3.13 --with"


class Multiply(Workload):
    """Needs a library for one of its kinds."""

    name = "multiply"
    function = staticmethod(len)

    @classmethod
    def libraries(cls, values):
        return ("numpy",) if values.get("kind") == "array" else ()

    @classmethod
    def contradiction(cls, values):
        return "an array has no odd size" if values.get("size") == 3 else None

    @classmethod
    def unsupported(cls, interpreter, values):
        return "size 5 needs Python 3.99" if values.get("size") == 5 else None


class Engine(Strategy):
    """Needs two libraries."""

    name = "engine"

    @classmethod
    def libraries(cls, values):
        return ("joblib", "loky")


class Inside(Strategy):
    """Interpreters within one process."""

    name = "inside"
    own_interpreters = True


class Coroutines(Strategy):
    """Coroutines only."""

    name = "coroutines"
    asynchronous = True


class Picky(Strategy):
    """Says no, although it needs a library too."""

    name = "picky"

    @classmethod
    def unsupported(cls, interpreter, values):
        return "needs Python 3.99"

    @classmethod
    def libraries(cls, values):
        return ("joblib",)


def who(own=(), prepared=None, users=None):
    places = {"own": own, "prepared": prepared, "users": users}
    return {
        **CPYTHON,
        "libraries": {
            place: {"executable": f"/{place}/python", "versions": dict.fromkeys(names, "1.0")}
            for place, names in places.items()
            if names is not None
        },
    }


def reason(strategy, facts, values=None, *, name="python3.13", users=False):
    return why_impossible(Multiply, values or {}, strategy, {}, facts=facts, name=name, users=users)


ARRAY = {"kind": "array"}


@pytest.mark.parametrize(
    ("strategy", "values", "facts", "expected"),
    [
        (Strategy, {}, CPYTHON, None),
        (Strategy, ARRAY, who(own=["numpy"]), None),
        (Strategy, ARRAY, who(prepared=["numpy"]), None),
        (
            Strategy,
            ARRAY,
            who(),
            f"numpy is not installed for python3.13 ({PREPARE} numpy)",
        ),
        (
            Engine,
            {},
            who(),
            f"joblib and loky are not installed for python3.13 ({PREPARE} joblib,loky)",
        ),
        # All of them must be in one place: the environment needs what the interpreter already has, too.
        (
            Engine,
            ARRAY,
            who(own=["numpy", "joblib"]),
            f"loky is not installed for python3.13 ({PREPARE} numpy,joblib,loky)",
        ),
        # What the environment already has needn't be asked for.
        (
            Engine,
            ARRAY,
            who(own=["numpy"], prepared=["joblib", "loky"]),
            f"numpy is not installed for python3.13 ({PREPARE} numpy)",
        ),
        (Inside, {}, CPYTHON, None),
        (Inside, ARRAY, who(own=["numpy"]), "numpy can't be imported in a subinterpreter"),
        (Coroutines, {}, CPYTHON, "no asynchronous form"),
        (Picky, {}, who(), "needs Python 3.99"),
        (Strategy, {"size": 3}, CPYTHON, "an array has no odd size"),
        (Strategy, {"size": 5}, CPYTHON, "size 5 needs Python 3.99"),
        (Engine, {"size": 3}, {"error": "there is no interpreter at x"}, "there is no interpreter at x"),
    ],
)
def test_the_first_reason_is_told_with_the_command_that_mends_it(strategy, values, facts, expected):
    assert reason(strategy, facts, values) == expected


def test_a_path_is_named_so_that_it_works_from_the_current_folder():
    said = reason(Engine, {**who(), "executable": "/opt/my python/bin/python"}, name="../env")
    assert "whichpool interpreters prepare '/opt/my python/bin/python' --with joblib,loky" in said


def test_the_users_own_function_runs_only_where_the_user_has_installed_its_imports():
    facts = who(own=["joblib", "loky"], prepared=["joblib", "loky"], users=["joblib"])
    said = reason(Engine, facts, users=True)
    assert said == "loky is not installed for python3.13 (/usr/bin/python3 -m pip install loky)"
    assert reason(Engine, who(users=["joblib", "loky"]), users=True) is None


def test_the_prepared_environment_comes_first_and_whoever_lacks_something_is_passed_over():
    both = who(own=["numpy", "joblib"], prepared=["numpy"])
    assert provider(both, ("numpy",), users=False) == "/prepared/python"
    assert provider(both, ("numpy", "joblib"), users=False) == "/own/python"
    assert provider(both, ("ray",), users=False) is None
    assert provider(CPYTHON, ("numpy",), users=False) is None


def test_only_what_some_case_needs_is_asked_for(tmp_path, monkeypatch):
    plain = config_of(tmp_path, "name: t\ngrids: [{workloads: noop, strategies: threads}]")
    assert libraries_of(plain) == (set(), False)
    noop, threads = (possible.workloads()["noop"], possible.strategies()["threads"])
    monkeypatch.setattr(noop, "libraries", classmethod(lambda cls, values: ("numpy",)))
    text = "name: t\ngrids: [{workloads: [noop, sleep], strategies: threads}]"
    assert libraries_of(config_of(tmp_path, text)) == ({"numpy"}, False)
    monkeypatch.setattr(threads, "libraries", classmethod(lambda cls, values: ("joblib",)))
    (tmp_path / "jobs.py").write_text("def f(item): pass\nitems = [1]\n")
    own = 'name: t\ngrids: [{workloads: {use: "jobs.py:f", items: "jobs.py:items"}, strategies: [serial, threads]}]'
    assert libraries_of(config_of(tmp_path, own)) == ({"joblib"}, True)
