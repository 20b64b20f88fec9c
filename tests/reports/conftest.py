"""One rendered report of ordinary data and one of hostile data, shared by all tests of this folder."""

from __future__ import annotations

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import reports.execute  # noqa: F401 - before two threads import it at the same time
from reports.render import Rendered, render
from tests.support.synthetic import SyntheticBundle, synthetic_bundle

HOSTILE = {
    "script": "<script>alert(1)</script>",
    "typst": '#raw("x") *bold* _under_ $x^2$ @ref <label> #import "evil.typ"',
    "jinja": "{{ 7 * 7 }}{% raw %}",
    "markdown": "[click](javascript:alert(1)) `code` <img src=x onerror=alert(2)>",
    "direction": "abc\u202egnp.exe\u2066",
    "emoji": "\N{ROCKET} \N{WOMAN}\u200d\N{ROCKET} 漢字",
    "latex": r"$\alpha$ \input{/etc/passwd} {\bf b}",
    "breaking out": "\"'></title></svg><svg onload=alert(3)> ]] } ) `` ${x} <!-- -->",
    "closing": "</script></style></textarea>&lt;&amp;&#60;",
    "control": "nul\x00 bell\x07 esc\x1b[31mred\x1b]0;t\x07",
    "invisible": "a\u200bb\ufeffc\u200fd",
    "long": "x" * 10_000,
}
SURROGATE = "no\udcffutf"
"""Half of a character: JSON can hold it, Parquet and UTF-8 can't."""


def write_bundle(folder: Path, bundle: SyntheticBundle) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    bundle.invocations.to_parquet(folder / "invocations.parquet")
    bundle.measurements.to_parquet(folder / "measurements.parquet")
    (folder / "run.json").write_text(json.dumps(bundle.run), encoding="utf-8")
    return folder


def made_hostile(bundle: SyntheticBundle) -> SyntheticBundle:
    """Puts a hostile text wherever a stranger could put one."""
    names = {
        "int_loop": HOSTILE["script"],
        "noop": HOSTILE["typst"] + HOSTILE["jinja"] + HOSTILE["markdown"],
        "threads": HOSTILE["direction"],
        "processes": "zürich\"'&<b>",
        "current": HOSTILE["emoji"],
    }
    frame = bundle.invocations
    for column in ("workload", "strategy", "interpreter"):
        frame[column] = frame[column].astype("object").replace(names).astype("str")
    frame.loc[frame["error"].notna(), "error"] = HOSTILE["script"] + HOSTILE["long"]
    frame.loc[frame["status"] == "timeout", "error"] = HOSTILE["typst"]
    frame.loc[frame["status"] == "crashed", "error"] = HOSTILE["latex"] + HOSTILE["control"] + HOSTILE["breaking out"]
    frame.loc[frame["status"] == "contaminated", "error"] = HOSTILE["closing"] + HOSTILE["invisible"]
    for case in bundle.run["cases"]:
        for column in ("workload", "strategy", "interpreter"):
            case[column] = names.get(case[column], case[column])
    bundle.run["name"] = HOSTILE["script"] + HOSTILE["direction"]
    bundle.run["description"] = HOSTILE["typst"] + HOSTILE["jinja"] + HOSTILE["long"]
    bundle.run["command"] = ["whichpool", "run", HOSTILE["script"], HOSTILE["direction"]]
    bundle.run["started_at"] = SURROGATE
    bundle.run["config"]["name"] = HOSTILE["markdown"] + HOSTILE["direction"]
    bundle.run["interpreters"] = {
        names.get(name, name): facts | {"version": HOSTILE["script"]}
        for name, facts in bundle.run["interpreters"].items()
    }
    facts: dict[str, Any] = bundle.run["machine"]["facts"]
    facts |= {"cpu_model": HOSTILE["typst"], "hostname": HOSTILE["script"], HOSTILE["markdown"]: [HOSTILE["emoji"]]}
    facts |= {f"fact {name}": text for name, text in HOSTILE.items()} | {"surrogate": SURROGATE, "os": SURROGATE}
    facts["kernel"] = HOSTILE["control"]
    return bundle


@dataclass(frozen=True)
class Shown:
    """A rendered report, read."""

    files: Rendered
    html: str
    pdf: bytes
    notebook: dict[str, Any]


def read(files: Rendered) -> Shown:
    assert files.pdf is not None
    return Shown(
        files,
        files.html.read_text(encoding="utf-8"),
        files.pdf.read_bytes(),
        json.loads(files.notebook.read_text(encoding="utf-8")),
    )


@pytest.fixture(scope="session")
def bundle_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    works = ("int_loop", "sleep", "noop")
    bundle = synthetic_bundle(blocks=4, workloads=works, workers=(1, 2), interpreters=("current",))
    return write_bundle(tmp_path_factory.mktemp("bundle"), bundle)


@pytest.fixture(scope="session")
def hostile_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    bundle = synthetic_bundle(
        blocks=3, workloads=("int_loop", "noop"), strategies=("serial", "threads", "processes"), workers=(2, 4)
    )
    folder = write_bundle(tmp_path_factory.mktemp("hostile"), made_hostile(bundle))
    # Whatever lies beside the data must never be imported or read as settings.
    trap = "raise SystemExit('something from the bundle was executed')"
    for name in ("pandas.py", "seaborn.py", "sitecustomize.py", "usercustomize.py"):
        (folder / name).write_text(trap, encoding="utf-8")
    (folder / "matplotlibrc").write_text("figure.facecolor: red\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def everything(bundle_folder: Path, hostile_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Shown]:
    """The ordinary bundle, the hostile one and a copy of it elsewhere, drawn side by side."""
    copy = tmp_path_factory.mktemp("elsewhere") / "<img src=x onerror=alert(4)> $(id) #import 'x' %s {0} 漢"
    shutil.copytree(hostile_folder, copy)
    with ThreadPoolExecutor(max_workers=2) as pool:
        return [read(files) for files in pool.map(render, (hostile_folder, copy, bundle_folder))]


@pytest.fixture(scope="session")
def shown(everything: list[Shown]) -> Shown:
    return everything[2]


@pytest.fixture(scope="session")
def hostile(everything: list[Shown]) -> Shown:
    return everything[0]


@pytest.fixture(scope="session")
def hostile_again(everything: list[Shown]) -> Shown:
    return everything[1]
