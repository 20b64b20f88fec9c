"""A plan: the cases to measure, what was left out, and in which order a block goes."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from experiments.catalogue import strategies, workloads
from experiments.parameters import Parameter
from experiments.workloads.base import Workload
from experiments.workloads.user import UserFunction
from pipeline.config.fields import Scalar
from pipeline.config.models import Config
from pipeline.plan.case import Case
from pipeline.plan.cost import predict_invocation_s

InterpreterFacts = dict[str, Any]
TYPICAL_USER_TASKS = 16
REFERENCE_PREFIX = "reference_"
MEMORY_BLOCKS = 3
"""Memory is far steadier than time: three invocations show whether it varies at all."""


@dataclass(frozen=True)
class Exclusion:
    """A combination that the configuration itself leaves out."""

    label: str
    reason: str


@dataclass(frozen=True)
class Calibration:
    """A parameter whose value is found once per run, so that every case of the workload does the same work."""

    workload: str
    parameters: dict[str, Scalar]
    """The workload's parameters, without the calibrated one and those that change nothing in a task."""
    parameter: str
    target_s: float
    interpreter: str
    """Under which it is found, with `serial`."""

    def applies_to(self, case: Case) -> bool:
        """Whether the case uses this calibration."""
        calibrated = case.parameters.get(self.parameter) is None
        return calibrated and case.workload == self.workload and _sized(case, self.parameter) == self.parameters


@dataclass(frozen=True)
class Plan:
    """What a run will do."""

    config: Config
    cpus: int
    """Effective CPUs, which `cpus` in the configuration stands for."""
    seed: int
    interpreters: dict[str, InterpreterFacts]
    cases: tuple[Case, ...]
    exclusions: tuple[Exclusion, ...]
    user_task_s: float | None = None
    """What a task of the user's own function takes, where a trial has told it."""

    @property
    def supported(self) -> tuple[Case, ...]:
        """The cases that can be measured here, oracles included."""
        return tuple(case for case in self.cases if case.unsupported is None)

    @property
    def grid(self) -> tuple[Case, ...]:
        """The cases that the configuration asks for."""
        return tuple(case for case in self.cases if not case.oracle)

    def with_unsupported(self, reasons: Mapping[str, str | None]) -> Self:
        """The same plan with the reasons, by case id, why cases can't be run."""
        cases = [replace(case, unsupported=reasons.get(case.case_id, case.unsupported)) for case in self.cases]
        return replace(self, cases=tuple(cases))

    def calibrations(self) -> list[Calibration]:
        """What has to be found before the first block, each once."""
        found: list[Calibration] = []
        for case in self.supported:
            parameter = calibrated_parameter(case)
            if parameter is None or any(known.applies_to(case) for known in found):
                continue
            target_s = float(case.parameters.get("task_time", parameter.target_s))  # type: ignore[arg-type]
            sized = _sized(case, parameter.name)
            found.append(Calibration(case.workload, sized, parameter.name, target_s, case.interpreter))
        return found

    def shuffled(self, cases: list[tuple[Case, str]], block: int) -> list[tuple[Case, str]]:
        """The invocations of one block (case and pass) in random order, the same for the same seed and block.

        The two references come first and last, so that they show whether the machine changed in between.
        """
        ordered = sorted(cases, key=lambda entry: (entry[0].case_id, entry[1]))
        random.Random(f"{self.seed}:{block}").shuffle(ordered)  # noqa: S311 - an order, not a secret
        return _between_references(ordered)

    def predicted_s(self, case: Case, for_pass: str = "timing") -> float:
        """Seconds that one invocation of a case will roughly take."""
        measure, workload = case.measure, workload_of(case)
        if case.user is not None and self.user_task_s is not None:
            workload.seconds_per_task = self.user_task_s
        return predict_invocation_s(
            workload,
            strategies()[case.strategy](case.workers, **case.options),
            tasks=int(case.parameters["tasks"] or TYPICAL_USER_TASKS),
            iterations=1 if for_pass == "memory" else measure.iterations,
            warmup=0 if for_pass == "memory" else measure.warmup,
            cpus=self.cpus,
            interpreter=self.interpreters[case.interpreter],
        )

    def predicted_block_s(self) -> float:
        """Seconds that one block of timing invocations of the grid will roughly take."""
        return sum(self.predicted_s(case) for case in self.supported if not case.oracle)

    def predicted_memory_s(self) -> float:
        """Seconds that all memory invocations of the grid will roughly take."""
        grid = [case for case in self.supported if not case.oracle]
        return sum(memory_blocks(case) * self.predicted_s(case, "memory") for case in grid)


def _between_references(shuffled: list[tuple[Case, str]]) -> list[tuple[Case, str]]:
    references = [entry for entry in shuffled if entry[0].oracle.startswith(REFERENCE_PREFIX)]
    others = [entry for entry in shuffled if entry not in references]
    return [*references[:1], *others, *references[1:]]


def memory_blocks(case: Case) -> int:
    """In how many blocks, from the first, the memory of a case is measured."""
    return min(MEMORY_BLOCKS, case.measure.blocks.max) if case.measure.memory else 0


def workload_class(case: Case) -> type[Workload]:
    """The class of a case's workload."""
    return UserFunction if case.user is not None else workloads()[case.workload]


def workload_of(case: Case) -> Workload:
    """The workload of a case, for what can be asked without running it."""
    if case.user is not None:
        return UserFunction()
    return workload_class(case)(**{key: value for key, value in case.parameters.items() if value is not None})


def calibrated_parameter(case: Case) -> Parameter | None:
    """The parameter of the case that calibration decides, or None."""
    for parameter in workload_class(case).parameters().values():
        if parameter.target_s is not None and case.parameters.get(parameter.name) is None:
            return parameter
    return None


def _sized(case: Case, parameter: str) -> dict[str, Scalar]:
    return {key: value for key, value in case.parameters.items() if key not in ("tasks", "payload", parameter)}
