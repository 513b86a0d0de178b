"""The goals of rt, as ratios to the floor and to its peers, and what one run has measured."""
from typing import NamedTuple, Optional

from . import rounds

PEERS = ("floor", "crun", "runc")


class Goal(NamedTuple):
    label: str
    flavour: str
    operation: str
    field: str
    limits: tuple  # of the ratio to PEERS; None: no goal


class Ratio(NamedTuple):
    limit: float
    measured: Optional[rounds.Spread]


GOALS = (
    Goal("`run` /bin/true, default spec", "default", "run", "cpu", (1.3, 0.45, 0.13)),
    Goal("`run`, user namespace", "userns", "run", "cpu", (1.15, 0.40, 0.11)),
    Goal("`run`, user namespace, 8 ranges", "userns-8", "run", "cpu", (1.15, 0.40, 0.11)),
    Goal("`run`, an engine's seccomp profile", "seccomp", "run", "cpu", (1.3, 0.45, 0.08)),
    Goal("`run`, 100 bind mounts", "binds", "run", "cpu", (1.4, 0.5, 0.12)),
    Goal("create + start + wait + delete", "default", "life", "cpu", (1.35, 0.38, 0.14)),
    Goal("`exec` /bin/true", "default", "exec", "cpu", (1.3, 0.30, 0.08)),
    Goal("`state`", "default", "state", "cpu", (1.3, 0.20, 0.10)),
    Goal("`kill`", "default", "kill", "cpu", (1.3, 0.20, 0.10)),
    Goal("`start`", "default", "start", "cpu", (1.3, 0.20, 0.10)),
    Goal("`delete`", "default", "delete", "cpu", (1.3, 0.20, 0.10)),
    Goal("`list`, many containers", "default", "list", "cpu", (None, 0.35, 0.05)),
    Goal("many started at once, CPU each", "default", "at once", "cpu", (1.3, 0.45, 0.13)),
    Goal("peak memory of `run`", "default", "run", "memory", (None, 0.6, 0.2)),
    Goal("memory of a created container's init", "default", "init memory", "memory", (None, 0.5, 0.1)),
)


def compare(samples, subject="rt"):
    """samples[flavour][operation][name]; for each goal that was measured: (goal, {peer: Ratio})."""
    for goal in GOALS:
        by_name = samples.get(goal.flavour, {}).get(goal.operation, {})
        if subject not in by_name:
            continue
        cells = {}
        for peer, limit in zip(PEERS, goal.limits):
            if limit is not None:
                measured = rounds.ratios(by_name[subject], by_name.get(peer, []), goal.field)
                cells[peer] = Ratio(limit, rounds.spread(measured))
        yield goal, cells
