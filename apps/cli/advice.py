"""`agridata advice`: when a place may take water, in one plain sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from agridata.errors import NotFoundError, UsageError
from agridata.vocabulary import Utc, to_local
from apps.cli._common import AsOf, Home, Json, emit, moment, opened

if TYPE_CHECKING:
    from sqlmodel import Session

    from remote_sensing.salinity import AdviceResult

__all__ = ["app"]

app = typer.Typer(help="When a place may take water, in one plain sentence.")

MAX_DAYS = 10
"""Bulletins look ten days ahead; beyond, hourly windows would pretend."""


@app.command()
def advice_command(
    place: Annotated[
        str, typer.Argument(metavar="PLACE|STATION", help="Commune name or code, or station key.")
    ],
    threshold: Annotated[float, typer.Option(help="Highest salinity of the water, g/L.")] = 1.0,
    days: Annotated[int, typer.Option(min=1, max=MAX_DAYS, help="Local days ahead.")] = 7,
    as_of: AsOf = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Say at which hours salinity stays within the threshold, and how sure that is.

    Without a station, or with a last reading older than 48 hours, the answer is
    "unknown".
    """
    if not 0 < threshold < 45:
        raise UsageError(
            f"{threshold:g} g/L is no threshold", field="--threshold", fix="give g/L, such as 1.0"
        )
    now = moment(as_of)
    with opened(home).session() as session:
        result = answer(session, place, as_of=now, threshold_gl=threshold, days=days)
    emit(advice_document(result), as_json=as_json, text=_text(result))


def answer(
    session: Session, place: str, *, as_of: Utc, threshold_gl: float, days: int
) -> AdviceResult:
    """Return the advice for a station key, else for the commune that `place` names.

    Raises
    ------
    NotFoundError
        If it names neither.
    AmbiguousPlaceError
        If several communes carry the name.
    """
    from apps.forecasting import advise, advise_at_station, simulated_stations

    if place in simulated_stations(session):
        return advise_at_station(session, place, as_of=as_of, threshold_gl=threshold_gl, days=days)
    code = commune_named(session, place)
    return advise(session, code, as_of=as_of, threshold_gl=threshold_gl, days=days)


def commune_named(session: Session, place: str) -> str:
    """Return the code of the one commune that `place` names by code or whole name.

    Tone marks and the type word may be left out. A commune that ended is answered by the
    present one that holds most of it.
    """
    from agridata.places import AmbiguousPlaceError, convert, find, slug

    wanted = slug(place)
    found = [unit for unit in find(session, place, limit=50) if unit.level == 3]
    named = [u for u in found if wanted in (u.code, slug(u.name), slug(u.full_name))]
    present = [unit for unit in named if unit.valid_to is None]
    if len(present or named) > 1:
        raise AmbiguousPlaceError(place, present or named)
    if not named:
        raise NotFoundError(
            f"no commune or station is called {place!r}", field="PLACE",
            fix="look it up with `agridata places find`",
            problem_vi=f"không có xã, phường hay trạm nào tên {place!r}",
            fix_vi="hãy tìm bằng `agridata places find`",
        )  # fmt: skip
    if present:
        return present[0].code
    later = convert(session, named[0].code, "2025")
    return max(later, key=lambda one: one.share_of_area or 0.0).code if later else named[0].code


def advice_document(result: AdviceResult) -> dict[str, Any]:
    """Return the JSON document: the contract's windows and what they rest on."""
    from apps.forecasting import window_documents

    last = result.last
    return {
        "place": result.place,
        "station": result.station,
        "as_of": to_local(result.as_of).isoformat(),
        "status": result.status,
        "threshold_gl": result.threshold_gl,
        "days": result.days,
        "resolution": result.resolution,
        "windows": window_documents(result),
        "sentence_vi": result.sentence_vi,
        "sentence_en": result.sentence_en,
        "data_age": result.data_age_hours,
        "last_reading": None
        if last is None
        else {"time": to_local(last.time).isoformat(), "value_gl": last.value},
        "method": result.method,
        "simulated": result.simulated,
    }


def _text(result: AdviceResult) -> str:
    head = f"as of {to_local(result.as_of):%Y-%m-%d %H:%M}"
    lines = [head, result.sentence_vi, result.sentence_en]
    for window in result.windows:
        start, end = to_local(window.start), to_local(window.end)
        lines.append(f"  {start:%Y-%m-%d %H:%M} – {end:%Y-%m-%d %H:%M}  {window.prob_safe:.0%}")
    return "\n".join(lines)
