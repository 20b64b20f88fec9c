"""Blocks to HTML: every text is escaped here, and only here."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from markupsafe import Markup, escape

from reports import style, svg

Data = Mapping[str, Any]
_LEFT = " !$'()*+,-./:;=?@[]^_`{|}~"
"""Characters that a `data:` address may hold as they are, so that numbers stay short."""


def to_html(block: Data) -> str:
    """The block, as `Block.to_json` gives it, as an HTML fragment without outside references."""
    return str(_WRITERS[block["kind"]](block))


def _words(spans: Sequence[Data]) -> Markup:
    tags = {"": Markup("{}"), "code": Markup("<code>{}</code>"), "strong": Markup("<strong>{}</strong>")}
    return Markup("").join(tags[span["style"]].format(span["text"]) for span in spans)


def _mark(strategy: str) -> Markup:
    if not strategy:
        return Markup("")
    name = style.variable(strategy)
    return Markup('<span class="mark" style="background: var({})" aria-hidden="true"></span>').format(name)


def _title(block: Data) -> Markup:
    facts = Markup("").join(Markup("<div><dt>{}</dt><dd>{}</dd></div>").format(*fact) for fact in block["facts"])
    description = Markup("<p class=lead>{}</p>").format(block["description"]) if block["description"] else ""
    return Markup("<header class=title><h1>{}</h1>{}<dl>{}</dl></header>").format(block["name"], description, facts)


def _paragraph(block: Data) -> Markup:
    role = Markup(" role=note") if block["tone"] != "plain" else ""
    return Markup('<p class="{}"{}>{}</p>').format(block["tone"], role, _words(block["words"]))


def _items(block: Data) -> Markup:
    lines = (
        Markup("<li>{}<span>{}</span></li>").format(_mark(item["strategy"]), _words(item["words"]))
        for item in block["items"]
    )
    return Markup("<ul class=items>{}</ul>").format(Markup("").join(lines))


def _permalink(anchor: str, words: str) -> Markup:
    return Markup('<a class=permalink href="#{}" aria-label="Link to {}">#</a>').format(anchor, words)


def _heading(block: Data) -> Markup:
    level = int(block["level"])
    text = "".join(span["text"] for span in block["words"])
    anchor = block.get("anchor") or anchor_of(text)
    return Markup('<h{0} id="{1}">{2}{3}</h{0}>').format(
        level, anchor, _words(block["words"]), _permalink(anchor, f"“{text}”")
    )


def anchor_of(text: str) -> str:
    """The anchor of a heading, from its text: words with hyphens between them."""
    return re.sub(r"\W+", "-", text).strip("-") or "section"


def _cell(cell: Data, column: Data, *, first: bool, card: bool) -> Markup:
    opening, closing = (Markup("<th scope=row{}>"), Markup("</th>")) if first else (Markup("<td{}>"), Markup("</td>"))
    text = escape(cell["text"])
    if cell["style"] in {"code", "strong"}:
        text = Markup("<{0}>{1}</{0}>").format(cell["style"], text)
    elif cell["style"] == "warning":
        text = Markup("<span class=bad>{}</span>").format(text)
    note = Markup("<small>{}</small>").format(cell["note"]) if cell["note"] else ""
    inner = _mark(cell["strategy"]) + text + note
    names = [column["align"]] * (column["align"] != "left") + ["marked"] * bool(cell["strategy"])
    attributes = Markup(' class="{}"').format(" ".join(names)) if names else Markup("")
    if cell["sort"] is not None and cell["sort"] != cell["text"]:
        sort = f"{cell['sort']:.9g}" if isinstance(cell["sort"], float) else cell["sort"]
        attributes += Markup(' data-sort="{}"').format(sort)
    if card:
        attributes += Markup(' data-label="{}"').format(column["title"])
        inner = Markup("<div>{}</div>").format(inner)
    return opening.format(attributes) + inner + closing


def _unbroken(title: str) -> Markup:
    """Breaks between words only, not at a hyphen."""
    return Markup(" ").join(Markup("<span class=nb>{}</span>").format(word) for word in title.split())


def _table(block: Data) -> Markup:
    columns = block["columns"]
    head = Markup("").join(
        Markup('<th scope=col class="{}">{}</th>').format(column["align"], _unbroken(column["title"]))
        for column in columns
    )
    rows = Markup("\n").join(
        Markup("<tr>{}</tr>").format(
            Markup("").join(
                _cell(cell, column, first=index == 0, card=block["cards"])
                for index, (cell, column) in enumerate(zip(row, columns, strict=True))
            )
        )
        for row in block["rows"]
    )
    table = Markup(
        '<figure class="table {kind}" id="{name}"><figcaption><span id="{name}-caption">{caption}</span>{link}'
        "</figcaption>"
        '<div class=scroll tabindex=0 role=region aria-labelledby="{name}-caption">'
        '<table aria-labelledby="{name}-caption"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'
        "{note}</figure>"
    ).format(
        kind="cards" if block["cards"] else "",
        name=block["name"],
        caption=_words(block["caption"]),
        link=_permalink(block["name"], "this table"),
        head=head,
        rows=rows,
        note=Markup("<p class=small>{}</p>").format(_words(block["note"])) if block["note"] else "",
    )
    if not block["folded"]:
        return table
    return Markup("<details class=behind><summary>The numbers as a table ({} rows)</summary>{}</details>").format(
        len(block["rows"]), table
    )


def _figure(block: Data) -> Markup:
    panels = Markup("").join(_panel(panel, f"{block['name']}-{index}") for index, panel in enumerate(block["panels"]))
    kind = "one" if len(block["panels"]) == 1 else "many"
    data = (
        Markup(' <a class=data download="{}.csv" href="data:text/csv;charset=utf-8,{}">Data (CSV)</a>').format(
            block["name"], quote(block["data"], safe=_LEFT)
        )
        if block.get("data")
        else ""
    )
    return Markup(
        '<figure class="chart {}" id="{}"><div class=panels>{}</div><figcaption>{}{}{}</figcaption></figure>'
    ).format(kind, block["name"], panels, _words(block["caption"]), data, _permalink(block["name"], "this figure"))


def _panel(panel: Data, name: str) -> Markup:
    # The drawing is ours: matplotlib wrote it and escaped the words in it.
    drawing = Markup(svg.inline(panel["svg"], name, str(escape(panel["alt"]))))  # noqa: S704
    units = svg.width(panel["svg"])
    if units < svg.WIDE:
        return drawing
    # On a narrow screen a wide drawing scrolls: its words would be too small to be read.
    return Markup(
        '<div class="scroll wide" tabindex=0 role=region aria-label="{}" style="--least: {:.0f}px">{}</div>'
    ).format(panel["alt"], units * svg.LEAST, drawing)


def _listing(block: Data) -> Markup:
    return Markup("<figure class=listing><figcaption>{}</figcaption><pre tabindex=0>{}</pre></figure>").format(
        block["title"], block["text"]
    )


def _facts(block: Data) -> Markup:
    rows = Markup("").join(Markup("<div><dt>{}</dt><dd>{}</dd></div>").format(*fact) for fact in block["facts"])
    return Markup('<figure id="{}"><figcaption>{}</figcaption><dl class=facts>{}</dl></figure>').format(
        block["name"], _words(block["caption"]), rows
    )


def _files(block: Data) -> Markup:
    rows = []
    for name, description, amount in block["files"]:
        address = block["embedded"].get(name)
        shown = Markup('<a download="{0}" href="{1}">{0}</a>').format(name, address) if address else escape(name)
        rows.append(Markup("<li><code>{}</code> {} <small>{}</small></li>").format(shown, description, amount))
    return Markup("<ul class=files>{}</ul>").format(Markup("").join(rows))


_WRITERS: Mapping[str, Callable[[Data], Markup]] = {
    "title": _title,
    "paragraph": _paragraph,
    "items": _items,
    "heading": _heading,
    "table": _table,
    "figure": _figure,
    "listing": _listing,
    "facts": _facts,
    "files": _files,
}
