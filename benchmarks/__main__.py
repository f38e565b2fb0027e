"""``python -m benchmarks [--json] [NAME…]``: all benchmarks, or those named."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict

from benchmarks import BENCHMARKS, run_all, table


def main(arguments: list[str]) -> int:
    """Run and print; exit code 2 for a benchmark that does not exist."""
    names = [one for one in arguments if one != "--json"]
    unknown = sorted(set(names) - set(BENCHMARKS))
    if unknown:
        print(f"no benchmark {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}")
        return 2
    rows = run_all(names or list(BENCHMARKS), tell=lambda text: print(text, file=sys.stderr))
    if "--json" in arguments:
        print(json.dumps([asdict(row) | {"ratio": row.ratio} for row in rows], ensure_ascii=False))
    else:
        print(table(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
