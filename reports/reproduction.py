"""Who measured what, where and how: the title of the report and its last section."""

from __future__ import annotations

import base64
import datetime as dt
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from reports import numbers
from reports.configuration import written
from reports.document import Block, Facts, Files, Listing, Paragraph, Title, clean, clean_lines, words
from reports.render import DATA_FILES
from reports.sections import Report

LARGEST_EMBEDDED = 300 * 1024
"""Bytes of data files that an HTML report may carry."""
MEDIA = {".json": "application/json", ".parquet": "application/vnd.apache.parquet"}


def title(report: Report) -> Title:
    """Name, description and the facts that a reader wants before anything else."""
    run = report.bundle.run
    return Title(
        name=clean(run.get("name") or "A run without a name", 80),
        description=clean(run.get("description") or "", 300),
        date=clean(run.get("started_at") or "", 40),
        version=clean(run.get("tool_version") or "", 40),
        facts=tuple(_headline(report)),
    )


def _headline(report: Report) -> Iterator[tuple[str, str]]:
    run = report.bundle.run
    machine = _mapping(run.get("machine"))
    facts = _mapping(machine.get("facts"))
    start, end = _moment(run.get("started_at")), _moment(run.get("finished_at"))
    if start:
        yield "Measured", f"{start:%d %B %Y, %H:%M} UTC".lstrip("0")
    if start and end:
        yield "Duration", numbers.seconds((end - start).total_seconds())
    processor = facts.get("cpu_model") or facts.get("processor")
    yield "Processor", clean(processor, 60) if processor else "not known"
    if machine.get("effective_cpus"):
        yield "CPUs usable", clean(machine["effective_cpus"])
    if isinstance(facts.get("memory_bytes"), int | float):
        yield "Memory", numbers.size(float(facts["memory_bytes"]))
    system = " ".join(clean(facts[name], 40) for name in ("os", "kernel") if facts.get(name))
    yield "System", system or "not known"
    yield "Interpreters", ", ".join(_interpreter(run, name) for name in report.interpreters[:4]) or "none"
    ran = report.bundle.invocations
    ran = ran[ran["status"] != "unsupported"] if "status" in ran else ran
    yield (
        "Measured cases",
        (
            f"{numbers.count(int(report.summary.times['case_id'].nunique()), 'case')} of {len(report.summary.cases)}, "
            f"{numbers.count(len(ran), 'invocation')}"
        ),
    )


def _interpreter(run: Mapping[str, Any], name: str) -> str:
    facts = _mapping(_mapping(run.get("interpreters")).get(name))
    version = clean(facts.get("version") or "", 40)
    kind = " free-threaded" if facts.get("free_threaded") else ""
    return f"{clean(facts.get('implementation') or name, 40)} {version}{kind}".strip()


def how_to_repeat(report: Report) -> list[Block]:
    """The command, the configuration, the machine, the interpreters and the files."""
    run = report.bundle.run
    machine = _mapping(run.get("machine"))
    command = run.get("command") or []
    text = shlex.join(map(str, command)) if isinstance(command, list) else str(command)
    blocks: list[Block] = [
        Listing("The command", clean_lines(text, 2_000)),
        Listing("The configuration, as it was resolved", clean_lines(written(_mapping(run.get("config"))))),
        Facts("run", words("The run."), tuple(_run_facts(run))),
        Facts("machine", words("The machine."), tuple(_flat(_mapping(machine.get("facts"))))),
    ]
    for index, name in enumerate(report.interpreters):
        facts = tuple(_flat(_mapping(_mapping(run.get("interpreters")).get(name))))
        caption = words(f"The interpreter {clean(name, 80)}.")
        if facts:
            blocks.append(Facts(f"interpreter-{index + 1}", caption, facts))
    folder = getattr(report.bundle, "folder", None)
    if folder is not None:
        blocks.append(Paragraph(words("The data, which lie beside this report and travel inside its PDF:")))
        blocks.append(_files(Path(folder)))
    return blocks


def _run_facts(run: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    machine = _mapping(run.get("machine"))
    for label, value in (
        ("run", run.get("run_id")),
        ("status", run.get("status")),
        ("started", run.get("started_at")),
        ("finished", run.get("finished_at")),
        ("seed", run.get("seed")),
        ("whichpool", run.get("tool_version")),
        ("machine fingerprint", machine.get("fingerprint")),
        ("CPUs usable", machine.get("effective_cpus")),
    ):
        if value is not None:
            yield label, clean(value)
    for entry in run.get("calibrations") or ():
        if isinstance(entry, Mapping):
            found = f"{entry.get('parameter')} {entry.get('size')} for {entry.get('workload')}"
            yield "calibrated", clean(f"{found}, {numbers.seconds(float(entry.get('task_s') or 'nan'))} a task")


def _flat(facts: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in facts.items():
        name = f"{prefix}{clean(key, 60).replace('_', ' ')}"
        if isinstance(value, Mapping) and key == "mitigations":
            yield name, clean(_mitigations(value), 400)
        elif isinstance(value, Mapping):
            yield from _flat(value, f"{name}, ")
        elif isinstance(value, list):
            joint = "; " if any(isinstance(each, Mapping) for each in value) else ", "
            yield name, clean(joint.join(map(_entry, value)) or "none", 400)
        elif value is not None:
            shown = numbers.size(float(value)) if _is_size(key, value) else value
            yield name.removesuffix(" bytes"), clean("yes" if value is True else "no" if value is False else shown)


def _entry(value: object) -> str:
    if not isinstance(value, Mapping):
        return str(value)
    return ", ".join(f"{name} {shown}" for name, shown in _flat(value))


def _mitigations(found: Mapping[str, Any]) -> str:
    """Names by what the system says first about each; what doesn't concern this processor is only counted."""
    groups: dict[str, list[str]] = {}
    for name, state in found.items():
        groups.setdefault(str(state).partition(":")[0].strip().lower(), []).append(str(name))
    spared = len(groups.pop("not affected", ()))
    parts = [f"{state}: {', '.join(names)}" for state, names in groups.items()]
    return "; ".join([*parts, *([f"not affected: {spared} others"] if spared else [])]) or "none"


def _is_size(key: object, value: object) -> bool:
    return str(key).endswith("_bytes") and _number(value)


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _files(folder: Path) -> Files:
    rows, embedded, total = [], {}, 0
    for name, description in DATA_FILES.items():
        path = folder / name
        if not path.is_file() or path.is_symlink():
            continue
        amount = path.stat().st_size
        rows.append((name, description, numbers.size(amount)))
        total += amount
        if total <= LARGEST_EMBEDDED:
            content = base64.b64encode(path.read_bytes()).decode()
            embedded[name] = f"data:{MEDIA[path.suffix]};base64,{content}"
    return Files(tuple(rows), embedded)


def _moment(text: object) -> dt.datetime | None:
    try:
        return dt.datetime.fromisoformat(str(text)).astimezone(dt.UTC)
    except ValueError:
        return None


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
