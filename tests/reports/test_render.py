"""The three files of a report: complete, the same twice, self-contained, whole or not there at all."""

from __future__ import annotations

import io
import json
import os
import re
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pypdf
import pytest

from pipeline.errors import UserError
from reports import render as rendering
from reports.errors import RenderError, RenderFailure
from reports.execute import execute
from reports.kernel import waiting
from reports.render import render
from tests.reports.conftest import Shown

SECTIONS = [
    "The answer",
    "Speed-up by workers",
    "What a pool costs",
    "Time against memory",
    "Where the border runs",
    "How it scales",
    "The claims",
    "Quality of the data",
    "How to repeat this",
]


class Tags(HTMLParser):
    """Every tag of a page with its attributes, and the text outside of scripts and styles."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.inside: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self.inside:
            while self.inside.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if not {"script", "style"} & set(self.inside):
            self.text.append(data)


def pages(shown: Shown) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(shown.pdf))


def test_two_renderings_are_the_same_bytes(hostile: Shown, hostile_again: Shown) -> None:
    assert hostile.html == hostile_again.html
    assert hostile.pdf == hostile_again.pdf
    assert hostile.notebook == hostile_again.notebook


def test_page_asks_for_nothing_from_outside(shown: Shown) -> None:
    fetched = {"src", "srcset", "data", "poster", "action", "formaction", "background", "xlink:href"}
    for tag, attributes in Tags(shown.html).tags:
        for name, value in attributes.items():
            if name in fetched or (name == "href" and tag != "a"):
                assert (value or "").startswith(("data:", "#")), (tag, name, value)
    style = "".join(re.findall(r"<style>(.*?)</style>", shown.html, re.DOTALL))
    assert set(re.findall(r"url\((\w+:|#|)", style)) <= {"data:", "#"}
    assert "@import" not in style
    policy = next(a["content"] for _, a in Tags(shown.html).tags if a.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert "default-src 'none'" in policy
    assert "script-src 'sha256-" in policy


def test_every_section_is_in_page_and_contents(shown: Shown) -> None:
    tags = Tags(shown.html).tags
    anchors = {attributes["id"] for tag, attributes in tags if tag == "h2"}
    assert anchors == {title.replace(" ", "-") for title in SECTIONS}
    linked = [attributes.get("href") for tag, attributes in tags if tag == "a"]
    assert {f"#{anchor}" for anchor in anchors} <= set(linked)
    assert "#content" in linked
    ids = [attributes["id"] for _, attributes in tags if attributes.get("id")]
    assert len(ids) == len(set(ids))


def test_every_picture_has_alternative_text(shown: Shown) -> None:
    drawings = [attributes for tag, attributes in Tags(shown.html).tags if tag == "svg"]
    assert len(drawings) > 10
    assert all(drawing["role"] == "img" and len(drawing["aria-label"] or "") > 20 for drawing in drawings)


def test_tables_have_captions_and_headings(shown: Shown) -> None:
    tags = Tags(shown.html).tags
    ids = {attributes.get("id") for _, attributes in tags}
    tables = [attributes for tag, attributes in tags if tag == "table"]
    assert tables
    assert all(table["aria-labelledby"] in ids for table in tables)
    assert all(attributes.get("scope") in {"row", "col"} for tag, attributes in tags if tag == "th")


def test_pdf_has_outline_attachments_title_and_tags(shown: Shown, bundle_folder: Path) -> None:
    document = pages(shown)
    titles = [str(item["/Title"]) for item in document.outline if not isinstance(item, list)]
    assert titles == [*SECTIONS, "The numbers behind the figures"]
    assert document.metadata is not None
    assert document.metadata.title == "synthetic"
    assert document.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert str(document.trailer["/Root"]["/Lang"]).startswith("en")
    attached = dict(document.attachments.items())
    assert attached["measurements.parquet"][0] == (bundle_folder / "measurements.parquet").read_bytes()
    text = document.pages[0].extract_text()
    assert "The answer" in text
    assert "What to use" in text, "the decision table belongs on page one"
    assert "Memory (peak)" in text, "all of it, its note included"
    assert f"1 of {len(document.pages)}" in text
    assert "synthetic" in document.pages[1].extract_text().splitlines()[0]


def test_files_stay_within_their_budgets(shown: Shown) -> None:
    assert len(shown.html.encode()) < 2_000_000
    assert len(shown.pdf) < 1_000_000
    assert 4 <= len(pages(shown).pages) <= 20


def test_notebook_can_be_run_again_and_tells_no_path(shown: Shown, bundle_folder: Path) -> None:
    sources = ["".join(cell["source"]) for cell in shown.notebook["cells"]]
    assert 'bundle = "."' in sources
    assert str(bundle_folder) not in str(shown.notebook)
    assert str(bundle_folder) not in shown.html


@pytest.mark.parametrize("mark", ["<script>alert", "<img src=x", "<b>", "\u202e", "\u2066", "x" * 2_100])
def test_hostile_text_stays_text_in_html(hostile: Shown, mark: str) -> None:
    page = re.sub(r"href=\"data:[^\"]*\"", "", hostile.html)
    assert mark not in page


def test_hostile_text_is_shown_as_it_is(hostile: Shown) -> None:
    tags = Tags(hostile.html)
    text = "".join(tags.text)
    assert "<script>alert(1)</script>" in text
    assert "{{ 7 * 7 }}{% raw %}" in text
    assert "abc[U+202E]gnp.exe" in text
    assert [tag for tag, _ in tags.tags].count("script") == 1
    assert not [name for _, attributes in tags.tags for name in attributes if name.startswith("on")]
    assert not [a for _, a in tags.tags if (a.get("href") or "").startswith("javascript")]


def test_hostile_text_stays_text_in_pdf(hostile: Shown) -> None:
    text = "".join("".join(page.extract_text() for page in pages(hostile).pages).split()).replace("\u200b", "")
    assert "<script>alert(1)</script>" in text
    assert "*bold*_under_$x^2$@ref<label>" in text
    assert "{{7*7}}{%raw%}" in text


def test_hostile_text_never_becomes_source_of_the_notebook(hostile: Shown) -> None:
    sources = " ".join("".join(cell["source"]) for cell in hostile.notebook["cells"])
    assert "alert" not in sources
    outputs = [output for cell in hostile.notebook["cells"] for output in cell.get("outputs", [])]
    assert {output["output_type"] for output in outputs} == {"display_data"}
    assert not [o for o in outputs if "<script>" in "".join(o["data"]["text/html"])]


def notebook(path: Path, source: str) -> Path:
    cells = [
        nbformat.v4.new_code_cell("bundle = ''", metadata={"tags": ["parameters"]}),
        nbformat.v4.new_code_cell(source),
    ]
    made = nbformat.v4.new_notebook(cells=cells, metadata={"language_info": {"name": "python"}})
    path.write_text(nbformat.writes(made), encoding="utf-8")
    return path


def test_killed_kernel_is_an_error_and_leaves_no_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = notebook(tmp_path / "killed.ipynb", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    monkeypatch.setattr(rendering, "NOTEBOOK", source)
    monkeypatch.setattr(rendering, "waiting", lambda *_: waiting())  # what it would import isn't needed here
    bundle = tmp_path / "bundle"
    bundle.mkdir()
    empty = {
        "run_id": "",
        "status": "complete",
        "seed": 0,
        "config": {},
        "machine": {},
        "interpreters": {},
        "cases": [],
    }
    (bundle / "run.json").write_text(json.dumps({"schema_version": 1, **empty}), encoding="utf-8")
    with pytest.raises(RenderFailure, match="ended before it was done"):
        render(bundle)
    assert [path.name for path in bundle.iterdir()] == ["run.json"]


def test_failing_cell_is_an_error_with_its_message(tmp_path: Path) -> None:
    source = notebook(tmp_path / "failing.ipynb", "raise ValueError('no such thing')")
    with pytest.raises(RenderFailure, match="ValueError: no such thing"), waiting() as kernel:
        execute(source, tmp_path, kernel)
    assert kernel.process.poll() is not None
    assert not kernel.folder.exists()


def test_slow_cell_is_given_up(tmp_path: Path) -> None:
    source = notebook(tmp_path / "slow.ipynb", "import time; time.sleep(60)")
    with pytest.raises(RenderFailure, match="longer than 1 s"), waiting() as kernel:
        execute(source, tmp_path, kernel, timeout_s=1)


def test_kernel_that_is_gone_before_it_is_needed_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RenderFailure, match="ended before it was done"), waiting() as kernel:
        kernel.process.kill()
        kernel.process.wait()
        execute(notebook(tmp_path / "any.ipynb", "1"), tmp_path, kernel)


def test_unreadable_bundle_is_the_users_to_mend(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text("not JSON", encoding="utf-8")
    with pytest.raises(UserError, match=r"run\.json"):
        render(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["run.json"]


def test_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(RenderError, match="nowhere: there is no such folder"):
        render(tmp_path / "nowhere")


def test_failed_write_keeps_the_earlier_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "report.html").write_text("earlier", encoding="utf-8")
    real = os.fdopen

    def full(descriptor: int, mode: str) -> object:
        if len(list(tmp_path.glob(".report*"))) > 1:
            os.close(descriptor)
            raise OSError(28, "No space left on device")
        return real(descriptor, mode)

    monkeypatch.setattr(os, "fdopen", full)
    with pytest.raises(RenderError, match="No space left on device"):
        rendering._write_all(tmp_path, {"report.html": b"new", "report.pdf": b"new"})
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == "earlier"
