"""How to write it: a script that runs the user's function over their items in the recommended way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Options = Mapping[str, Any]


@dataclass(frozen=True)
class Call:
    """The user's function and its items, as a script beside their file calls them."""

    imports: tuple[str, ...]
    """Import statements."""
    function: str
    items: str
    """An expression."""
    asynchronous: bool = False
    setup: str | None = None

    @classmethod
    def of(cls, question: Mapping[str, Any], told: Mapping[str, Any]) -> Call:
        """From what `run.json` says about the question, and what the trial told."""
        names: dict[str, set[str]] = {}
        for target in filter(None, (question["use"], question["items"], question["setup"])):
            file, _, name = target.rpartition(":")
            names.setdefault(Path(file).stem, set()).add(name.partition(".")[0])
        imports = tuple(f"from {module} import {', '.join(sorted(wanted))}" for module, wanted in sorted(names.items()))
        items = question["items"].rpartition(":")[2] + ("()" if told["source_is_called"] else "")
        setup = question["setup"].rpartition(":")[2] if question["setup"] else None
        return cls(imports, question["use"].rpartition(":")[2], items, bool(told["asynchronous"]), setup)


@dataclass(frozen=True)
class Body:
    """What differs between strategies."""

    imports: tuple[str, ...]
    lines: tuple[str, ...]
    """Of the function `main`."""
    is_coroutine: bool = False
    before: tuple[str, ...] = field(default=())
    """Lines at module level."""


def snippet(call: Call, strategy: str, workers: int, options: Options) -> str | None:
    """A whole script, to be saved beside the user's file; None for a strategy that nobody has written one for.

    Every start method can run it: what it does stands under the `__main__` guard.
    """
    make = BODIES.get(strategy)
    if make is None:
        return None
    function = call.function
    wraps = call.asynchronous and strategy not in ASYNCHRONOUS
    body = make("call" if wraps else function, call.items, workers, options)
    imports = [*body.imports, *(["import asyncio"] if body.is_coroutine or wraps else [])]
    plain = sorted({line for line in imports if line.startswith("import ")})
    named = sorted({line for line in imports if not line.startswith("import ")})
    wrapper = ["", "", "def call(item):", f"    return asyncio.run({function}(item))"] if wraps else []
    setup = [f"    {call.setup}()"] if call.setup else []
    head = f"{'async ' if body.is_coroutine else ''}def main():"
    run = "asyncio.run(main())" if body.is_coroutine else "main()"
    lines = [
        *plain,
        *named,
        *([""] if plain or named else []),
        *call.imports,
        *body.before,
        *wrapper,
        "",
        "",
        head,
        *setup,
        *(f"    {line}" if line else "" for line in body.lines),
        "",
        "",
        'if __name__ == "__main__":',
        f"    results = {run}",
        '    print(len(results), "results")',
    ]
    return "\n".join(lines) + "\n"


def _serial(function: str, items: str, workers: int, options: Options) -> Body:
    del workers, options
    return Body((), (f"return [{function}(item) for item in {items}]",))


def _threads(function: str, items: str, workers: int, options: Options) -> Body:
    del options
    return Body(
        ("from concurrent.futures import ThreadPoolExecutor",),
        (f"with ThreadPoolExecutor({workers}) as pool:", f"    return list(pool.map({function}, {items}))"),
    )


def _context(function: str, options: Options) -> tuple[str, ...]:
    method = options.get("start_method")
    lines = [f'context = get_context("{method}")' if method else "context = get_context()"]
    if options.get("preload") == "function":
        lines.append(f"context.set_forkserver_preload([{function}.__module__])")
    return tuple(lines)


def _processes(function: str, items: str, workers: int, options: Options) -> Body:
    chunk = options.get("chunk_size") or 1
    lines = (
        *_context(function, options),
        f"with ProcessPoolExecutor({workers}, mp_context=context) as pool:",
        f"    return list(pool.map({function}, {items}, chunksize={chunk}))",
    )
    return Body(
        ("from concurrent.futures import ProcessPoolExecutor", "from multiprocessing import get_context"), lines
    )


