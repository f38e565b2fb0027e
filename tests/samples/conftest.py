"""The sample province and its maker, once for all tests of the room."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from apps.simulation import (
    SAMPLE_COMMUNES,
    SAMPLE_SEASON_YEAR,
    SAMPLE_SEED,
    Commune,
    SimulatedRegistry,
    schematic_communes,
    simulate_registry,
)


@pytest.fixture(scope="session")
def samples_dir(project_root: Path) -> Path:
    return project_root / "data_samples"


@pytest.fixture(scope="session")
def maker(samples_dir: Path) -> ModuleType:
    """The script data_samples/make.py as a module."""
    spec = importlib.util.spec_from_file_location("sample_maker", samples_dir / "make.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def communes() -> list[Commune]:
    return schematic_communes()


@pytest.fixture(scope="session")
def registry(communes: list[Commune]) -> SimulatedRegistry:
    chosen = [commune for commune in communes if commune.code in SAMPLE_COMMUNES]
    return simulate_registry(chosen, season_year=SAMPLE_SEASON_YEAR, seed=SAMPLE_SEED)
