"""Runs the report's notebook, in a kernel of its own, and hands the executed notebook back."""

from __future__ import annotations

import contextlib
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import papermill
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.exceptions import PapermillExecutionError

from reports.errors import RenderError, RenderFailure
from reports.kernel import Waiting
from reports.manager import OwnKernel

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def execute(notebook: Path, bundle: Path, kernel: Waiting, *, timeout_s: float = 300) -> Any:
    """The executed notebook (an `nbformat` node), with everything removed that differs from run to run.

    The kernel runs in an empty folder of its own and the bundle is only ever read as data, so nothing that lies
    in a bundle can be imported or executed.

    Raises:
        RenderError: if the bundle can't be read.
        RenderFailure: if a cell fails or takes too long, or the kernel dies.
    """
    manager = type("Manager", (OwnKernel,), {"waiting": kernel})
    with _quiet():
        try:
            executed = papermill.execute_notebook(
                str(notebook),
                None,
                parameters={"bundle": str(bundle.resolve())},
                kernel_name="python3",
                kernel_manager_class=manager,
                shutdown_kernel="immediate",
                request_save_on_cell_execute=False,
                progress_bar=False,
                record_timing=False,
                execution_timeout=timeout_s,
            )
        except PapermillExecutionError as error:
            raise _failed_cell(error) from None
        except CellTimeoutError:
            raise RenderFailure(
                f"the report took longer than {timeout_s:g} s for one of its parts and was given up"
            ) from None
        except (DeadKernelError, RuntimeError) as error:
            raise RenderFailure(
                "the process that draws the report ended before it was done "
                f"(out of memory, or killed from outside): {error}"
            ) from None
    return _settled(executed)


def _failed_cell(error: Any) -> RenderError | RenderFailure:
    message = _COLOURS.sub("", str(error.evalue))
    if error.ename.endswith(("StoreError", "BundleError", "UserError")):
        return RenderError(message)
    return RenderFailure(f"a part of the report failed: {error.ename}: {message}")


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keeps papermill's own progress lines out of the user's terminal."""
    logger = logging.getLogger("papermill")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(before)


def _settled(notebook: Any) -> Any:
    """The notebook without times, random ids and this machine's paths; it can be run again beside the data."""
    notebook.metadata.pop("papermill", None)
    notebook.metadata["kernelspec"] = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook.metadata.pop("language_info", None)
    for index, cell in enumerate(notebook.cells):
        if "injected-parameters" in cell.metadata.get("tags", []):
            cell.source = 'bundle = "."'
        cell.id = f"cell-{index}"
        cell.metadata = {key: value for key, value in cell.metadata.items() if key == "tags"}
        for output in cell.get("outputs", []):
            output.metadata = {}
    return notebook
