"""The notebook's own text to blocks: the little Markdown that a template needs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import mistune

from reports.document import Heading, Item, Items, Paragraph, Span, Words

Token = Mapping[str, Any]


def blocks(markdown: str) -> Iterator[dict[str, Any]]:
    """Headings, paragraphs and flat lists of a Markdown cell, as `Block.to_json` would give them.

    Raises:
        ValueError: for anything else, so that a template can't lose text silently.
    """
    tokens = mistune.create_markdown(renderer="ast")(markdown)
    for token in tokens if isinstance(tokens, list) else []:
        match token["type"]:
            case "heading":
                yield Heading(_words(token["children"]), token["attrs"]["level"]).to_json()
            case "paragraph":
                yield Paragraph(_words(token["children"])).to_json()
            case "list":
                yield Items(tuple(Item(_words(_inner(item))) for item in token["children"])).to_json()
            case "blank_line":
                pass
            case other:
                raise ValueError(f"the notebook's Markdown holds a {other}, which the PDF can't show")


def _inner(item: Token) -> list[Token]:
    return [child for block in item["children"] for child in block["children"]]


def _words(tokens: Iterable[Token]) -> Words:
    return tuple(_span(token) for token in tokens)


def _span(token: Token) -> Span:
    match token["type"]:
        case "text":
            return Span(token["raw"])
        case "softbreak":
            return Span(" ")
        case "codespan":
            return Span(token["raw"], "code")
        case "strong" | "emphasis":
            return Span("".join(child["raw"] for child in token["children"]), "strong")
        case other:
            raise ValueError(f"the notebook's Markdown holds a {other}, which the PDF can't show")
