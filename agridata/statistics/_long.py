"""Single figures in: one row per unit, subject, measure, season and year."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from pathlib import Path

import sqlalchemy as sa
from sqlmodel import Session, SQLModel, col

from agridata.errors import Finding
from agridata.observations import (
    Row,
    RowRejectedError,
    Table,
    read_table,
    require_columns,
    require_rows,
    unchanged_report,
)
from agridata.statistics._figures import SEASONS, UNIT_LEVELS
from agridata.statistics._provinces import BEFORE_START, version_by_key, version_on, year_end
from agridata.statistics._subjects import (
    MEASURES,
    NO_AREA_YIELD,
    SUBJECTS,
    UNITS,
    published_factor,
)
from agridata.statistics.models import Statistic
from agridata.storage import ImportReport, SourceInfo, record_data_set, sha256_of
from agridata.vocabulary import Utc, local_date

__all__ = ["FIRST_YEAR", "ZERO", "Published", "figure_of", "import_figures", "store_figures"]

FIRST_YEAR = 1900
"""No table of the delta is older."""

ZERO = "zero"
"""Flag of a published 0: not grown, not kept, or less than the table's last digit shows."""

NEEDED = ("unit", "subject", "measure", "year", "value", "unit_of_value")

ReadRow = Callable[[Row, int], Iterable["Published"]]


@dataclass(slots=True)
class Published:
    """A figure as published, in the columns of `Statistic`."""

    unit_name: str
    unit_level: str
    subject: str
    measure: str
    season: str
    year: int
    value: float
    unit: str
    raw_value: float
    raw_unit: str
    unit_code: str | None = None
    unit_version: str = ""
    flag: str = ""

    @property
    def key(self) -> tuple[str, str, str, str, str, int]:
        """What must be there once only."""
        return (
            self.unit_name, self.unit_level, self.subject, self.measure, self.season, self.year,
        )  # fmt: skip


def import_figures(session: Session, path: Path, info: SourceInfo, now: Utc) -> ImportReport:
    """Store a long table of single figures; the caller commits.

    Parameters
    ----------
    path
        Columns ``unit, subject, measure, year, value, unit_of_value``; optional ``season``
        (default ``year``) and ``level`` (default ``province``). `subject` and `measure` are
        keys of `SUBJECTS` and `MEASURES`; `unit_of_value` is one of `UNITS` of the measure.

    Returns
    -------
    ImportReport
        Rows in, stored, rejected with reasons; `flagged` counts zeros and figures of
        years in which the unit did not exist.

    Raises
    ------
    InputError
        If the file is no table or lacks a column.
    """
    return store_figures(session, path, info, now, _long_table, lambda _table: _long_row)


def store_figures(
    session: Session,
    path: Path,
    info: SourceInfo,
    now: Utc,
    check: Callable[[Table], None],
    reader: Callable[[Table], ReadRow],
) -> ImportReport:
    """Read, check and store a table whose rows `reader` turns into figures."""
    sha256 = sha256_of(path)
    done = unchanged_report(session, info.key, sha256)
    if done is not None:
        return done
    table = read_table(path)
    check(table)
    require_rows(table)
    figures, rejected = _read(table, reader(table), local_date(now).year)
    _give_versions(figures)
    record_data_set(session, info, sha256, now)
    session.execute(sa.delete(Statistic).where(col(Statistic.data_set_key) == info.key))
    if figures:
        session.execute(
            sa.insert(SQLModel.metadata.tables["statistic"]),
            [{**asdict(one), "data_set_key": info.key} for one in figures],
        )
    record_data_set(session, info, sha256, now, table.rows, rejected)
    report = ImportReport(table.rows, table.rows - len(rejected), rejected)
    report.flagged.update(Counter(flag for one in figures for flag in one.flag.split(",") if flag))
    return report


def figure_of(
    row: Row,
    *,
    unit: str,
    level: str,
    subject: str,
    measure: str,
    season: str,
    year: int,
    column: str,
    raw_unit: str,
) -> Published | None:
    """Return the figure in `column` of a row, None where the cell is blank.

    Raises
    ------
    RowRejectedError
        If the cell is no number ≥ 0, or a yield of 0 (what was not grown has no yield).
    """
    raw = row.amount(column)
    if raw is None:
        return None
    if raw == 0 and measure == "yield":
        raise row.rejected(
            column, "a yield of 0 is no yield: the crop was not grown",
            "leave the cell blank", "năng suất 0 nghĩa là không trồng", "hãy để trống ô này",
        )  # fmt: skip
    factor = published_factor(measure, raw_unit)
    assert factor is not None, raw_unit
    return Published(
        unit, level, subject, measure, season, year, round(raw * factor, 6),
        MEASURES[measure].unit, raw, raw_unit, flag=ZERO if raw == 0 else "",
    )  # fmt: skip


