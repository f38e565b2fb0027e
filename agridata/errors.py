"""The error tree that every command turns into the contract's error document.

::

    AgridataError                  exit code 1, a list of findings
    ├── InputError                 a file, row or value was rejected
    │   └── NotFoundError          the named place, lot, station … is not in the workspace
    ├── UsageError                 exit code 2, the call itself makes no sense
    └── EnvironmentMissingError    exit code 3, the machine lacks something (named)

`traceability` and `remote_sensing` hang their own trees under `AgridataError`,
so that only the outermost layer (`apps`) needs to know how a person is told.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass

__all__ = [
    "AgridataError",
    "EnvironmentMissingError",
    "Finding",
    "InputError",
    "NotFoundError",
    "UsageError",
]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with an input, and what to do about it.

    Parameters
    ----------
    where
        File and row (``"readings.csv:17"``, first data row of a table is row 2),
        layer feature, event path or command argument.
    field
        Column, attribute or parameter name; empty when the whole input is meant.
    problem, fix
        One English sentence each.
    problem_vi, fix_vi
        The same in Vietnamese, for screens; empty where only the command line shows it.
    """

    where: str
    field: str
    problem: str
    fix: str
    problem_vi: str = ""
    fix_vi: str = ""

    def as_dict(self) -> dict[str, str]:
        """Return the JSON object of the contract; empty translations are left out."""
        return {
            key: value
            for key, value in asdict(self).items()
            if value or key in ("where", "field", "problem", "fix")
        }


class AgridataError(Exception):
    """Root of every error that a person may see; carries at least one finding."""

    exit_code = 1

    def __init__(
        self,
        problem: str,
        *,
        where: str = "",
        field: str = "",
        fix: str = "",
        problem_vi: str = "",
        fix_vi: str = "",
    ) -> None:
        self.findings: tuple[Finding, ...] = (
            Finding(where, field, problem, fix, problem_vi, fix_vi),
        )
        super().__init__(f"{where}: {problem}" if where else problem)

    @classmethod
    def of(cls, findings: Iterable[Finding]) -> AgridataError:
        """Build one error from several findings (at least one)."""
        collected = tuple(findings)
        first = collected[0]
        error = cls(first.problem, where=first.where, field=first.field, fix=first.fix)
        error.findings = collected
        return error


class InputError(AgridataError):
    """A file, row or value was rejected; nothing of it was stored."""


class NotFoundError(InputError):
    """The named place, station, lot, parcel … is not in the workspace."""


class UsageError(AgridataError):
    """The call makes no sense whatever the data are."""

    exit_code = 2


class EnvironmentMissingError(AgridataError):
    """The machine lacks a service, file or library that the work needs."""

    exit_code = 3
