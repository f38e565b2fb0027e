"""The verdict on a lot's claims. A question with its figures, never a silent block.

Rule (project choice, printed with every verdict): a claim is questioned when the quantity
exceeds area × the upper forecast yield by more than `QUANTITY_MARGIN`, when the harvest date lies
more than `DATE_MARGIN_DAYS` outside the window in which satellites saw the harvest, when the crop
cannot be ripe that long after sowing, or when a process gives more than it took in. What was not
observed is "unknown", never "plausible".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal

from agridata.evidence import ParcelEvidence

__all__ = ["Check", "HarvestClaim", "LotClaim", "Status", "Verdict", "judge"]

Status = Literal["plausible", "questionable", "unknown"]

QUANTITY_MARGIN = 0.10
"""Tolerance above area × p95 yield: areas and scales in the field are good to about a tenth."""

DATE_MARGIN_DAYS = 7
"""Tolerance around the satellite window: one revisit of a usual optical series."""


CROP_DAYS: Mapping[str, tuple[int, int]] = {"rice": (90, 105)}
"""Days from sowing to harvest of the delta's usual varieties (OM18, Đài Thơm 8, OM5451, RVT,
ST24, IR50404) as its sowing calendars state them; `DATE_MARGIN_DAYS` is added on both sides."""


@dataclass(frozen=True, slots=True)
class HarvestClaim:
    """What one harvest event claims.

    `parcel_total_t` is everything claimed from the same parcels in the same season, this claim
    included (t); None where a mass is not recorded.
    """

    lot: str
    parcel_codes: tuple[str, ...]
    quantity_t: float | None
    harvested_on: date
    parcel_total_t: float | None


@dataclass(frozen=True, slots=True)
class LotClaim:
    """What a lot says of itself: its harvests, and the mass in and out of its last process (kg)."""

    gtin: str
    lot: str
    harvests: tuple[HarvestClaim, ...]
    process_input_kg: float | None
    process_output_kg: float | None


@dataclass(frozen=True, slots=True)
class Check:
    """One comparison: a sentence in both languages and the figures behind it."""

    name: str
    status: Status
    sentence_vi: str
    sentence_en: str
    figures: Mapping[str, float | str | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Questionable if any check is; plausible only if every check is; else unknown."""

    status: Status
    checks: tuple[Check, ...]
    simulated: bool


def judge(claim: LotClaim, evidence: Sequence[ParcelEvidence]) -> Verdict:
    """Compare a lot's claims with what was observed of its parcels.

    Parameters
    ----------
    claim
        From the lot's events alone.
    evidence
        One entry per parcel that could be found; a missing one makes the verdict unknown.
    """
    known = {one.parcel_code: one for one in evidence}
    checks: list[Check] = []
    for harvest in claim.harvests:
        found = [known[code] for code in harvest.parcel_codes if code in known]
        complete = bool(found) and len(found) == len(harvest.parcel_codes)
        checks.append(_quantity(harvest, found, complete=complete))
        checks.append(_date(harvest, found, complete=complete))
        checks += _age(harvest, found)
    if not claim.harvests:
        checks.append(_nothing_recorded())
    checks.append(_process(claim))
    simulated = any(
        one.area_simulated
        or (one.harvest is not None and one.harvest.simulated)
        or (one.yield_range is not None and one.yield_range.simulated)
        for one in evidence
    )
    return Verdict(_overall(checks), tuple(checks), simulated)


def _overall(checks: Sequence[Check]) -> Status:
    statuses = {check.status for check in checks}
    if "questionable" in statuses:
        return "questionable"
    return "unknown" if "unknown" in statuses else "plausible"


def _vi(value: float, digits: int = 1) -> str:
    """Return a number as Vietnamese readers write it (decimal comma)."""
    return f"{value:,.{digits}f}".replace(",", " ").replace(".", ",").replace(" ", ".")


def _en(value: float, digits: int = 1) -> str:
    return f"{value:,.{digits}f}"


def _quantity(harvest: HarvestClaim, found: Sequence[ParcelEvidence], *, complete: bool) -> Check:
    ranges = [one.yield_range for one in found]
    claimed = harvest.parcel_total_t
    if not complete or claimed is None or any(one is None for one in ranges):
        return Check(
            "quantity", "unknown",
            f"Lô {harvest.lot}: chưa đủ số liệu diện tích, năng suất hoặc khối lượng để so.",
            f"Lot {harvest.lot}: area, yield or mass is not known well enough to compare.",
            {"claimed_t": claimed},
        )  # fmt: skip
    area = sum(one.area for one in found)
    low = sum(one.area * one.yield_range.p05 for one in found if one.yield_range)
    high = sum(one.area * one.yield_range.p95 for one in found if one.yield_range)
    status: Status = "plausible" if claimed <= high * (1 + QUANTITY_MARGIN) else "questionable"
    verb_vi = "không vượt mức" if status == "plausible" else "VƯỢT mức"
    verb_en = "does not exceed" if status == "plausible" else "EXCEEDS"
    return Check(
        "quantity", status,
        f"Lô {harvest.lot}: khai {_vi(claimed)} t từ {_vi(area, 2)} ha; {verb_vi} "
        f"ruộng ấy có thể cho: {_vi(low)}–{_vi(high)} t (cộng 10 %).",
        f"Lot {harvest.lot}: {_en(claimed)} t claimed from {_en(area, 2)} ha {verb_en} "
        f"what the fields can give: {_en(low)}–{_en(high)} t (plus 10 %).",
        {
            "claimed_t": claimed, "area_ha": area, "possible_low_t": low, "possible_high_t": high,
            "margin": QUANTITY_MARGIN,
        },
    )  # fmt: skip


