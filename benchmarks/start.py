"""How long a person waits for the help, against an interpreter that does nothing."""

from __future__ import annotations

import subprocess
import sys

from benchmarks._row import Row, best_of

__all__ = ["run"]

HELP = "import sys; from apps.cli import main; sys.exit(main(['--help']))"
"""What the console script ``agridata --help`` does."""


def run(times: int = 7) -> list[Row]:
    """Time both as processes of their own."""
    ours, other = best_of(times, lambda: _python(HELP)), best_of(times, lambda: _python("pass"))
    return [Row("agridata --help / python -c pass", ours, other, "s", times)]


def _python(code: str) -> None:
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
