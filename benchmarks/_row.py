"""One line of the table, and how a time is taken."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter

__all__ = ["Row", "best_of"]


@dataclass(frozen=True, slots=True)
class Row:
    """What was done, what it cost us and the other, how often or how much of it.

    Attributes
    ----------
    ours, other
        Cost in `unit`; `other` is NaN where nothing does the same.
    n
        Size of the work: entries, zones × scenes, rows, labels.
    """

    what: str
    ours: float
    other: float
    unit: str
    n: int

    @property
    def ratio(self) -> float:
        """Other ÷ ours: above 1 ours is the cheaper one."""
        return self.other / self.ours if self.ours > 0 else math.nan


def best_of(times: int, work: Callable[[], object]) -> float:
    """Return the least of several wall times in seconds: the least disturbed one."""
    taken = []
    for _ in range(times):
        start = perf_counter()
        work()
        taken.append(perf_counter() - start)
    return min(taken)
