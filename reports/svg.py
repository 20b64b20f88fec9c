"""What matplotlib writes, made small, stable and at home in a page that may be dark.

Only tags are ever changed: the words between them may come from a bundle and stay as they are, escaped.
"""

from __future__ import annotations

import re

from reports import style

LARGEST = 1.45
"""How much larger than drawn a page may show a panel."""

HALO = "halo"
"""The `gid` of words that may lie on lines: they get an edge in the colour of the page, and remain words.

matplotlib's own path effects would turn each letter into two outlines, which made up half of a report.
"""

_HEAD = re.compile(r"^.*?(?=<svg)", re.DOTALL)
_METADATA = re.compile(r"\s*<metadata>.*?</metadata>", re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_TAG = re.compile(r"(<[^>]*>)")
_SPACE = re.compile(r"\s*\n\s*")
_LONG_NUMBER = re.compile(r"([1-9]\d*\.\d\d|0\.\d\d\d)\d+")
_REFERENCE = re.compile(r"(?:url\(#|href=\"#)([^\")]+)")
_IDENTIFIER = re.compile(r' id="([^"]*)"')
_HALO = f' id="{HALO}"'
_EDGE = f' style="paint-order: stroke; stroke: {style.PAPER}; stroke-width: 2.5; stroke-linejoin: round"'
_OWN = re.compile(r'( id="|url\(#|href="#)')
_COLOUR = re.compile(r"#[0-9a-f]{6}\b")
_VIEW = re.compile(r'viewBox="([^"]*)"')


def slim(drawing: str) -> str:
    """The drawing without XML head, metadata, comments and unused ids, with coordinates cut short.

    Two decimals remain, and three below 1, where scales live.
    """
    parts = _TAG.split(_COMMENT.sub("", _METADATA.sub("", _HEAD.sub("", drawing, count=1))))
    used = {name for tag in parts[1::2] for name in _REFERENCE.findall(tag)}

    def shorter(tag: str) -> str:
        if tag.startswith("<image"):
            return tag  # base64 is full of things that look like numbers
        edged = tag.replace(_HALO, _EDGE)
        kept = _IDENTIFIER.sub(lambda found: found[0] if found[1] in used else "", edged)
        return _SPACE.sub(" ", _LONG_NUMBER.sub(r"\1", kept))

    parts[1::2] = [shorter(tag) for tag in parts[1::2]]
    parts[::2] = [text if text.strip() else "" for text in parts[::2]]
    return "".join(parts)


def inline(drawing: str, name: str, label: str) -> str:
    """The drawing as a part of an HTML page: ids of its own, colours that follow the page's theme.

    Args:
        drawing: what `slim` returned.
        name: prefix of the ids, unique in the page.
        label: the text for those who can't see it, escaped already.
    """
    colours = {colour: variable for variable, (colour, _) in style.variables().items()}
    parts = _TAG.split(drawing)

    def at_home(tag: str) -> str:
        if tag.startswith("<image"):
            return tag
        themed = _COLOUR.sub(lambda found: f"var({colours[found[0]]})" if found[0] in colours else found[0], tag)
        return _OWN.sub(rf"\g<1>{name}-", themed)

    parts[1::2] = [at_home(tag) for tag in parts[1::2]]
    view = _VIEW.search(parts[1])
    box = view[1] if view else "0 0 1 1"
    width = float(box.split()[2]) / 0.75 * LARGEST
    parts[1] = (
        f'<svg role="img" aria-label="{label}" viewBox="{box}" style="max-width: {width:.0f}px" '
        'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">'
    )
    return "".join(parts)
