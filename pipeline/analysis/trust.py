"""Whether a run's numbers can be trusted, and what to keep in mind while reading them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from pipeline.analysis.checksums import NOT_DETERMINISTIC
from pipeline.analysis.invocation_times import CONTAMINATED, TIMING
from pipeline.analysis.oracles.grid import listed
from pipeline.analysis.oracles.outcome import FAILED, NOT_RUN, PASSED, UNDECIDED
from pipeline.run.ledger import DECIDED

STEAL_SHARE = 0.01
THROTTLED_SHARE = 0.10
CONTAMINATED_SHARE = 0.50
UNSTABLE_SHARE = 0.25
FEW_BLOCKS = 6
COMPLETE = "complete"
LOOKED = "the run looked after every block; its intervals are wider, so that looking does no harm"


@dataclass(frozen=True)
class Trust:
    """A judgement about a whole run."""

    ok: bool
    """False if there is a reason to doubt the measuring itself."""
    reasons: tuple[str, ...]
    """Why not, each a sentence without its full stop; empty if `ok`."""
    notes: tuple[str, ...] = ()
    """What limits the conclusions without making them wrong, alike."""
    failed_oracles: tuple[str, ...] = ()
    """Names of the oracles that failed: then the verdicts of the run are invalid."""


def judge(run: Mapping[str, Any], invocations: pd.DataFrame, frames: Mapping[str, pd.DataFrame]) -> Trust:
    """Judges a run by its frames, named as the fields of `Summary`."""
    failed = frames["oracles"][frames["oracles"]["status"] == FAILED]
    disturbed, mostly = _contaminated(frames)
    reasons = [*_failed(failed), *_disturbed(invocations, frames), *filter(None, [disturbed if mostly else ""])]
    if frames["times"].empty:
        reasons.insert(0, "no invocation succeeded, so nothing was measured")
    notes = [
        *_oracles(frames["oracles"]),
        *filter(None, ["" if mostly else disturbed]),
        *_incomplete(run, frames),
        *_uncertain(frames),
        *([LOOKED] if ((run.get("config") or {}).get("measure") or {}).get("until") == DECIDED else []),
    ]
    return Trust(not reasons, tuple(reasons), tuple(notes), tuple(failed["name"]))


def _failed(oracles: pd.DataFrame) -> list[str]:
    """One reason per failed oracle."""
    return [
        f"the oracle {row['name']} failed: {row['expected']}, but the reading is {row['reading']} ({row['reason']})"
        for row in oracles.to_dict("records")
    ]


def _oracles(oracles: pd.DataFrame) -> list[str]:
    """What the oracles could not vouch for."""
    counts = oracles["status"].value_counts()
    found = []
    if UNDECIDED in counts:
        names = listed(list(oracles.loc[oracles["status"] == UNDECIDED, "name"]))
        found.append(f"{_count(int(counts[UNDECIDED]), 'oracle')} of {counts.sum()} could not be decided: {names}")
    if NOT_RUN in counts:
        names = listed(list(oracles.loc[oracles["status"] == NOT_RUN, "name"]))
        found.append(f"{_count(int(counts[NOT_RUN]), 'oracle')} of {counts.sum()} could not be run: {names}")
    if not counts.get(PASSED):
        found.append("no oracle was measured, so nothing vouches for the measuring")
    return found


def _disturbed(invocations: pd.DataFrame, frames: Mapping[str, pd.DataFrame]) -> list[str]:
    found = []
    noise = frames["noise"].set_index("disturbance")
    steal = float(noise["median"].get("steal", 0.0))
    if steal > STEAL_SHARE:
        found.append(f"other machines on the same host took {steal:.1%} of the CPU time (median)")
    if "throttled" in invocations.columns:
        held = int((pd.to_numeric(invocations["throttled"]).fillna(0) > 0).sum())
        if held > THROTTLED_SHARE * max(1, len(invocations)):
            found.append(f"the CPU quota held back {held} of {len(invocations)} invocations")
    return found


def _contaminated(frames: Mapping[str, pd.DataFrame]) -> tuple[str, bool]:
    """How many invocations others disturbed and whether that matters, and whether it was most of them."""
    rows = frames["statuses"]
    ran = rows[(rows["pass"] == TIMING) & (rows["status"] != "unsupported")]
    total, disturbed = int(ran["n"].sum()), int(ran.loc[ran["status"] == CONTAMINATED, "n"].sum())
    counting, changed = frames["times"]["contaminated"], frames["changed"]
    if not counting.any():
        fate = "all were repeated"
    elif counting.all():
        fate = "they count, since there are no others"
    elif len(changed):
        names = listed(list(changed["workload"].unique()))
        fate = f"{counting.sum()} still count, and without them the answer for {names} is another"
    else:
        fate = f"{counting.sum()} still count; the answers are the same without them"
    said = f"{disturbed} of {total} invocations were disturbed by other processes: {fate}" if disturbed else ""
    return said, counting.mean() > CONTAMINATED_SHARE if len(counting) else False


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
    stability = frames["stability"]
    unstable = int(stability["unstable"].sum())
    if unstable > UNSTABLE_SHARE * max(1, len(stability)):
        found.append(f"{unstable} of {len(stability)} cases vary by more than 10 % between invocations")
    dropped = int(frames["drifts"]["dropped"].sum())
    if dropped:
        found.append(f"{_count(dropped, 'block')} don't count, because the machine changed its speed meanwhile")
    checksums = frames["checksums"]
    varying = checksums.loc[checksums["results"] == NOT_DETERMINISTIC, "workload"].unique()
    found += [f"{name}: the results vary, so they can't be checked" for name in varying]
    return found


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
