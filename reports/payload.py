"""What it costs to hand data over: time per task by size of the payload."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure as Drawing

from reports import style
from reports.document import Figure, clean, plain, strong, words
from reports.drawing import blank, limits, log_axis, name_x
from reports.figures import BYTES, LABEL_SHARE, SECONDS
from reports.labels import name_lines
from reports.opened import RESIDENT, Report, csv_of, panel

WORKLOAD = "payload"
COLUMNS = ["kind", "label", "workers", "size", "task_s"]


def payloads(report: Report, interpreter: str) -> pd.DataFrame:
    """Time per task for each kind and size of payload: an arrangement of what the analysis found.

    Returns:
        `kind`, `label`, `strategy`, `workers`, `size` (bytes), `task_s`; empty if the run has no such cases.
    """
    rows = report.summary.speedups
    rows = rows[(rows["workload"] == WORKLOAD) & (rows["use"] == RESIDENT) & (rows["interpreter"] == interpreter)]
    cases = report.summary.cases
    if rows.empty or not {"param_kind", "param_size"} <= set(cases.columns):
        return pd.DataFrame(columns=[*COLUMNS, "strategy"])
    tasks = report.bundle.invocations.dropna(subset=["n_tasks"]).drop_duplicates("case_id").set_index("case_id")
    described = cases.set_index("case_id")
    found = pd.DataFrame(
        {
            "kind": rows["case_id"].map(described["param_kind"]),
            "label": rows["label"],
            "strategy": rows["strategy"],
            "workers": rows["workers"],
            "size": pd.to_numeric(rows["case_id"].map(described["param_size"])).astype("float64"),
            "task_s": rows["time_s"] / rows["case_id"].map(tasks["n_tasks"]).astype("float64"),
        }
    )
    return found[(found["size"] > 0) & (found["task_s"] > 0)].reset_index(drop=True)


def figure(report: Report, interpreter: str) -> Figure | None:
    """Time per task over payload, a panel per kind of data; None if the run has fewer than two sizes."""
    rows = payloads(report, interpreter)
    if rows["size"].nunique() < 2:
        return None
    panels = []
    for kind, group in rows.groupby("kind", sort=False):
        last = group[group["size"] == group["size"].max()].sort_values("task_s")
        told = "; ".join(f"{row['label']} {SECONDS.write(row['task_s'])}" for row in last.to_dict("records"))
        size = BYTES.write(group["size"].max())
        heading = f"Per task with {clean(kind, 24)}"
        panels.append(panel(by_payload(group, title=heading), f"{heading}, {size} each: {told}"))
    worst = rows.sort_values("task_s").iloc[-1].to_dict()
    caption = words(
        "Longest takes ", plain(f"{worst['label']} × {worst['workers']}"), " with ", strong(BYTES.write(worst["size"])),
        f" of {clean(worst['kind'], 24)}: ", strong(SECONDS.write(worst["task_s"])),
        " per task. What a task costs that only carries data there and back, by size of the data, without start-up.",
    )  # fmt: skip
    return Figure(report.anchor("payload", interpreter), caption, tuple(panels), csv_of(rows, COLUMNS))


def by_payload(rows: pd.DataFrame, *, title: str) -> Drawing:
    """Time per task over payload size, a line per strategy and number of workers.

    Args:
        rows: of one kind of data, as `payloads` returns them.
        title: heading of the panel.
    """
    # The names stand at the ends of the lines, where `name_lines` looks for numbers of workers.
    several = rows.groupby("label")["workers"].transform("nunique") > 1
    numbered = rows["label"] + " × " + rows["workers"].astype("str")
    named = rows.assign(label=rows["label"].where(~several, numbered), workers=rows["size"])
    drawn, axes = blank(title, left=0.58)
    log_axis(axes.xaxis, *limits(rows["size"].tolist(), padding=0.04), BYTES, most=3)
    log_axis(axes.yaxis, *limits(rows["task_s"].tolist(), least=4.0), SECONDS)
    for _, line in named.groupby("label", sort=False):
        ordered, look = line.sort_values("size"), style.look(str(line["strategy"].iloc[0]))
        axes.plot(
            ordered["size"], ordered["task_s"], look.marker, linestyle="-", color=look.colour, markersize=3.6,
            markeredgewidth=0, linewidth=1.2,
        )  # fmt: skip
    place = axes.get_position()
    axes.set_position((place.x0, place.y0, place.width - LABEL_SHARE + 0.04, place.height))
    name_x(axes, "payload")
    name_lines(axes, named, "task_s")
    return drawn
