"""Checks the user's own functions before anything is measured: each is imported, none is called."""

from __future__ import annotations

from typing import Any

from experiments.catalogue import strategies
from pipeline.config.functions import UserFunction
from pipeline.config.mistakes import ConfigError, Mistake
from pipeline.plan.case import Case
from pipeline.plan.plan import Plan
from pipeline.run.client import Spawner
from pipeline.run.requests import check_request

_Key = tuple[UserFunction | None, str]

NOT_ASYNCHRONOUS = "no asynchronous form: not a coroutine function"


def check_user_functions(plan: Plan, spawner: Spawner) -> Plan:
    """The plan, with the cases marked as unsupported whose interpreter or strategy can't do a function.

    Raises:
        ConfigError: a function can't be imported, or gives no items, under any of its interpreters.
    """
    answers: dict[_Key, dict[str, Any]] = {}
    for case in plan.supported:
        if case.user is not None and _key(case) not in answers:
            answers[_key(case)] = spawner.carry_out(check_request(plan, case))
    usable = {user for (user, _), answer in answers.items() if answer["status"] == "ok"}
    choices = {choice.user: choice for grid in plan.config.grids for choice in grid.workloads}
    mistakes = [
        Mistake(choices[user].place, f"{choices[user].use} can't be used under {interpreter}: {answer['error']}")
        for (user, interpreter), answer in answers.items()
        if user not in usable
    ]
    if mistakes:
        raise ConfigError(mistakes)
    reasons = {case.case_id: _why_unsupported(case, answers.get(_key(case))) for case in plan.cases}
    return plan.with_unsupported(reasons)


def _key(case: Case) -> _Key:
    return case.user, case.interpreter


def _why_unsupported(case: Case, answer: dict[str, Any] | None) -> str | None:
    if case.unsupported or case.user is None or answer is None:
        return case.unsupported
    if answer["status"] != "ok":
        return str(answer["error"])
    if strategies()[case.strategy].asynchronous and not answer["facts"]["asynchronous"]:
        return NOT_ASYNCHRONOUS
    return None
