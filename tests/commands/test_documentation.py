"""The pages that are kept with the code are those that the code makes."""

import re
from pathlib import Path

import pytest

from pipeline.commands.documentation import existing, main, pages

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("path", sorted(pages()))
def test_the_pages_are_current(path):
    found = (DOCS / path).read_text(encoding="utf-8") if (DOCS / path).exists() else "no page"
    assert found == pages()[path], "run `make docs`"


def test_there_are_no_other_pages():
    assert existing(DOCS) == set(pages()), "run `make docs`"


@pytest.mark.parametrize("what", ["workloads", "strategies"])
def test_every_page_is_linked_once(what):
    links = re.findall(r"\]\((\w+\.md)\)", pages()[f"{what}/README.md"])
    assert sorted([f"{what}/README.md", *(f"{what}/{link}" for link in links)]) == sorted(
        path for path in pages() if path.startswith(what)
    )


def test_every_link_leads_somewhere():
    for path, text in pages().items():
        for link in re.findall(r"\]\(([^)]+)\)", text):
            assert (DOCS / path).parent.joinpath(link).exists(), f"{path}: {link}"


def test_the_command_writes_pages_and_removes_those_of_what_is_gone(tmp_path):
    (tmp_path / "workloads").mkdir()
    (tmp_path / "workloads" / "gone.md").write_text("x")
    main([str(tmp_path)])
    assert {str(path.relative_to(tmp_path)): path.read_text() for path in tmp_path.rglob("*.md")} == pages()
