"""Plain values in which observation reaches `traceability.plausibility`.

`traceability` and `remote_sensing` do not know each other; `apps` fills these
from both sides (see `docs/architecture.md`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from agridata.vocabulary import Hectare, TonnesPerHectare, Utc

__all__ = ["HarvestWindow", "ParcelEvidence", "YieldRange"]


@dataclass(frozen=True, slots=True)
class HarvestWindow:
    """Days between which a satellite series shows that a parcel was harvested."""

    first_day: date
    last_day: date
    source: str
    simulated: bool


@dataclass(frozen=True, slots=True)
class YieldRange:
    """Forecast yield of one season, 5th, 50th and 95th percentile, t/ha."""

    p05: TonnesPerHectare
    p50: TonnesPerHectare
    p95: TonnesPerHectare
    method: str
    source: str
    simulated: bool


@dataclass(frozen=True, slots=True)
class ParcelEvidence:
    """What is known about a parcel that a lot claims to come from.

    `sown_on`, `harvest` and `yield_range` are None where nothing is known: "no data" is
    never "passed". `crop` is "" where no planting is registered for the season.
    """

    parcel_code: str
    area: Hectare
    area_source: str
    area_simulated: bool
    crop: str
    sown_on: date | None
    harvest: HarvestWindow | None
    yield_range: YieldRange | None
    as_of: Utc
