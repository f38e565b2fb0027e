"""Whatever stands in a file: every row is either stored or rejected with a reason."""

from __future__ import annotations

import csv
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import func, select

from agridata.observations import PRESETS, Reading, import_readings, import_stations
from agridata.storage import DataSet, SourceInfo, Workspace
from agridata.vocabulary import Utc

NOW = Utc(datetime(2024, 6, 1, tzinfo=UTC))
SOURCE = SourceInfo("random", "readings", "r", "r", "hypothesis", "none", True)

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
station = st.sampled_from(["a", "b", "c", "", "nowhere"]) | text
moment = (
    st.datetimes(datetime.fromisoformat("2024-01-01"), datetime.fromisoformat("2024-01-03")).map(
        lambda one: one.replace(minute=0, second=0, microsecond=0).isoformat(sep=" ")
    )
    | st.sampled_from(["2024-02-30", "2030-01-01 00:00:00", "", "01/02/2024", "9999-12-31 23:00"])
    | text
)
number = (
    st.floats(-5, 60).map(lambda one: f"{one:.2f}")
    | st.sampled_from(["", "nan", "inf", "1e400", "0,5", "-0"])
    | text
)
rows = st.lists(
    st.tuples(station, moment, number).map(list) | st.lists(text, min_size=1, max_size=5),
    min_size=1, max_size=25,
)  # fmt: skip


@pytest.fixture(scope="module")
def stations(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    folder = tmp_path_factory.mktemp("rows")
    made = Workspace(folder / "home").create()
    (folder / "stations.csv").write_text("station,name\na,A\nb,B\nc,C\n", encoding="utf-8")
    with made.session() as session:
        import_stations(session, folder / "stations.csv", SOURCE, NOW)
        session.commit()
    return made


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rows=rows)
def test_rows_are_imported_or_rejected(stations: Workspace, rows: list[list[str]]):
    path = stations.home / "random.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["station", "time", "salinity_gl"])
        writer.writerows(rows)
    source = SourceInfo("rows", "readings", "r", "r", "hypothesis", "none", True)
    with stations.session() as session:
        report = import_readings(session, path, PRESETS["salinity_bihourly"], source, NOW)
        kept = session.exec(select(func.count()).select_from(Reading)).one()
        data_set = session.get_one(DataSet, "rows")
        assert report.rows == len(rows)
        assert report.rows == report.imported + len(report.rejected)
        assert kept == report.imported  # one value column: one reading per good row
        assert data_set.rows_stored == kept
        where = [one.where for one in report.rejected]
        assert len(where) == len(set(where))
        assert all(one.problem and one.fix for one in report.rejected)
        good = [row for row in rows if _plainly_good(row)]
        assert kept >= len({(row[0], row[1]) for row in good})
        session.rollback()


def _plainly_good(row: list[str]) -> bool:
    """Tell, by other means than the importer's, that a row must be storable."""
    if len(row) != 3 or row[0] not in ("a", "b", "c"):
        return False
    try:
        datetime.strptime(row[1], "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007  local by definition
        float(row[2])
    except ValueError:
        return False
    plain = row[2].isascii() and row[2].replace(".", "").replace("-", "").isdigit()
    return plain and row[1].isascii() and row[1].startswith("2024-01-0")
