"""Side-by-side ratios: our code beside another tool, the same work, measured in one run.

``python -m benchmarks`` prints one table. A ratio says more than a time: both sides ran on the
same machine, one after the other, in the same process where that is possible.
"""

from benchmarks._row import Row, best_of
from benchmarks._run import BENCHMARKS, run_all, table

__all__ = ["BENCHMARKS", "Row", "best_of", "run_all", "table"]