def _read(table: Table, read_row: ReadRow, last_year: int) -> tuple[list[Published], list[Finding]]:
    figures: list[Published] = []
    seen: set[tuple[object, ...]] = set()
    rejected = list(table.rejected)
    names = [str(name) for name in table.frame.columns]
    for number, *cells in table.frame.itertuples(name=None):
        row = Row(table.where(int(number)), dict(zip(names, map(str, cells), strict=True)))
        try:
            found = list(read_row(row, last_year))
            _refuse_empty_or_twice(row, found, seen)
        except RowRejectedError as error:
            rejected.append(error.finding)
            continue
        seen.update(one.key for one in found)
        figures += found
    return figures, rejected


def _refuse_empty_or_twice(row: Row, found: list[Published], seen: set[tuple[object, ...]]) -> None:
    if not found:
        raise row.rejected(
            "", "has no figure", "leave the row out", "không có số liệu", "hãy bỏ dòng này"
        )
    if any(one.key in seen for one in found):
        raise row.rejected(
            "", "stands in the file twice (same unit, subject, measure, season and year)",
            "keep one of the two rows", "bị trùng trong tệp", "hãy giữ một dòng",
        )  # fmt: skip


def _give_versions(figures: list[Published]) -> None:
    """Resolve provinces; where a table lists an heir before the split, its parent is the new one.

    The aquaculture tables give 2003 for Hậu Giang, which began in 2004: so their Cần Thơ of
    2003 is already the smaller city.
    """
    provinces = [one for one in figures if one.unit_level == "province"]
    early: set[tuple[str, str, str, int, str]] = set()
    for one in provinces:
        version, flag = version_on(one.unit_name, year_end(one.year))
        if version is None:
            continue
        _apply(one, version.code, version.key, flag)
        if flag == BEFORE_START:
            group = (one.subject, one.measure, one.season, one.year)
            early |= {(*group, part.version) for part in version.made_of}
    for one in provinces:
        group = (one.subject, one.measure, one.season, one.year)
        if (*group, one.unit_version) in early:
            _move_to_heir(one)


def _apply(one: Published, code: str, key: str, flag: str) -> None:
    one.unit_code, one.unit_version = code, key
    one.flag = ",".join(text for text in (one.flag, flag) if text)


def _move_to_heir(one: Published) -> None:
    before = version_by_key(one.unit_version)
    if before is None or before.valid_to is None:
        return
    heir, _ = version_on(one.unit_name, before.valid_to)
    if heir is not None and heir.valid_from == before.valid_to:
        _apply(one, heir.code, heir.key, BEFORE_START)


def _long_table(table: Table) -> None:
    require_columns(table, NEEDED)


def _long_row(row: Row, last_year: int) -> list[Published]:
    subject = _known_subject(row)
    measure = row.choice("measure", tuple(MEASURES))
    raw_unit = row.choice("unit_of_value", tuple(UNITS[MEASURES[measure].unit]))
    if measure == "yield" and subject in NO_AREA_YIELD:
        raise row.rejected(
            "measure", f"{subject} is kept in tanks and counted in m³: a yield per hectare is an "
            "error", "give production (t) and volume (m3)",
            "nuôi trong bể, tính theo m³: không có năng suất trên ha",
            "hãy ghi sản lượng (t) và thể tích (m3)",
        )  # fmt: skip
    row.text("value")
    figure = figure_of(
        row,
        unit=row.text("unit"),
        level=row.choice("level", UNIT_LEVELS, "province"),
        subject=subject,
        measure=measure,
        season=row.choice("season", SEASONS, "year"),
        year=row.year("year", FIRST_YEAR, last_year),
        column="value",
        raw_unit=raw_unit,
    )
    return [figure] if figure else []


def _known_subject(row: Row) -> str:
    text = row.text("subject")
    if text in SUBJECTS:
        return text
    near = get_close_matches(text, SUBJECTS, 3) or list(SUBJECTS)[:8]
    raise row.rejected(
        "subject", f"{text!r} is not known", f"use a key such as {', '.join(near)}",
        f"không có đối tượng {text!r}", f"hãy dùng mã như {', '.join(near)}",
    )  # fmt: skip
