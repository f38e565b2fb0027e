"""Tables of people: CSV, CSV.gz, Excel and Parquet become one frame of text with row numbers.

Everything is text until a room has said what a column means, so that a bad cell is a
rejected row with a reason and never a guess of a parser.
"""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agridata.errors import Finding, InputError
from agridata.vocabulary import nfc

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["SUFFIXES", "Table", "file_stem", "read_table", "require_columns", "require_rows"]

SUFFIXES = (".csv", ".csv.gz", ".txt", ".txt.gz", ".xlsx", ".parquet")
"""File name endings that `read_table` understands."""

DELIMITERS = (",", ";", "\t")
"""Excel of a Vietnamese Windows writes ";", spreadsheets copy tabs."""


@dataclass(slots=True)
class Table:
    """A file as text: `frame` holds the well-formed rows, `rejected` the others.

    `frame.index` is the row number in the file (the header is row 1, so the first data
    row is 2; blank lines are counted but are no rows). Every cell is a stripped NFC
    string, "" where the file has nothing.
    """

    name: str
    frame: pd.DataFrame
    rejected: list[Finding] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """Number of data rows in the file."""
        return len(self.frame) + len(self.rejected)

    def where(self, row: int) -> str:
        """Return ``file:row`` of a finding."""
        return f"{self.name}:{row}"


def file_stem(path: Path) -> str:
    """Return the file name without its (double) suffix: the key of its data set."""
    name = path.name
    for suffix in sorted(SUFFIXES, key=len, reverse=True):
        if name.lower().endswith(suffix):
            return name[: -len(suffix)]
    return path.stem


def read_table(path: Path) -> Table:
    """Read a table of text from CSV (``,`` ``;`` or tab), CSV.gz, Excel or Parquet.

    Parameters
    ----------
    path
        The kind of file is told by its suffix (`SUFFIXES`); CSV must be UTF-8, with or
        without a byte order mark. Of an Excel file the first sheet is read.

    Raises
    ------
    InputError
        If the file is missing, not what its suffix says, empty, or names a column twice.
    """
    name = path.name.lower()
    if not path.is_file():
        raise _broken(path, "no such file", "check the path", "không tìm thấy tệp")
    if not name.endswith(SUFFIXES):
        raise _broken(
            path, "is not a CSV, Excel or Parquet file", "give a file ending in "
            + ", ".join(SUFFIXES), "không phải tệp CSV, Excel hay Parquet",
        )  # fmt: skip
    if name.endswith(".parquet"):
        records = _parquet_records(path)
    elif name.endswith(".xlsx"):
        records = _excel_records(path)
    else:
        records = _csv_records(path)
    return _table(path, records)


def require_columns(table: Table, columns: Iterable[str]) -> None:
    """Check that `table` has `columns`.

    Raises
    ------
    InputError
        Naming every missing column and the columns that are there.
    """
    there = [str(column) for column in table.frame.columns]
    missing = [column for column in columns if column not in there]
    if missing:
        raise InputError.of(
            Finding(
                f"{table.name}:1", column, f"has no column {column!r}",
                f"the file has the columns {', '.join(there)}",
                f"không có cột {column!r}", f"tệp có các cột {', '.join(there)}",
            )
            for column in missing
        )  # fmt: skip


def require_rows(table: Table) -> None:
    """Check that `table` has at least one row.

    Raises
    ------
    InputError
        If there is only a header.
    """
    if not table.rows:
        raise InputError(
            "has no rows under its header", where=table.name, fix="give at least one row",
            problem_vi="không có dòng số liệu nào", fix_vi="hãy kiểm tra lại tệp",
        )  # fmt: skip


def _broken(path: Path, problem: str, fix: str, problem_vi: str) -> InputError:
    return InputError(
        problem,
        where=str(path),
        fix=fix,
        problem_vi=problem_vi,
        fix_vi="hãy kiểm tra lại tệp" if problem_vi else "",
    )


