"""Forecasts with their intervals, baselines and backtests; one sentence of advice per place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlmodel import Session, col, select

from agridata.forecasts.models import Advice
from agridata.observations.models import Reading, Station
from agridata.places import get_unit, hau_giang_communes
from agridata.places.models import AdminUnit
from agridata.statistics.models import CropStatistic
from agridata.storage import DataSet
from apps.demo._load import Tell
from apps.demo._moments import Moments
from apps.forecasting import (
    advise,
    run_salinity,
    run_yield,
    store_advice_result,
    store_salinity_run,
    store_yield_run,
)
from apps.views.farmer import THRESHOLDS_GL

__all__ = ["Foreseen", "foresee"]

ADVICE_DAYS = 7


@dataclass(frozen=True, slots=True)
class Foreseen:
    """Counts of stored forecast rows, and the place whose page has fresh advice."""

    salinity: int
    yields: int
    place: str | None


def foresee(session: Session, moments: Moments, *, tell: Tell) -> Foreseen:
    """Issue the salinity and yield forecasts and the advice as of their moments."""
    run = run_salinity(session, as_of=moments.water)
    salinity = store_salinity_run(session, run)
    tell(f"salinity: {salinity} forecast rows")
    yields = run_yield(session, years=_years(moments), last_known_year=moments.last_statistics_year)
    grown = store_yield_run(session, yields, simulated=_simulated(session))
    tell(f"yield: {grown} forecast rows")
    place = _advise_everywhere(session, moments, tell)
    return Foreseen(salinity, grown, place)


def _years(moments: Moments) -> list[int]:
    """Return the year after the last figures, and the traded season's year."""
    return sorted({moments.last_statistics_year + 1, moments.season_year})


def _simulated(session: Session) -> bool:
    keys = select(CropStatistic.data_set_key).distinct()
    flags = session.exec(select(DataSet.simulated).where(col(DataSet.key).in_(keys))).all()
    return any(flags)


def _advise_everywhere(session: Session, moments: Moments, tell: Tell) -> str | None:
    """Advise the communes of Hậu Giang and every commune with a station; return the best place."""
    told = 0
    for unit in _places(session):
        for threshold in THRESHOLDS_GL:
            result = advise(
                session, unit.code, as_of=moments.water, threshold_gl=threshold, days=ADVICE_DAYS
            )
            store_advice_result(session, result)
            told += 1
    best = _best_place(session, moments)
    tell(f"advice: {told} sentences; farmer's page for {best or 'no place'}")
    return best


def _places(session: Session) -> Iterable[AdminUnit]:
    codes = {unit.code for unit in hau_giang_communes(session, "2025")}
    codes |= {
        code
        for code in session.exec(
            select(Station.admin_unit_code).where(
                col(Station.id).in_(
                    select(Reading.station_id)
                    .where(Reading.variable == "water_salinity")
                    .distinct()
                )
            )
        ).all()
        if code is not None
    }
    return [get_unit(session, code) for code in sorted(codes)]


def _best_place(session: Session, moments: Moments) -> str | None:
    """Return a place with advice from fresh data: with safe hours first, then within Hậu Giang."""
    rows = session.exec(
        select(Advice).where(
            Advice.status == "advice",
            Advice.as_of == moments.water,
            Advice.threshold_gl == THRESHOLDS_GL[0],
        )
    ).all()
    inside = {unit.code for unit in hau_giang_communes(session, "2025")}
    ranked = sorted(
        rows, key=lambda row: (row.place_code not in inside, not row.windows, row.place_code)
    )
    return ranked[0].place_code if ranked else None
