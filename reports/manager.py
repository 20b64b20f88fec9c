"""What lets papermill use the kernel that waits already."""

from __future__ import annotations

import contextlib
import json
import os
from typing import Any

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from reports.kernel import Waiting

LONGEST_SOCKET = 90
"""Characters: macOS allows 104 for the path of a socket, of which its number takes some."""


class _Provisioner(LocalProvisioner):
    """Hands the arguments of a kernel to a process instead of starting one with them."""

    waiting: Waiting

    async def launch_kernel(self, cmd: list[str], **_: Any) -> Any:
        """Gives where to reach the kernel; one that is gone already is found out later, as always."""
        self.process = self.waiting.process
        # It leads a session, and so a process group, of its own.
        self.pid = self.pgid = self.process.pid
        assert self.process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write(json.dumps(cmd) + "\n")
            self.process.stdin.flush()
        return self.connection_info


class OwnKernel(AsyncKernelManager):
    """A kernel manager that never looks for kernel specifications, nor starts a process."""

    waiting: Waiting
    """Set by a subclass."""

    def __init__(self, **settings: Any) -> None:
        sockets = self.waiting.folder / "kernel"
        if os.name == "posix" and len(str(sockets)) < LONGEST_SOCKET:
            # Unlike ports, sockets in a folder of one's own can't be taken by others, nor be reached by them.
            settings |= {"transport": "ipc", "ip": str(sockets)}
        super().__init__(**settings)
        self.provisioner = _Provisioner(kernel_id=self.kernel_id, kernel_spec=self.kernel_spec, parent=self)
        self.provisioner.waiting = self.waiting

    @property
    def kernel_spec(self) -> KernelSpec:
        """Arguments for `reports.kernel`; no history file is written."""
        return KernelSpec(
            argv=["--log-level=40", "--HistoryManager.enabled=False", "-f", "{connection_file}"],
            display_name="Python 3",
            language="python",
            metadata={"supported_encryption": ["curve"]},
        )
