"""What matplotlib writes, made small, stable and at home in a page that may be dark.

Only tags are ever changed: the words between them may come from a bundle and stay as they are, escaped.
"""

from __future__ import annotations

import re

from reports import style

LARGEST = 1.45
"""How much larger than drawn a page may show a panel."""
LEAST = 1.35
"""CSS pixels that a unit of a panel needs, so that its smallest words are still read."""
WIDE = 400
"""Units from which a panel takes the page's whole width."""
HALO = "halo"
"""The id (matplotlib: `gid`) of words that stand on lines: the paper shines around them, and they stay words."""

_HEAD = re.compile(r"^.*?(?=<svg)", re.DOTALL)
_METADATA = re.compile(r"\s*<metadata>.*?</metadata>", re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_TAG = re.compile(r"(<[^>]*>)")
_SPACE = re.compile(r"\s*\n\s*")
_LONG_NUMBER = re.compile(r"([1-9]\d*\.\d\d|0\.\d\d\d)\d+")
_ZEROS = re.compile(r"(\.\d*?)0+(?=[^\d])")
_STEPS = re.compile(r"(?<= d=\")[^\"]*")
_LETTER = re.compile(r" ?([A-Za-z]) ?")
_UNTURNED = re.compile(r" transform=\"rotate\(-?0 [^\"]*\"")
_REFERENCE = re.compile(r"(?:url\(#|href=\"#)([^\")]+)")
_IDENTIFIER = re.compile(r' id="([^"]*)"')
_OWN = re.compile(r'( id="|url\(#|href="#)')
_COLOUR = re.compile(r"#[0-9a-f]{6}\b")
_VIEW = re.compile(r'viewBox="([^"]*)"')
_SIZE = re.compile(r"font-size: ([\d.]+)px; font-family: [^;\"]*(?:; )?")
_RULE = re.compile(r"<defs><style[^>]*>[^<]*</style></defs>")
_SHINE = f"paint-order: stroke; stroke: {style.PAPER}; stroke-width: 2.5; stroke-linejoin: round; "
_SHINING = re.compile(rf'(<text style="){_SHINE}([^>]*>[^<]*</text>)')


def slim(drawing: str) -> str:
    """The drawing without XML head, metadata, comments, unused ids and groups, with coordinates cut short.

    Two decimals remain, and three below 1, where scales live.
    """
    parts = _TAG.split(_COMMENT.sub("", _METADATA.sub("", _HEAD.sub("", drawing, count=1))))
    used = {name for tag in parts[1::2] for name in _REFERENCE.findall(tag)}
    parts[1::2] = _without_groups([_shorter(tag, used) for tag in _shining(parts[1::2])])
    parts[::2] = [text if text.strip() else "" for text in parts[::2]]
    return "".join(parts)


def _shining(tags: list[str]) -> list[str]:
    """The same tags, the words of `HALO` with the paper around them."""
    after = ["", *tags]
    return [
        tag.replace('style="', f'style="{_SHINE}', 1) if before.startswith(f'<g id="{HALO}"') else tag
        for before, tag in zip(after, tags, strict=False)
    ]


def _shorter(tag: str, used: set[str]) -> str:
    if tag.startswith("<image"):
        return tag  # base64 is full of things that look like numbers
    kept = _IDENTIFIER.sub(lambda found: found[0] if found[1] in used else "", tag)
    if kept.startswith("<path") and kept.endswith('style="fill: none"/>') and " id=" not in kept:
        return ""  # nothing of it is seen
    kept = _SPACE.sub(" ", _UNTURNED.sub("", _LONG_NUMBER.sub(r"\1", kept)))
    return _STEPS.sub(lambda found: _LETTER.sub(r"\1", _ZEROS.sub(_whole, found[0] + " ")).strip(), kept)


def _whole(found: re.Match[str]) -> str:
    return "" if found[1] == "." else found[1]


def _without_groups(tags: list[str]) -> list[str]:
    """The same tags without groups that say nothing of what they hold."""
    kept: list[str] = []
    speaking: list[bool] = []
    for tag in tags:
        if tag.startswith("<g") and tag[2] in " >" and not tag.endswith("/>"):
            speaking.append(tag != "<g>")
            kept.append(tag if speaking[-1] else "")
        elif tag == "</g>":
            kept.append(tag if speaking.pop() else "")
        else:
            kept.append("" if tag == "<g/>" else tag)
    return kept


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
        # The page's style sheet names the font, and may enlarge what is too small for a narrow screen.
        size = _SIZE.search(themed) if themed.startswith("<text") else None
        sized = f'<text font-size="{size[1]}"{_SIZE.sub("", themed)[5:]}' if size else themed
        return _OWN.sub(rf"\g<1>{name}-", sized).replace(' style=""', "").replace("xlink:href", "href")

    parts[1::2] = [at_home(tag) for tag in parts[1::2]]
    view = _VIEW.search(parts[1])
    box = view[1] if view else "0 0 1 1"
    parts[1] = (
        f'<svg role="img" aria-label="{label}" viewBox="{box}" '
        f'style="max-width: {width(drawing) / 0.75 * LARGEST:.0f}px">'
    )
    return _RULE.sub("", "".join(parts), count=1)


def on_paper(drawing: str) -> str:
    """The drawing for typst, which paints the paper over words instead of behind them: such words are told twice."""
    return _SHINING.sub(lambda found: f"{found[0]}{found[1]}{found[2]}", drawing)


def width(drawing: str) -> float:
    """Width of a drawing in its own units, typographic points."""
    view = _VIEW.search(drawing)
    return float(view[1].split()[2]) if view else 1.0
