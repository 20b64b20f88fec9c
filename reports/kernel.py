"""The kernel that executes the report: this very interpreter, whatever kernels the user has registered."""

from __future__ import annotations

import sys

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager


class OwnKernel(AsyncKernelManager):
    """A kernel manager that never looks for kernel specifications."""

    extra_environment: dict[str, str] = {}  # noqa: RUF012 - one renderer per process sets it before a start

    @property
    def kernel_spec(self) -> KernelSpec:
        """This interpreter, without the working directory on its import path and without a history file."""
        return KernelSpec(
            argv=[
                sys.executable,
                "-P",
                "-m",
                "ipykernel_launcher",
                "--log-level=40",
                "--HistoryManager.enabled=False",
                "-f",
                "{connection_file}",
            ],
            env=dict(self.extra_environment),
            display_name="Python 3",
            language="python",
            metadata={"supported_encryption": ["curve"]},
        )
