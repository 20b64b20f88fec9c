"""A PDF made smaller without changing what it says: objects that carry no stream are packed into compressed streams.

ISO 32000-1 section 7.5.7 and 7.5.8, which PDF/A-2 and PDF/A-3 allow. The typesetter writes each of the thousands of
small objects that tell what is a paragraph and what a cell on its own and as text, which is half of a long report.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping, Sequence

_PER_STREAM = 200
"""Objects in one stream: a reader that looks for one reads all of them."""
_START = re.compile(rb"startxref\s+(\d+)\s+%%EOF\s*$")
_SECTION = re.compile(rb"xref\s+0 (\d+)\s*\n")
_KEYS = re.compile(rb"/Size\s+\d+")


def pack(pdf: bytes) -> bytes:
    """The same document with its small objects compressed; the very bytes given if its structure isn't understood.

    Args:
        pdf: with one classic cross-reference table, and not encrypted.
    """
    start = _START.search(pdf)
    table = _SECTION.match(pdf, int(start[1])) if start else None
    trailer = pdf.find(b"trailer", table.end()) if table else -1
    if table is None or start is None or trailer < 0 or b"/Encrypt" in pdf[trailer:]:
        return pdf
    dictionary = pdf[trailer + len(b"trailer") : start.start()].strip()
    if b"/Prev" in dictionary or not dictionary.startswith(b"<<"):
        return pdf
    offsets = _offsets(pdf[table.end() : trailer])
    objects = _objects(pdf, offsets, int(start[1]))
    return _written(pdf[: min(offsets.values())], objects, dictionary, int(table[1])) if objects else pdf


def _offsets(table: bytes) -> dict[int, int]:
    """Where each object in use begins; entries have 20 bytes."""
    entries = [table[at : at + 20] for at in range(0, len(table) - 19, 20)]
    return {number: int(entry[:10]) for number, entry in enumerate(entries) if entry[17:18] == b"n"}


def _objects(pdf: bytes, offsets: Mapping[int, int], end: int) -> dict[int, bytes]:
    """What stands between `obj` and `endobj` of each object; nothing if one doesn't look as it should."""
    places = sorted((offset, number) for number, offset in offsets.items())
    ends = [offset for offset, _ in places[1:]] + [end]
    found = {}
    for (offset, number), limit in zip(places, ends, strict=True):
        whole = pdf[offset:limit].strip()
        head = b"%d 0 obj" % number
        if not (whole.startswith(head) and whole.endswith(b"endobj")):
            return {}
        found[number] = whole[len(head) : -len(b"endobj")].strip()
    return found


def _written(head: bytes, objects: Mapping[int, bytes], trailer: bytes, size: int) -> bytes:
    """The document again, behind its head: objects with streams, packed objects, and where to find each."""
    output = bytearray(head)
    entries: dict[int, tuple[int, int, int]] = {0: (0, 0, 65535)}
    small = sorted(number for number, content in objects.items() if not content.endswith(b"endstream"))
    for number in sorted(objects.keys() - set(small)):
        entries[number] = (1, len(output), 0)
        output += b"%d 0 obj\n%b\nendobj\n" % (number, objects[number])
    for first in range(0, len(small), _PER_STREAM):
        group = small[first : first + _PER_STREAM]
        entries[size] = (1, len(output), 0)
        entries |= {number: (2, size, place) for place, number in enumerate(group)}
        output += _object_stream(size, [(number, objects[number]) for number in group])
        size += 1
    entries[size] = (1, len(output), 0)
    start = len(output)
    rows = b"".join(_entry(entries.get(number, (0, 0, 65535))) for number in range(size + 1))
    keys = _KEYS.sub(b"/Size %d" % (size + 1), trailer[2:-2]) + b"/Type/XRef/W[1 4 2]"
    output += _stream(size, keys, rows) + b"startxref\n%d\n%%%%EOF" % start
    return bytes(output)


def _object_stream(number: int, members: Sequence[tuple[int, bytes]]) -> bytes:
    places, body = [], bytearray()
    for member, content in members:
        places.append(b"%d %d" % (member, len(body)))
        body += content + b"\n"
    head = b" ".join(places) + b"\n"
    return _stream(number, b"/Type/ObjStm/N %d/First %d" % (len(members), len(head)), head + body)


def _stream(number: int, keys: bytes, content: bytes) -> bytes:
    packed = zlib.compress(content, 9)
    dictionary = b"<<%b/Filter/FlateDecode/Length %d>>" % (keys, len(packed))
    return b"%d 0 obj\n%b\nstream\n%b\nendstream\nendobj\n" % (number, dictionary, packed)


def _entry(fields: tuple[int, int, int]) -> bytes:
    kind, second, third = fields
    return kind.to_bytes(1, "big") + second.to_bytes(4, "big") + third.to_bytes(2, "big")
