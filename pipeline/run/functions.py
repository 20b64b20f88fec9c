"""Checks the user's own functions before anything is measured, in a process of the interpreter that will run them."""

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
Answers = dict[_Key, dict[str, Any]]
"""What the check said, by function and interpreter."""

NOT_ASYNCHRONOUS = "no asynchronous form: not a coroutine function"
NOT_PICKLABLE = "not picklable: {why}"


def check_user_functions(plan: Plan, spawner: Spawner) -> Plan:
    """The plan, with the cases marked as unsupported whose interpreter or strategy can't do a function.

    Each function is imported, none is called.

    Raises:
        ConfigError: a function can't be imported, or gives no items, under any of its interpreters.
    """
    answers = ask(plan, spawner)
    usable = {user for (user, _), answer in answers.items() if answer["status"] == "ok"}
    choices = {choice.user: choice for grid in plan.config.grids for choice in grid.workloads}
    mistakes = [
        Mistake(choices[user].place, f"{choices[user].use} can't be used under {interpreter}: {answer['error']}")
        for (user, interpreter), answer in answers.items()
        if user not in usable
    ]
    if mistakes:
        raise ConfigError(mistakes)
    return marked(plan, answers)


def ask(plan: Plan, spawner: Spawner, *, trial_s: float = 0.0) -> Answers:
    """What a look at each of the plan's functions shows, under each of its interpreters; `trial_s` adds a trial."""
    answers: Answers = {}
    for case in plan.supported:
        if case.user is not None and _key(case) not in answers:
            answers[_key(case)] = spawner.carry_out(check_request(plan, case, trial_s))
    return answers


def marked(plan: Plan, answers: Answers) -> Plan:
    """The plan, with the reasons why cases can't be run that the answers hold."""
    reasons = {case.case_id: _why_unsupported(case, answers.get(_key(case))) for case in plan.cases}
    return plan.with_unsupported(reasons)


def _key(case: Case) -> _Key:
    return case.user, case.interpreter


def _why_unsupported(case: Case, answer: dict[str, Any] | None) -> str | None:
    if case.unsupported or case.user is None or answer is None:
        return case.unsupported
    if answer["status"] != "ok":
        return str(answer["error"])
    facts, strategy = answer["facts"], strategies()[case.strategy]
    if strategy.asynchronous and not facts["asynchronous"]:
        return NOT_ASYNCHRONOUS
    stays = facts.get("stays") or facts.get("results_stay")
    if strategy.pickles == "pickle" and stays:
        return NOT_PICKLABLE.format(why=stays)
    return None
