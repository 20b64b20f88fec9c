"""A bundle to `report.html`, `report.pdf` and `report.ipynb`, beside the data."""

from __future__ import annotations

import json
import os
import tempfile
import threading
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as version_of
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.store.run_file import read_run
from reports.errors import RenderError
from reports.kernel import waiting

if TYPE_CHECKING:
    from reports.typeset import Attachment

NOTEBOOK = Path(__file__).resolve().parent / "notebooks" / "report.ipynb"
DATA_FILES = {
    "invocations.parquet": "one row per invocation",
    "measurements.parquet": "one row per measured value",
    "run.json": "configuration, machine, interpreters, cases",
}
_LARGEST_ATTACHMENT = 512 * 1024
SECONDS_AT_LEAST, SECONDS_PER_CASE = 4.0, 0.06
"""Typical for two cores of 2024."""


@dataclass(frozen=True)
class Rendered:
    """The files of a report."""

    html: Path
    pdf: Path | None
    """None if no PDF was asked for."""
    notebook: Path
    """The executed notebook, which a person can run again."""


def predict_s(bundle_folder: Path) -> float:
    """Seconds that rendering a bundle will roughly take.

    Raises:
        UserError: if there is no bundle, or one that can't be read.
    """
    return SECONDS_AT_LEAST + SECONDS_PER_CASE * len(_described(bundle_folder).get("cases", ()))


def render(bundle_folder: Path, *, pdf: bool = True, timeout_s: float = 300) -> Rendered:
    """Writes the report of a bundle into the bundle's folder; the same bytes each time for the same bundle.

    Args:
        bundle_folder: the folder that a run wrote; its content is data and is never executed.
        pdf: whether to write the PDF too.
        timeout_s: the most that one cell of the notebook may take.

    Raises:
        RenderError: if the report can't be made or written. The files of an earlier report are then untouched.
        UserError: if the bundle can't be read.
    """
    _described(bundle_folder)
    with waiting("reports.sections", "reports.reproduction") as kernel:
        from reports.execute import execute

        # Only after that import: two threads importing packages which import each other get in their way.
        warm_up = threading.Thread(target=_import_exporters, args=(pdf,), daemon=True)
        warm_up.start()
        notebook = execute(NOTEBOOK, bundle_folder, kernel, timeout_s=timeout_s)
    warm_up.join()

    from reports import export

    version = _version()
    written = {"report.ipynb": _notebook_text(notebook).encode()}
    written["report.html"] = export.to_html(notebook, version=version).encode()
    if pdf:
        from reports.typeset import typeset

        written["report.pdf"] = typeset(export.blocks_of(notebook), _attachments(bundle_folder), version=version)
    _write_all(bundle_folder, written)
    return Rendered(
        html=bundle_folder / "report.html",
        pdf=bundle_folder / "report.pdf" if pdf else None,
        notebook=bundle_folder / "report.ipynb",
    )


def _described(bundle_folder: Path) -> dict[str, Any]:
    """The bundle's `run.json`, so that what is no bundle is found out before anything is started."""
    if not bundle_folder.is_dir():
        raise RenderError(f"{bundle_folder}: there is no such folder; give the folder that a run wrote")
    return read_run(bundle_folder)


def _import_exporters(pdf: bool) -> None:
    """Imports what is needed later while the kernel, another process, draws."""
    for module in ("nbconvert", "mistune", *(["typst", "pikepdf"] if pdf else [])):
        import_module(module)


def _attachments(folder: Path) -> list[Attachment]:
    """The bundle's data files that are there and small enough to travel inside the PDF."""
    from reports.typeset import Attachment

    found = []
    for name, description in DATA_FILES.items():
        path = folder / name
        if path.is_file() and not path.is_symlink() and path.stat().st_size <= _LARGEST_ATTACHMENT:
            media = "application/json" if path.suffix == ".json" else "application/vnd.apache.parquet"
            found.append(Attachment(name, path.read_bytes(), media, description))
    return found


def _notebook_text(notebook: object) -> str:
    return json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def _version() -> str:
    try:
        return version_of("whichpool")
    except PackageNotFoundError:
        return "unknown"


def _write_all(folder: Path, contents: dict[str, bytes]) -> None:
    """All files or none of them appear, each whole: temporary names first, then renames."""
    waiting: list[tuple[Path, Path]] = []
    try:
        for name, content in contents.items():
            descriptor, temporary = tempfile.mkstemp(prefix=f".{name}-", dir=folder)
            waiting.append((Path(temporary), folder / name))
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
            Path(temporary).chmod(0o644)
        for temporary_path, final in waiting:
            temporary_path.replace(final)
    except OSError as error:
        raise RenderError(
            f"{folder}: the report can't be written there ({error.strerror or error}); "
            "make the folder writable or free some space, then render again"
        ) from None
    finally:
        for temporary_path, _ in waiting:
            temporary_path.unlink(missing_ok=True)
