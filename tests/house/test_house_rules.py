"""The house keeps its own rules: layout, lock, licence, sizes, documented dependencies."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

PACKAGES = ("agridata", "remote_sensing", "traceability", "apps")
LONGEST_MODULE = 420
"""Lines; above 350 a module is looked at, above this it is split."""


def modules(root: Path) -> list[Path]:
    return [
        path
        for package in PACKAGES
        for path in sorted((root / package).rglob("*.py"))
        if "migrations" not in path.parts
    ]


def test_top_level_is_what_the_plan_says(project_root: Path) -> None:
    for name in (*PACKAGES, "notebooks", "data_samples", "tests", "benchmarks", "docs"):
        assert (project_root / name).is_dir(), name
    for name in ("pyproject.toml", "Makefile", "README.md", "CHANGELOG.md", "LICENSE"):
        assert (project_root / name).is_file(), name


def test_lock_pins_every_package_with_hashes_and_names_no_index(project_root: Path) -> None:
    lock = (project_root / "requirements" / "lock.txt").read_text("utf-8")
    assert not re.search(r"https?://|--(extra-)?index-url|--find-links", lock)
    pins = re.findall(r"^([a-z0-9._-]+)==", lock, re.MULTILINE)
    assert len(pins) > 100
    blocks = re.split(r"\n(?=[a-z0-9])", lock)
    assert all("--hash=sha256:" in block for block in blocks if "==" in block.split("\n")[0])


def test_every_direct_dependency_is_locked_and_explained(project_root: Path) -> None:
    project = tomllib.loads((project_root / "pyproject.toml").read_text("utf-8"))["project"]
    lock = (project_root / "requirements" / "lock.txt").read_text("utf-8")
    explained = (project_root / "docs" / "dependencies.md").read_text("utf-8")
    wanted = project["dependencies"] + project["optional-dependencies"]["dev"]
    for requirement in wanted:
        name = re.match(r"[a-z0-9-]+", requirement)
        assert name
        assert re.search(rf"^{name[0]}(\[.*\])?==", lock, re.MULTILINE), f"{name[0]} not locked"
        assert name[0] in explained, f"{name[0]} is not explained in docs/dependencies.md"


def test_licence_is_the_gpl_that_pymerkle_asks_for(project_root: Path) -> None:
    assert "GNU GENERAL PUBLIC LICENSE" in (project_root / "LICENSE").read_text("utf-8")
    assert "GPL-3.0-or-later" in (project_root / "README.md").read_text("utf-8")


def test_no_module_outgrows_a_reader(project_root: Path) -> None:
    long = {
        str(path.relative_to(project_root)): count
        for path in modules(project_root)
        if (count := len(path.read_text("utf-8").splitlines())) > LONGEST_MODULE
    }
    assert not long


def test_functions_stay_small(project_root: Path) -> None:
    lengths = [
        node.end_lineno - node.lineno
        for path in modules(project_root)
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno
    ]
    assert sorted(lengths)[len(lengths) // 2] <= 16


def test_readme_is_short(project_root: Path) -> None:
    assert len((project_root / "README.md").read_text("utf-8").splitlines()) <= 150


@pytest.mark.parametrize("package", PACKAGES)
def test_packages_are_typed(project_root: Path, package: str) -> None:
    assert (project_root / package / "py.typed").is_file()


def test_help_imports_no_command_and_no_heavy_library() -> None:
    script = (
        "import sys; from apps.cli import main; code = main(['--help']);"
        "heavy = {'geopandas','rasterio','xarray','sklearn','streamlit','fastapi','pandas',"
        "'sqlalchemy','numpy','typer'} & set(sys.modules);"
        "print('heavy:', sorted(heavy), file=sys.stderr); sys.exit(code or bool(heavy))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "agridata COMMAND" in done.stdout
