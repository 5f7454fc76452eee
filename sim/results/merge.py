"""Merging the shards of one run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from sim.lowering.program import CHUNK
from sim.results.figures import TALLIED_BY_LINE, LineTallies
from sim.results.provenance import calendar_differences, merged, sessions_of
from sim.results.result import Result
from sim.results.sketch import Sketch


def merge(results: Iterable[Result]) -> Result:
    """Merge the shards of one run: the result is the same as if all paths had been simulated at once.

    Parameters
    ----------
    results : iterable of Result
        Shards in any order, with the same case, sessions, seed and sampling options and with ranges of paths that
        follow one another without gap or overlap. Either all or none keep their paths.

    Returns
    -------
    Result

    Raises
    ------
    ValueError
        In one line, for any other shards.
    """
    shards = sorted(results, key=lambda shard: shard.run.first_path)
    if not shards:
        raise ValueError("merge needs at least one result")
    first, tallies = shards[0], [shard.tallies for shard in shards]
    expected = first.run.first_path
    for shard in shards:
        for what, mine, theirs in zip(_SAME, _same(first), _same(shard), strict=True):
            if mine != theirs:
                named = calendar_differences(first.manifest, shard.manifest) if what == "sessions" else ()
                raise ValueError(f"shards must be of one run: {'; '.join(named) or f'{what} {mine} and {theirs}'}")
        here = shard.run.first_path
        if here % CHUNK:
            raise ValueError(f"a shard starts at path {here}: must be a multiple of {CHUNK}")
        if here != expected:
            problem = "in two shards" if here < expected else "in no shard"
            raise ValueError(f"paths {min(here, expected)} to {max(here, expected) - 1} are {problem}")
        expected = here + shard.paths
    columns: dict[str, np.ndarray] | None = None
    sketch: Sketch | None = None
    if first.sketch is None:
        parts = [shard.paths_or_sketch() for shard in shards]
        columns = {name: np.concatenate([part[name] for part in parts], axis=-1) for name in parts[0]}
    else:
        sketch = Sketch(first.case, first.run.groups)
        for shard in shards:
            assert shard.sketch is not None
            sketch.merge(shard.sketch)
    whole = replace(
        first.tallies,
        binding=np.sum([each.binding for each in tallies], axis=0),
        cut_by_chunk=np.concatenate([each.cut_by_chunk for each in tallies]),
        unraised_by_chunk=np.concatenate([each.unraised_by_chunk for each in tallies]),
    )
    of_lines = [shard.line_tallies for shard in shards if shard.line_tallies is not None]
    lines = None
    if of_lines:
        lines = LineTallies(
            np.sum([each.binding for each in of_lines], axis=0),
            of_lines[0].purchase_dates,
            *(
                np.concatenate([getattr(each, name) for each in of_lines])
                for name in TALLIED_BY_LINE
                if name.endswith("_by_chunk")
            ),
        )
    return Result(
        first.case, sum(shard.paths for shard in shards), first.seed, first.sampler, whole, columns, sketch,
        antithetic=first.run.antithetic, first_path=first.run.first_path,
        elapsed_s=sum(shard.run.elapsed_s for shard in shards), workers=max(shard.run.workers for shard in shards),
        written=merged([shard.manifest for shard in shards]), line_tallies=lines,
    )  # fmt: skip


#: What shards of one run have in common.
_SAME = (
    "case", "version", "sessions", "seed", "sampler", "antithetic", "keep_paths", "reasons", "purchase dates",
    "measures",
)  # fmt: skip


def _same(shard: Result) -> tuple[object, ...]:
    run = shard.run
    return (
        f"{shard.case.title!r} ({shard.case.sha256[:8]})", run.manifest["versions"]["fundrisk"],
        sessions_of(run.manifest), run.seed, run.sampler, run.antithetic, shard.sketch is None, shard.tallies.reasons,
        shard.tallies.purchase_dates.tolist(), "all" if shard.has_further else "those of an earlier version",
    )  # fmt: skip