def _mp_pool(function: str, items: str, workers: int, options: Options) -> Body:
    chunk = options.get("chunk_size") or 1
    lines = (
        *_context(function, options),
        f"with context.Pool({workers}) as pool:",
        f"    return pool.map({function}, {items}, chunksize={chunk})",
    )
    return Body(("from multiprocessing import get_context",), lines)


def _asyncio(function: str, items: str, workers: int, options: Options) -> Body:
    del options
    lines = (
        f"permits = asyncio.Semaphore({workers})",
        "",
        "async def run_one(item):",
        "    async with permits:",
        f"        return await {function}(item)",
        "",
        f"return await asyncio.gather(*map(run_one, {items}))",
    )
    return Body((), lines, is_coroutine=True)


def _asyncio_threads(function: str, items: str, workers: int, options: Options) -> Body:
    del options
    lines = (
        f"asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor({workers}))",
        f"return await asyncio.gather(*(asyncio.to_thread({function}, item) for item in {items}))",
    )
    return Body(("from concurrent.futures import ThreadPoolExecutor",), lines, is_coroutine=True)


def _subinterpreters(function: str, items: str, workers: int, options: Options) -> Body:
    del options
    lines = (
        f"with InterpreterPoolExecutor({workers}) as pool:",
        f"    return list(pool.map({function}, {items}))",
    )
    return Body(("from concurrent.futures import InterpreterPoolExecutor",), lines)


def _joblib(function: str, items: str, workers: int, options: Options) -> Body:
    backend = options.get("backend") or "loky"
    size = options.get("batch_size") or "auto"
    batch = "" if size == "auto" else f", batch_size={int(size)}"
    call = f"Parallel(n_jobs={workers}, backend={backend!r}{batch})"
    lines = (f"return {call}(delayed({function})(item) for item in {items})",)
    return Body(("from joblib import Parallel, delayed",), lines)


def _loky(function: str, items: str, workers: int, options: Options) -> Body:
    chunk = options.get("chunk_size") or 1
    lines = (
        f"with get_reusable_executor(max_workers={workers}) as pool:",
        f"    return list(pool.map({function}, {items}, chunksize={chunk}))",
    )
    return Body(("from loky import get_reusable_executor",), lines)


def _dask(function: str, items: str, workers: int, options: Options) -> Body:
    scheduler = options.get("scheduler") or "distributed"
    if scheduler in ("threads", "processes"):
        lines = [
            f"tasks = [dask.delayed({function})(item) for item in {items}]",
            f'return list(dask.compute(*tasks, scheduler="{scheduler}", num_workers={workers}))',
        ]
        return Body(("import dask",), tuple(lines))
    lines = [
        f"with LocalCluster(n_workers={workers}, threads_per_worker=1) as cluster, Client(cluster) as client:",
        "    # pure=False: equal items are different tasks.",
        f"    return client.gather(client.map({function}, {items}, pure=False))",
    ]
    return Body(("from dask.distributed import Client, LocalCluster",), tuple(lines))


def _ray(function: str, items: str, workers: int, options: Options) -> Body:
    del options
    lines = (
        f"ray.init(num_cpus={workers})",
        f"task = ray.remote({function})",
        f"return ray.get([task.remote(item) for item in {items}])",
    )
    return Body(("import ray",), lines)


BODIES: dict[str, Callable[[str, str, int, Options], Body]] = {
    "serial": _serial,
    "threads": _threads,
    "processes": _processes,
    "mp_pool": _mp_pool,
    "asyncio": _asyncio,
    "asyncio_threads": _asyncio_threads,
    "subinterpreters": _subinterpreters,
    "joblib": _joblib,
    "loky": _loky,
    "dask": _dask,
    "ray": _ray,
}
ASYNCHRONOUS = ("asyncio",)
"""Strategies whose tasks are coroutines."""
