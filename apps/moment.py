"""The moment a screen speaks of: the server's ``--as-of``, else the data set's, else now."""

from __future__ import annotations

from sqlmodel import Session, col, select

from agridata.storage import DataSet
from agridata.vocabulary import Utc, to_utc, utc_now

__all__ = ["moment_for"]


def moment_for(session: Session, kind: str, override: Utc | None = None) -> Utc:
    """Return the moment at which data of `kind` are shown.

    Parameters
    ----------
    kind
        `DataSet.kind`: salinity, statistics, scenes, registry …
    override
        ``--as-of`` of the server or command; wins over everything.
    """
    if override is not None:
        return override
    recorded = session.exec(
        select(DataSet.as_of)
        .where(DataSet.kind == kind, col(DataSet.as_of).is_not(None))
        .order_by(col(DataSet.as_of).desc())
    ).first()
    return to_utc(recorded) if recorded is not None else utc_now()
