"""What a pool costs, as the report tells it: slopes where there are any, else shares that say so."""

from __future__ import annotations

import math

import pandas as pd

from reports.pools import per_worker, pools
from reports.sentences import worker_memory
from reports.tables import pools as pools_table

MIB = float(1 << 20)
FIXED = 10 * MIB
PER_WORKER = {"threads": 0.5 * MIB, "processes (spawn)": 12 * MIB}


def a_cost(label: str, workers: int) -> dict[str, object]:
    name, _, method = label.partition(" (")
    return {
        "case_id": f"{label} {workers}",
        "label": label,
        "strategy": name,
        "start_method": method.strip(")") or None,
        "workers": workers,
        "startup_s": 0.01 * workers,
        "shutdown_s": 0.001,
        "dispatch_s": math.nan,
    }


def frames(counts: dict[str, list[int]]) -> pd.DataFrame:
    """The pools of so many workers by label; a slope for those with at least two numbers of workers."""
    costs = pd.DataFrame([a_cost(label, workers) for label, found in counts.items() for workers in found])
    shares = [PER_WORKER[row["label"]] + FIXED / row["workers"] for row in costs.to_dict("records")]
    memory = pd.DataFrame({"case_id": costs["case_id"], "worker_bytes": shares})
    slopes = pd.DataFrame(
        [
            {
                "label": label,
                "n": 3 * len(found),
                "worker_bytes": PER_WORKER[label] if len(found) > 1 else math.nan,
                "worker_low": 0.9 * PER_WORKER[label] if len(found) > 1 else math.nan,
                "worker_high": 1.1 * PER_WORKER[label] if len(found) > 1 else math.nan,
            }
            for label, found in counts.items()
        ]
    )
    return pools(costs, memory, slopes)


def text(words: tuple) -> str:
    """What is said, with plain spaces."""
    return "".join(span.text for span in words).replace("\u00a0", " ")


def test_the_slope_stands_beside_what_the_pool_adds() -> None:
    found = frames({"threads": [1, 4], "processes (spawn)": [1, 4]}).set_index(["label", "workers"])
    spawned = found.loc["processes (spawn)"]
    assert spawned["pool_bytes"].tolist() == [22 * MIB, 58 * MIB]
    assert spawned["share_bytes"].tolist() == [22 * MIB, 14.5 * MIB]
    assert spawned["worker_bytes"].tolist() == [12 * MIB, 12 * MIB]


def test_the_method_with_more_invocations_is_told() -> None:
    costs = pd.DataFrame([a_cost("threads", 1), a_cost("threads", 2)])
    memory = pd.DataFrame({"case_id": costs["case_id"], "worker_bytes": [MIB, MIB]})
    slopes = pd.DataFrame(
        {
            "label": "threads",
            "n": [2, 6],
            "worker_bytes": [1.0, 2.0],
            "worker_low": [0.0, 1.0],
            "worker_high": [2.0, 3.0],
        }
    )
    assert pools(costs, memory, slopes)["worker_bytes"].tolist() == [2.0, 2.0]


def test_the_sentence_tells_slopes_with_their_intervals() -> None:
    said = text(worker_memory(frames({"threads": [1, 4], "processes (spawn)": [1, 4]})))
    assert "threads (512 KiB, 461 KiB to 563 KiB)" in said
    assert "processes (spawn) (12.0 MiB, 10.8 MiB to 13.2 MiB)" in said
    assert "share" not in said


def test_the_sentence_says_where_it_includes_what_the_pool_needs_once() -> None:
    said = text(worker_memory(frames({"threads": [2], "processes (spawn)": [1, 4]})))
    assert "threads × 2 (5.50 MiB)" in said
    assert "it includes a share of what the pool needs once" in said


def test_one_kind_of_pool_is_not_compared() -> None:
    assert worker_memory(frames({"threads": [1, 4]})) == ()


def test_shares_of_every_number_of_workers_and_one_slope_a_pool() -> None:
    mixed = frames({"threads": [2], "processes (spawn)": [1, 4]})
    found = per_worker(mixed)
    assert found["name"].tolist() == ["threads × 2", "processes (spawn)"]
    assert found["slope"].tolist() == [False, True]
    assert found["bytes"].tolist() == [5.5 * MIB, 12 * MIB]


def test_the_table_says_which_it_is() -> None:
    table = pools_table(frames({"threads": [2], "processes (spawn)": [1, 4]}), name="pools")
    titles = [column.title for column in table.columns]
    assert titles[-2:] == ["Memory", "Per extra worker"]
    last = [(row[0].text, row[-1].text, row[-1].note) for row in table.rows]
    assert last == [
        ("threads", "5.50\u00a0MiB", "share"),
        ("processes (spawn)", "12.0\u00a0MiB", "10.8\u00a0MiB to 13.2\u00a0MiB"),
        ("processes (spawn)", "12.0\u00a0MiB", "10.8\u00a0MiB to 13.2\u00a0MiB"),
    ]
    assert "share" in text(table.note)


def test_without_memory_the_table_says_nothing_of_it() -> None:
    found = frames({"threads": [1, 4]})
    memory = [name for name in found.columns if "bytes" in name or name.startswith("worker_")]
    table = pools_table(found.assign(**dict.fromkeys(memory, math.nan)), name="pools")
    assert [column.title for column in table.columns][-1] == "Shutdown"
    assert table.note == ()


def test_less_than_a_page_is_not_told_in_bytes() -> None:
    from reports.document import text_of
    from reports.sentences import _memory

    row = {"bytes": -140.0, "low": -217.8, "high": -35.0}
    assert text_of(_memory(row)) == "less than a page"
    assert "MiB" in text_of(_memory({"bytes": 5e6, "low": 4e6, "high": 6e6}))
