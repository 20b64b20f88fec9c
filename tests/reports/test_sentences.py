"""Sentences claim what their row holds, and nothing else."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd
import pytest

from pipeline.analysis.summary import summarise
from pipeline.analysis.trust import Trust
from reports import numbers, sentences
from reports.document import text_of
from tests.support.synthetic import synthetic_bundle

NAN = float("nan")
SERIAL_CASE = {"strategy": "serial", "start_method": None, "label": "serial", "name": "serial", "workers": 1}
POOL = {
    "strategy": "processes",
    "start_method": "fork",
    "label": "processes (fork)",
    "name": "processes (fork) × 2",
    "workers": 2,
}


def row(outcome: str, case: dict[str, Any], use: str = "resident", **changed: Any) -> dict[str, Any]:
    found = {
        "workload": "int_loop",
        "setting": "",
        "baseline_id": "b",
        "interpreter": "current",
        "use": use,
        "outcome": outcome,
        "reason": None,
        **case,
        "speedup": 1.84,
        "low": 1.79,
        "high": 1.90,
        "n": 10,
        "mde": 0.041,
        "agree": True,
        "pays": outcome == "winner",
        "tied": (),
        "runner_up": "threads × 2",
        "runner_up_speedup": 0.98,
        "runner_up_low": 0.95,
        "runner_up_high": 1.01,
    }
    found |= {f"recommended_{name}": found[name] for name in (*case, "speedup", "low", "high")}
    return found | changed


def said(*rows: dict[str, Any]) -> str:
    (item,) = sentences.answers(pd.DataFrame(rows))
    return text_of(item.words).replace("\u00a0", " ")


def test_winner_is_told_with_workers_ratio_and_interval() -> None:
    assert said(row("winner", POOL)) == "For int_loop use processes (fork) × 2: 1.84 times as fast (1.79 to 1.90)."


def test_setting_and_equals_and_doubt_are_told() -> None:
    text = said(row("winner", POOL, setting="10 ms", tied=("threads × 4", "asyncio × 1"), agree=False, pays=False))
    assert text.startswith("For int_loop (10 ms) use")
    assert "; threads × 4 and asyncio × 1 can't be told apart;" in text
    assert "; the gain may be too small to pay." in text
    assert "contradict each other" in text


def test_cheaper_equal_is_recommended_and_the_best_is_named() -> None:
    changed = {"recommended_name": "threads × 2", "recommended_label": "threads", "recommended_strategy": "threads"}
    assert said(row("winner", POOL, tied=("threads × 2",), **changed)) == (
        "For int_loop use threads × 2: 1.84 times as fast (1.79 to 1.90); "
        "processes (fork) × 2 looks fastest but can't be told apart."
    )
    more = said(row("winner", POOL, tied=("asyncio × 1", "threads × 2", "a", "b"), **changed))
    assert more.endswith("can't be told apart, nor can asyncio × 1, a or 1 more.")


def test_no_difference_names_the_smallest_that_would_show() -> None:
    text = said(row("no reliable difference", POOL, speedup=1.02, low=0.99, high=1.05))
    assert text == (
        "For int_loop no reliable difference: processes (fork) × 2 is 1.02 times as fast (0.99 to 1.05); "
        "a difference of 4.1 % would probably have shown."
    )


def test_no_difference_with_serial_ahead_speaks_of_the_runner_up() -> None:
    text = said(row("no reliable difference", SERIAL_CASE, speedup=1.0, low=NAN, high=NAN))
    assert "threads × 2 is 0.98 times as fast (0.95 to 1.01)" in text


def test_gain_below_the_margin_gives_the_reason() -> None:
    text = said(row("no reliable difference", POOL, reason="x is faster by less than the 5 % that would pay"))
    assert text == "For int_loop no difference that pays: x is faster by less than the 5 % that would pay."


def test_serial_is_told_with_how_much_worse_the_best_other_is() -> None:
    slow = {"runner_up_speedup": 0.005, "runner_up_low": 0.004, "runner_up_high": 0.00625}
    text = said(row("serial", SERIAL_CASE, speedup=1.0, low=NAN, high=NAN, **slow))
    assert text == "For int_loop stay serial: threads × 2 takes 200 times as long (160 to 250)."


def test_kinds_of_work_without_an_answer_share_a_sentence_and_its_reason() -> None:
    reason = "serial has no result in 2 blocks"
    silent = [
        row("not measured", SERIAL_CASE, speedup=NAN, reason=reason) | {"workload": name, "baseline_id": name}
        for name in "abc"
    ]
    assert said(silent[0]) == "For a no verdict: serial has no result in 2 blocks."
    assert said(*silent) == "For a, b and c no verdict: serial has no result in 2 blocks."


@pytest.mark.parametrize(
    ("one_shot", "expected"),
    [
        (row("winner", POOL, "one_shot"), " Single batch: still 1.84 times as fast (1.79 to 1.90)."),
        (row("serial", SERIAL_CASE, "one_shot"), " Single batch: stay serial."),
        (row("no reliable difference", POOL, "one_shot"), " Single batch: no reliable difference."),
        (row("no worthwhile difference", POOL, "one_shot", reason="x"), " Single batch: too small a gain to pay."),
        (row("not measured", SERIAL_CASE, "one_shot"), ""),
    ],
)
def test_single_batch_is_told_apart(one_shot: dict[str, Any], expected: str) -> None:
    alone = said(row("winner", POOL))
    assert said(row("winner", POOL), one_shot) == alone + expected


def test_every_number_of_a_sentence_is_in_its_row() -> None:
    winners = summarise(synthetic_bundle(blocks=5, workers=(1, 2), interpreters=("current",))).winners
    for item in sentences.answers(winners):
        text = text_of(item.words)
        names = {span.text for span in item.words if span.style == "code"}
        rows = winners[winners["workload"].isin(names)]
        values = pd.concat([rows[c] for c in rows.columns if c.endswith(("speedup", "low", "high"))]).dropna()
        known = {numbers.ratio(v) for v in values} | {numbers.ratio(1 / v) for v in values}
        claimed = [span.text.removesuffix(" times") for span in item.words if span.text.endswith(" times")]
        ends = re.findall(r"\(([\d.]+) to ([\d.]+)\)", text)
        assert claimed
        assert {*claimed, *(end for pair in ends for end in pair)} <= known, text
        winning = set(rows.loc[rows["outcome"] == "winner", "use"])
        assert (" use " in text) == ("resident" in winning), text


def test_trust_lists_every_reason() -> None:
    outcomes = pd.DataFrame({"status": ["passed", "passed", "undecided", "not run"]})
    reasons = ("steal took 9 %", "sleep was too short")
    bad = sentences.trust(Trust(ok=False, reasons=reasons, notes=("few blocks",)), outcomes)
    assert bad.tone == "warning"
    assert "doubt: steal took 9 %; sleep was too short. Besides: few blocks." in text_of(bad.words)
    good = sentences.trust(Trust(ok=True, reasons=()), outcomes)
    assert good.tone == "good"
    assert "can be trusted. 2 of 3 cases whose answer is known came out right" in text_of(good.words)
    invalid = sentences.trust(Trust(ok=False, reasons=("the oracle lock failed",), failed_oracles=("lock",)), outcomes)
    assert text_of(invalid.words).startswith("The verdicts of this run are invalid: the oracle lock failed.")


def test_without_a_verdict_a_failed_oracle_is_the_reason() -> None:
    text = said(row("invalid", POOL, reason="the measuring itself was found wrong (lock)"))
    assert text == "For int_loop no verdict: the measuring itself was found wrong (lock)."


def test_numbers_keep_three_digits_and_their_unit() -> None:
    assert [numbers.seconds(v).replace("\u00a0", " ") for v in (0.00184, 0.9999, 59.99, 240, 2e-7, 0, NAN)] == [
        "1.84 ms",
        "1.00 s",
        "1.00 min",
        "4.00 min",
        "200 ns",
        "0 s",
        "–",
    ]
    assert [numbers.size(v).replace("\u00a0", " ") for v in (1536, 12.34 * 1024**2, -2048, 5)] == [
        "1.50 KiB",
        "12.3 MiB",
        "−2.00 KiB",
        "5 B",
    ]
    assert [numbers.ratio(v) for v in (1.844, 9.999, 16.04, 0.5, 0.0123, NAN)] == [
        "1.84",
        "10.0",
        "16.0",
        "0.50",
        "0.012",
        "–",
    ]
    assert [numbers.trimmed(text) for text in ("10.0 ms", "1.50 s", "100 s", "0.10 %")] == [
        "10 ms",
        "1.5 s",
        "100 s",
        "0.1 %",
    ]
