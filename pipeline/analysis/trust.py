"""Whether a run's numbers can be trusted, and what to keep in mind while reading them."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from pipeline.analysis.checksums import DIFFERENT, NOT_DETERMINISTIC
from pipeline.analysis.invocation_times import TIMING

STEAL_SHARE = 0.01
THROTTLED_SHARE = 0.10
CONTAMINATED_SHARE = 0.20
UNSTABLE_SHARE = 0.25
FEW_BLOCKS = 6
SUPERLINEAR = 1.05
LISTED = 3
COMPLETE = "complete"


@dataclass(frozen=True)
class Trust:
    """A judgement about a whole run."""

    ok: bool
    """False if there is a reason to doubt the measuring itself."""
    reasons: tuple[str, ...]
    """Why not, each a sentence without its full stop; empty if `ok`."""
    notes: tuple[str, ...] = ()
    """What limits the conclusions without making them wrong, alike."""


def judge(run: Mapping[str, Any], invocations: pd.DataFrame, frames: Mapping[str, pd.DataFrame]) -> Trust:
    """Judges a run by its frames, named as the fields of `Summary`."""
    reasons = [*_wrong(frames), *_disturbed(invocations, frames)]
    if frames["times"].empty:
        reasons.insert(0, "no invocation succeeded, so nothing was measured")
    notes = [*_incomplete(run, frames), *_uncertain(frames)]
    return Trust(ok=not reasons, reasons=tuple(reasons), notes=tuple(notes))


def _wrong(frames: Mapping[str, pd.DataFrame]) -> list[str]:
    """Checks that can only fail if the measuring is broken."""
    found = [
        f"{_group(row)} with {row['name']} took {row['shortest_s']:.4g} s, "
        f"less than the {row['possible_s']:.4g} s that it must take"
        for row in frames["oracles"].to_dict("records")
    ]
    checksums = frames["checksums"]
    found += [
        f"{_group(row)}: the results of {_listed(row['differing'])} aren't those of serial"
        for row in checksums[checksums["results"] == DIFFERENT].to_dict("records")
    ]
    contradictions = frames["gil"].groupby("interpreter", sort=False)["name"].nunique()
    found += [
        f"{name} is a free-threaded build, but in {_count(count, 'case')} its workers ran with the GIL on"
        for name, count in contradictions.items()
    ]
    return found


def _disturbed(invocations: pd.DataFrame, frames: Mapping[str, pd.DataFrame]) -> list[str]:
    found = []
    noise = frames["noise"].set_index("disturbance")
    steal = float(noise["median"].get("steal", 0.0))
    if steal > STEAL_SHARE:
        found.append(f"other machines on the same host took {steal:.1%} of the CPU time (median)")
    rows = frames["statuses"]
    ran = rows[(rows["pass"] == TIMING) & (rows["status"] != "unsupported")]
    total = int(ran["n"].sum())
    contaminated = int(ran.loc[ran["status"] == "contaminated", "n"].sum())
    if contaminated > CONTAMINATED_SHARE * total:
        found.append(f"{contaminated} of {total} invocations were disturbed and had to be repeated")
    if "throttled" in invocations.columns:
        held = int((pd.to_numeric(invocations["throttled"]).fillna(0) > 0).sum())
        if held > THROTTLED_SHARE * max(1, len(invocations)):
            found.append(f"the CPU quota held back {held} of {len(invocations)} invocations")
    return found


def _incomplete(run: Mapping[str, Any], frames: Mapping[str, pd.DataFrame]) -> list[str]:
    found = []
    status = run.get("status")
    if status is not None and status != COMPLETE:
        found.append(f"the run did not come to its end ({status}): cases have fewer blocks than planned, or none")
    kinds = frames["not_measured"]["kind"].value_counts()
    found += [
        f"{_count(int(kinds[kind]), 'case')} {words}"
        for kind, words in (
            ("not run", "never came to run"),
            ("timeout", "took longer than allowed"),
            ("crashed", "crashed"),
            ("failed", "failed"),
        )
        if kind in kinds
    ]
    return found


def _uncertain(frames: Mapping[str, pd.DataFrame]) -> list[str]:
    found = []
    speedups = frames["speedups"]
    compared = speedups[(speedups["n"] > 0) & (speedups["case_id"] != speedups["baseline_id"])]
    fewest = int(compared["n"].min()) if len(compared) else FEW_BLOCKS
    if fewest < FEW_BLOCKS:
        found.append(f"some cases have only {_count(fewest, 'block')}: their intervals are wide")
    contradicting = int((~compared["agree"]).sum())
    if contradicting:
        found.append(f"the two kinds of interval contradict each other for {_count(contradicting, 'speed-up')}")
    superlinear = compared[compared["efficiency_low"] > SUPERLINEAR]
    if len(superlinear):
        names = f"{_count(superlinear['case_id'].nunique(), 'case')}"
        found.append(f"{names} got more than one CPU's worth out of each worker: the serial baseline is doubtful")
    stability = frames["stability"]
    unstable = int(stability["unstable"].sum())
    if unstable > UNSTABLE_SHARE * max(1, len(stability)):
        found.append(f"{unstable} of {len(stability)} cases vary by more than 10 % between invocations")
    checksums = frames["checksums"]
    varying = checksums.loc[checksums["results"] == NOT_DETERMINISTIC, "workload"].unique()
    found += [f"{name}: the results vary, so they can't be checked" for name in varying]
    return found


def _group(row: Mapping[Hashable, Any]) -> str:
    return " ".join(filter(None, (row["workload"], row["setting"], f"({row['interpreter']})")))


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:LISTED])
    return shown if len(names) <= LISTED else f"{shown} and {len(names) - LISTED} more"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