def _date(harvest: HarvestClaim, found: Sequence[ParcelEvidence], *, complete: bool) -> Check:
    windows = [one.harvest for one in found]
    day = harvest.harvested_on
    if not complete or any(window is None for window in windows):
        return Check(
            "harvest_date", "unknown",
            f"Lô {harvest.lot}: ảnh vệ tinh chưa cho thấy ngày gặt để so với {day:%d/%m/%Y}.",
            f"Lot {harvest.lot}: no satellite harvest date to compare with {day:%d/%m/%Y}.",
            {"claimed_on": day.isoformat()},
        )  # fmt: skip
    margin = timedelta(days=DATE_MARGIN_DAYS)
    seen = [window for window in windows if window is not None]
    first = min(window.first_day for window in seen)
    last = max(window.last_day for window in seen)
    fits = all(window.first_day - margin <= day <= window.last_day + margin for window in seen)
    status: Status = "plausible" if fits else "questionable"
    verb_vi = "khớp với" if fits else "KHÔNG khớp với"
    verb_en = "agrees with" if fits else "does NOT agree with"
    return Check(
        "harvest_date", status,
        f"Lô {harvest.lot}: khai gặt ngày {day:%d/%m/%Y}, {verb_vi} ảnh vệ tinh: "
        f"từ {first:%d/%m/%Y} đến {last:%d/%m/%Y} (±{DATE_MARGIN_DAYS} ngày).",
        f"Lot {harvest.lot}: harvest claimed on {day:%d/%m/%Y} {verb_en} the satellite window "
        f"{first:%d/%m/%Y} to {last:%d/%m/%Y} (±{DATE_MARGIN_DAYS} days).",
        {"claimed_on": f"{day}", "seen_from": f"{first}", "seen_to": f"{last}"},
    )  # fmt: skip


def _age(harvest: HarvestClaim, found: Sequence[ParcelEvidence]) -> list[Check]:
    """Compare days from sowing to claimed harvest with the crop's; no check where unknown."""
    ages = {
        (harvest.harvested_on - one.sown_on).days: CROP_DAYS[one.crop]
        for one in found
        if one.sown_on is not None and one.crop in CROP_DAYS
    }
    if not ages:
        return []
    fits = all(
        low - DATE_MARGIN_DAYS <= age <= high + DATE_MARGIN_DAYS
        for age, (low, high) in ages.items()
    )
    low, high = next(iter(ages.values()))
    youngest, oldest = min(ages), max(ages)
    span = f"{youngest}" if youngest == oldest else f"{youngest}–{oldest}"
    verb_vi = "hợp với" if fits else "KHÔNG hợp với"
    verb_en = "fits" if fits else "does NOT fit"
    return [
        Check(
            "crop_age", "plausible" if fits else "questionable",
            f"Lô {harvest.lot}: gặt {span} ngày sau gieo sạ, {verb_vi} giống {low}–{high} ngày.",
            f"Lot {harvest.lot}: harvested {span} days after sowing, which {verb_en} "
            f"a crop of {low}–{high} days.",
            {"youngest_days": youngest, "oldest_days": oldest},
        )
    ]  # fmt: skip


def _nothing_recorded() -> Check:
    return Check(
        "harvest", "unknown",
        "Chưa ghi nhận sự kiện thu hoạch nào của lô này.",
        "No harvest event of this lot is recorded.",
    )  # fmt: skip


def _process(claim: LotClaim) -> Check:
    taken, given = claim.process_input_kg, claim.process_output_kg
    figures: dict[str, float | str | None] = {"input_kg": taken, "output_kg": given}
    if taken is None or given is None:
        return Check(
            "mass_balance", "unknown",
            "Chưa ghi đủ khối lượng vào và ra của khâu đóng gói.",
            "The mass in and out of packing is not fully recorded.",
            figures,
        )  # fmt: skip
    status: Status = "plausible" if given <= taken else "questionable"
    verb_vi = "không vượt" if status == "plausible" else "VƯỢT"
    verb_en = "does not exceed" if status == "plausible" else "EXCEEDS"
    return Check(
        "mass_balance", status,
        f"Đóng gói ra {_vi(given, 0)} kg, {verb_vi} {_vi(taken, 0)} kg đưa vào.",
        f"Packing gave {_en(given, 0)} kg, which {verb_en} the {_en(taken, 0)} kg taken in.",
        figures,
    )  # fmt: skip
