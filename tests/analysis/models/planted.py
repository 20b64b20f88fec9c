"""Tables of a run whose costs are known, so that the truth about every break-even point can be worked out."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.analysis.cases import cases
from pipeline.analysis.costs import costs_of
from pipeline.analysis.speedups import speedups_of

CPUS = 4
RUN = {
    "machine": {"effective_cpus": CPUS, "facts": {"physical_cores": CPUS}},
    "interpreters": {"current": {"gil_enabled": True}, "free": {"gil_enabled": False}},
}


@dataclass
class Planted:
    """The frames that models are made of."""

    described: pd.DataFrame
    times: pd.DataFrame
    invocations: pd.DataFrame

    @property
    def speedups(self):
        return speedups_of(self.described, self.times, effective_cpus=CPUS)

    @property
    def costs(self):
        return costs_of(self.described, self.times, self.invocations)


def planted(entries, *, blocks=10, noise=0.02, seed=0):
    """From `(workload, parameters, strategy, workers, interpreter, startup_s, steady_s, shutdown_s)` of every case."""
    rng = np.random.default_rng(seed)
    plan, rows, runs = [], [], []
    for index, (workload, parameters, strategy, workers, interpreter, *seconds) in enumerate(entries):
        work = (workload, tuple(sorted(parameters.items())), interpreter)
        plan.append(
            {
                "case_id": f"c{index}",
                "work": work,
                "workload": workload,
                "parameters": parameters,
                "strategy": strategy,
                "options": {},
                "workers": workers,
                "interpreter": interpreter,
            }
        )
        for block in range(blocks):
            startup, steady, shutdown = np.array(seconds) * np.exp(noise * rng.standard_normal(3))
            invocation = len(rows)
            total = startup + steady + shutdown
            rows.append((invocation, f"c{index}", block, startup, steady, shutdown, total, steady))
            runs.append((invocation, f"c{index}", parameters["tasks"]))
    baselines = {case["work"]: case["case_id"] for case in plan if case["strategy"] == "serial"}
    for case in plan:
        case["baseline_id"] = baselines[case.pop("work")]
    columns = ["invocation", "case_id", "block", "startup_s", "steady_s", "shutdown_s", "one_shot_s", "cpu_steady_s"]
    times = pd.DataFrame(rows, columns=columns).assign(contaminated=False)
    invocations = pd.DataFrame(runs, columns=["invocation", "case_id", "n_tasks"])
    return Planted(cases(pd.DataFrame(), plan), times, invocations)
