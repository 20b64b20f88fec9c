"""An asv suite: one benchmark per case of the kernel, the pool started by `setup`, which isn't timed."""

from . import kernels  # type: ignore[attr-defined]


class Batch:
    """Runs all tasks once; asv runs each value of the parameter in processes of its own."""

    params = kernels.settings()["cases"]
    param_names = ("case",)

    def setup(self, case: str) -> None:
        """Called before every sample; the first call in a process starts the pool."""
        self.batch = kernels.started(case)

    def time_batch(self, case: str) -> None:  # noqa: ARG002 - asv hands the parameter to every method
        """What is timed."""
        self.batch()
