"""Paired rounds: in each, every contestant runs once, each time in another order; ratios are taken within a round.

What disturbs a busy machine disturbs the contestants of one round alike, so the median of the ratios holds still where
the times do not.
"""
import statistics
from typing import NamedTuple


class Spread(NamedTuple):
    low: float  # quartiles
    median: float
    high: float


def spread(values):
    """Of the values: None when there are none."""
    if not values:
        return None
    if len(values) == 1:
        return Spread(values[0], values[0], values[0])
    low, median, high = statistics.quantiles(values, n=4, method="inclusive")
    return Spread(low, median, high)


def paired(contestants, rounds, measure):
    """measure(contestant, round) -> {operation: Sample}; gives {operation: {name of contestant: [Sample]}}."""
    results = {}
    for contestant in contestants:
        measure(contestant, "warm")  # files into the caches
    for number in range(rounds):
        for place in range(len(contestants)):
            contestant = contestants[(number + place) % len(contestants)]
            for operation, sample in measure(contestant, number).items():
                results.setdefault(operation, {}).setdefault(contestant.name, []).append(sample)
    return results


def values(samples, field):
    return [getattr(sample, field) for sample in samples if sample.ok]


def ratios(of, to, field):
    """Per round, where both succeeded."""
    return [
        getattr(one, field) / getattr(other, field)
        for one, other in zip(of, to)
        if one.ok and other.ok and getattr(other, field) > 0
    ]