def _csv_records(path: Path) -> list[list[str]]:
    """Return every record of a CSV file; blank lines are empty lists."""
    opener = gzip.open if path.name.lower().endswith(".gz") else open
    try:
        with opener(path, "rb") as stream:
            text = stream.read().decode("utf-8-sig")
        header = text.partition("\n")[0]
        delimiter = max(DELIMITERS, key=header.count)
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except UnicodeDecodeError as error:
        raise _broken(
            path, f"is not UTF-8 text (byte {error.start})", "save it as CSV UTF-8",
            "không phải văn bản UTF-8",
        ) from error  # fmt: skip
    except csv.Error as error:
        raise _broken(
            path, f"is not a CSV table: {error}", "check the quotation marks",
            "không phải bảng CSV",
        ) from error  # fmt: skip
    except (OSError, EOFError, zlib.error) as error:
        raise _broken(
            path, f"cannot be read: {error}", "copy the file again", "không đọc được tệp"
        ) from error


def _excel_records(path: Path) -> list[list[str]]:
    """Return the rows of the first sheet as text; dates in ISO form."""
    from zipfile import BadZipFile

    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = load_workbook(path, read_only=True, data_only=True)
        try:
            rows = [[_text(cell) for cell in row] for row in book.worksheets[0].values]
        finally:
            book.close()
    except (BadZipFile, InvalidFileException, KeyError, ValueError, OSError, IndexError) as error:
        raise _broken(
            path, f"is not an Excel workbook: {error}", "save it as .xlsx",
            "không phải tệp Excel",
        ) from error  # fmt: skip
    return [row if any(row) else [] for row in rows]


def _parquet_records(path: Path) -> list[list[str]]:
    """Return header and rows of a Parquet file as text."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        read = pq.read_table(path)
    except (pa.ArrowException, OSError) as error:
        raise _broken(
            path, f"is not a Parquet file: {error}", "write it again", "không phải tệp Parquet"
        ) from error
    columns = [[_text(value) for value in column.to_pylist()] for column in read.columns]
    return [list(read.column_names), *map(list, zip(*columns, strict=True))]


def _text(cell: Any) -> str:
    """Return a cell as the text it would have in a CSV file."""
    if cell is None or cell != cell:
        return ""
    return str(cell)


def _table(path: Path, records: Sequence[Sequence[str]]) -> Table:
    import pandas as pd

    header = [nfc(str(name).strip()) for name in records[0]] if records else []
    if not any(header):
        raise _broken(path, "is empty", "the first row must name the columns", "tệp rỗng")
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise _broken(
            path, f"names the column {twice[0]!r} twice", "rename one of them",
            f"có hai cột cùng tên {twice[0]!r}",
        )  # fmt: skip
    numbered = [(number, row) for number, row in enumerate(records[1:], start=2) if row]
    good = [(number, row) for number, row in numbered if len(row) == len(header)]
    columns = list(zip(*(row for _, row in good), strict=True)) or [()] * len(header)
    index = pd.Index([number for number, _ in good], name="row", dtype="int64")
    frame = pd.DataFrame(
        {name: _clean(column, index) for name, column in zip(header, columns, strict=True)},
        index=index,
    )
    ragged = [
        _ragged(path.name, number, len(row), len(header))
        for number, row in numbered
        if len(row) != len(header)
    ]
    return Table(path.name, frame, ragged)


def _clean(column: Sequence[str], index: pd.Index[int]) -> pd.Series[str]:
    import pandas as pd

    text = pd.Series(list(column), index=index, dtype="str")
    if not all(map(str.isascii, column)):
        text = text.str.normalize("NFC")
    return text.str.strip()


def _ragged(name: str, number: int, found: int, expected: int) -> Finding:
    return Finding(
        f"{name}:{number}", "", f"has {found} fields where the header has {expected}",
        "check the separators and quotation marks of this row",
        f"có {found} ô trong khi dòng đầu có {expected}", "hãy kiểm tra dấu phân cách của dòng",
    )  # fmt: skip
