"""The officers' notebook runs on a demo workspace, from top to bottom, and shows something."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOK = ROOT / "notebooks" / "officer_first_look.ipynb"

TABLES = {
    "data_sets": ("rows", "stored", "rejected", "simulated"),
    "change": ("code", "change"),
    "last_readings": ("g/L", "age h", "state", "simulated"),
    "scores": ("lead d", "coverage90", "RMSE model", "RMSE persistence", "RMSE tide_phase"),
    "salinity": ("p05", "p50", "p95", "P ≥ 1 g/L", "method", "simulated"),
    "advice": ("status", "nói gì", "said"),
    "yields": ("p05 t/ha", "p50 t/ha", "p95 t/ha", "known to", "simulated"),
    "books": ("", " "),
}
"""Frame of the notebook → columns that it must have; none may be empty."""

PROBE = "import json; print(json.dumps({name: [len(globals()[name]), list(map(str, globals()[name].columns))] for name in %r}))"  # noqa: E501  one line of notebook code
SUMS = "print(json.dumps([bool((data_sets['rows'] == data_sets['stored'] + data_sets['rejected']).all()), audit.ok, audit.size, fresh]))"  # noqa: E501


@pytest.fixture(scope="module")
def ran(demo_home: Path) -> Any:
    """The executed notebook, two probing cells added at its end."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    notebook.cells += [
        nbformat.v4.new_code_cell(PROBE % list(TABLES)),
        nbformat.v4.new_code_cell(SUMS),
    ]
    kept = os.environ.get("AGRIDATA_HOME")
    os.environ["AGRIDATA_HOME"] = str(demo_home)
    try:
        NotebookClient(
            notebook, timeout=120, kernel_name="python3",
            resources={"metadata": {"path": str(NOTEBOOK.parent)}},
        ).execute()  # fmt: skip
    finally:
        os.environ.pop("AGRIDATA_HOME")
        if kept is not None:
            os.environ["AGRIDATA_HOME"] = kept
    return notebook


def printed(cell: Any) -> Any:
    return json.loads("".join(one["text"] for one in cell.outputs if one.get("name") == "stdout"))


def shown(notebook: Any, media: str) -> str:
    outputs = [one for cell in notebook.cells for one in cell.get("outputs", ())]
    return "\n".join(str(one.get("data", {}).get(media, "")) for one in outputs)


def test_key_tables_are_there_and_not_empty(ran: Any) -> None:
    found = printed(ran.cells[-2])
    for name, columns in TABLES.items():
        rows, heads = found[name]
        assert rows > 0, name
        assert set(columns) <= set(heads), name


def test_figures_add_up_and_the_books_agree(ran: Any) -> None:
    counted, ok, size, fresh = printed(ran.cells[-1])
    assert counted
    assert ok
    assert size > 20
    assert fresh > 0


def test_the_map_has_a_shape_per_commune_and_says_what_is_schematic(ran: Any) -> None:
    html = shown(ran, "text/html")
    assert html.count("<path d=") == 28
    assert "Vị Thanh" in html
    assert len(set(re.findall(r'fill="(rgb[^"]+)"', html))) > 2
    assert "<polygon points=" in html
    assert not re.search(r"(?:src|href)=|https?://(?!www\.w3\.org)", html)


def test_every_part_says_as_of_when_and_what_is_simulated(ran: Any) -> None:
    said = shown(ran, "text/markdown")
    assert said.count("Tính đến") + said.count("tính đến") >= 3
    assert said.count("As of") + said.count("as of") >= 3
    assert "20/03/2026" in said
    assert "mô phỏng" in said
    assert "simulated" in said
    assert "hình sơ đồ, không phải ranh giới" in said


def test_it_is_committed_without_outputs_and_vietnamese_comes_first() -> None:
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    for cell in notebook.cells:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None
        if cell.cell_type == "markdown":
            titles = re.findall(r"^#+ (.+)$", cell.source, re.MULTILINE)
            assert len(titles) == 2, cell.source[:60]
            assert re.search(
                "[ạảấầẩẫậắằẵặẹẻếềểễệịọỏốồổỗộớờởỡợụủứừửữựỳỷỹáàãâăéèêíìóòôơúùưđ]", titles[0]
            )
            assert titles[1].isascii(), titles[1]
