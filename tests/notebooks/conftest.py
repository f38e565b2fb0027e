"""One demo workspace for everything a person does after `make demo`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from apps.cli.demo import SAMPLES

AGRIDATA = [sys.executable, "-c", "import sys; from apps.cli import main; sys.exit(main())"]
"""The console script, also where its folder is not on the path."""


@pytest.fixture(scope="session")
def demo_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Workspace that ``agridata demo --no-serve`` builds from the samples."""
    assert SAMPLES.is_dir()
    home = tmp_path_factory.mktemp("after-demo") / "home"
    done = subprocess.run(
        [*AGRIDATA, "demo", "--no-serve", "--home", home],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return home


@pytest.fixture(scope="session")
def agridata() -> list[str]:
    return AGRIDATA
