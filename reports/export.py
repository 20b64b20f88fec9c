"""The executed notebook to one HTML file that needs nothing from outside."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

from reports import style
from reports.document import MIME
from reports.html import anchor_of
from reports.html import to_html as fragment
from reports.prose import blocks as prose_blocks
from reports.typeset import THEME

_PAGE = {
    "--page": ("#ffffff", "#12161a"),
    "--soft": ("#f4f6f7", "#1b2127"),
    "--line": ("#dde1e5", "#303840"),
    "--link": ("#0b5cad", "#7db8f5"),
    "--good": ("#00785a", "#35c79c"),
    "--good-soft": ("#eaf6f2", "#12261f"),
    "--bad": ("#b3261e", "#ff8a80"),
    "--bad-soft": ("#fcefee", "#2d1917"),
    "--edge": ("#00000038", "#ffffff40"),
}


def blocks_of(notebook: Any) -> list[dict[str, Any]]:
    """Everything that the notebook shows, in order: its own text and the outputs of its cells."""
    found: list[dict[str, Any]] = []
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            found += prose_blocks(cell.source)
        else:
            found += [output.data[MIME] for output in cell.outputs if MIME in output.get("data", {})]
    return found


def to_html(notebook: Any, *, version: str) -> str:
    """The page: the same text for the same notebook."""
    return page(blocks_of(notebook), version=version)


def page(shown: Sequence[Mapping[str, Any]], *, version: str) -> str:
    """The page that shows the blocks, given as `Block.to_json` gives them."""
    from nbconvert import HTMLExporter
    from nbconvert.exporters import TemplateExporter
    from nbformat.v4 import new_notebook

    blocks = _anchored(shown)
    title = next((block["name"] for block in blocks if block["kind"] == "title"), "whichpool")
    script = _dense((THEME / "report.js").read_text(encoding="utf-8"))
    parts = {
        "title": f"{title} – whichpool",
        "version": version,
        "contents": _contents(blocks),
        "body": [fragment(block) for block in blocks],
        "fonts": _fonts(),
        "colours": _colours(),
        "style": (THEME / "report.css").read_text(encoding="utf-8"),
        "script": script,
        "script_hash": f"sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}",
    }
    exporter: Any = HTMLExporter(  # type: ignore[no-untyped-call]
        template_name="whichpool", extra_template_basedirs=[str(THEME)]
    )
    # Its own method would parse the finished page to add what this template has already, and take longest of all.
    empty = new_notebook()  # type: ignore[no-untyped-call]
    html, _ = TemplateExporter.from_notebook_node(exporter, empty, resources={"whichpool": parts})
    return _dense(html) + "\n"


def _dense(text: str) -> str:
    """The text without empty lines; the script's hash is that of what stands in the page."""
    return "\n".join(line for line in text.splitlines() if line.strip())


def _anchored(blocks: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The same blocks, each heading with an anchor that no other has."""
    taken = {block["name"] for block in blocks if block["kind"] in {"table", "figure", "facts"}} | {"content"}
    anchored = []
    for block in blocks:
        if block["kind"] == "heading":
            wanted = anchor_of(_text(block))
            numbered = (f"{wanted}-{number}" if number > 1 else wanted for number in count(1))
            anchor = next(anchor for anchor in numbered if anchor not in taken)
            taken.add(anchor)
            anchored.append({**block, "anchor": anchor})
        else:
            anchored.append(dict(block))
    return anchored


def _text(heading: Mapping[str, Any]) -> str:
    return "".join(span["text"] for span in heading["words"])


def _contents(blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The sections, each with its `text`, `anchor` and `parts`, which are the headings of the third level in it."""
    sections: list[dict[str, Any]] = []
    for block in blocks:
        if block["kind"] != "heading":
            continue
        entry = {"text": _text(block), "anchor": block["anchor"], "parts": []}
        if block["level"] == 2:
            sections.append(entry)
        elif block["level"] == 3 and sections:
            sections[-1]["parts"].append(entry)
    return sections


def _fonts() -> str:
    faces = (
        ("Inter", 400, "Inter-400.woff2"),
        ("Inter", 600, "Inter-600.woff2"),
        ("JetBrains Mono", 400, "JetBrainsMono-400.woff2"),
    )
    return "\n".join(
        f'@font-face {{ font-family: "{family}"; font-weight: {weight}; font-display: swap; '
        f"src: url(data:font/woff2;base64,{base64.b64encode((THEME / 'fonts' / file).read_bytes()).decode()}) "
        f'format("woff2"); }}'
        for family, weight, file in faces
    )


def _colours() -> str:
    both = {**style.variables(), **_PAGE}
    light = " ".join(f"{name}: {pair[0]};" for name, pair in both.items())
    dark = " ".join(f"{name}: {pair[1]};" for name, pair in both.items())
    # The reader's own choice, where one was made, comes before the system's; paper is always light.
    return (
        f":root {{ color-scheme: light dark; {light} }}\n:root[data-theme=light] {{ color-scheme: light; }}\n"
        f"@media screen and (prefers-color-scheme: dark) {{ :root:not([data-theme=light]) {{ {dark} }} }}\n"
        f"@media screen {{ :root[data-theme=dark] {{ color-scheme: dark; {dark} }} }}"
    )
