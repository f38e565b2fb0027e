"""The verdict: never "plausible" without data, never silent about what does not fit."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agridata.evidence import HarvestWindow, ParcelEvidence, YieldRange
from agridata.vocabulary import Hectare, TonnesPerHectare, Utc
from traceability.plausibility import HarvestClaim, LotClaim, Verdict, judge

AS_OF = Utc(datetime(2026, 3, 20, tzinfo=UTC))
SEEN = HarvestWindow(date(2026, 3, 1), date(2026, 3, 6), "NDVI, 10 scenes", simulated=True)


def evidence(
    code: str = "P1",
    area: float = 1.8,
    *,
    seen: HarvestWindow | None = SEEN,
    p95: float | None = 8.0,
    sown_on: date | None = None,
) -> ParcelEvidence:
    t_ha = TonnesPerHectare
    yields = p95 and YieldRange(t_ha(6.0), t_ha(7.0), t_ha(p95), "m", "s", simulated=True)
    return ParcelEvidence(
        code, Hectare(area), "geodesic", True, "rice", sown_on, seen, yields or None, AS_OF
    )


def claim(
    tonnes: float | None, day: date = date(2026, 3, 3), parcels: tuple[str, ...] = ("P1",)
) -> LotClaim:
    harvest = HarvestClaim("H1", parcels, tonnes, day, tonnes)
    return LotClaim("09521234000017", "L1", (harvest,), 1000.0, 650.0)


def by_name(verdict: Verdict) -> dict[str, str]:
    return {check.name: check.status for check in verdict.checks}


def test_twelve_tonnes_from_1_8_hectares_on_3_march_fit() -> None:
    verdict = judge(claim(12.0), [evidence()])
    assert verdict.status == "plausible"
    assert verdict.simulated
    assert "khai 12,0 t từ 1,80 ha" in verdict.checks[0].sentence_vi


def test_twice_as_much_is_questioned_with_its_figures() -> None:
    verdict = judge(claim(24.0), [evidence()])
    assert verdict.status == "questionable"
    quantity = verdict.checks[0]
    assert quantity.figures["possible_high_t"] == pytest.approx(14.4)
    assert "VƯỢT" in quantity.sentence_vi
    assert "EXCEEDS" in quantity.sentence_en


def test_a_harvest_before_the_satellite_saw_it_is_questioned() -> None:
    verdict = judge(claim(12.0, date(2026, 2, 10)), [evidence()])
    assert by_name(verdict) == {
        "quantity": "plausible", "harvest_date": "questionable", "mass_balance": "plausible",
    }  # fmt: skip


@pytest.mark.parametrize(
    "known",
    [[], [evidence(seen=None)], [evidence(p95=None)], [evidence("P2")]],
    ids=["no parcel", "no satellite", "no yield", "another parcel"],
)
def test_no_data_is_never_passed(known: list[ParcelEvidence]) -> None:
    assert judge(claim(12.0), known).status == "unknown"


def test_a_lot_without_harvest_or_mass_is_unknown() -> None:
    verdict = judge(LotClaim("g", "l", (), None, None), [])
    assert verdict.status == "unknown"
    assert by_name(verdict) == {"harvest": "unknown", "mass_balance": "unknown"}


def test_more_out_of_packing_than_in_is_questioned() -> None:
    swollen = LotClaim("g", "l", claim(12.0).harvests, 1000.0, 1001.0)
    assert by_name(judge(swollen, [evidence()]))["mass_balance"] == "questionable"


@given(
    tonnes=st.floats(0, 500), more=st.floats(0, 500), area=st.floats(0.05, 50),
    shift=st.integers(-200, 200),
)  # fmt: skip
def test_claiming_more_never_makes_a_lot_more_plausible(
    tonnes: float, more: float, area: float, shift: int
) -> None:
    rank = {"plausible": 0, "unknown": 1, "questionable": 2}
    day = date(2026, 3, 3) + timedelta(days=shift)
    less_status = judge(claim(tonnes, day), [evidence(area=area)]).status
    more_status = judge(claim(tonnes + more, day), [evidence(area=area)]).status
    assert rank[more_status] >= rank[less_status]


@pytest.mark.parametrize(
    ("sown_on", "status"),
    [(date(2025, 11, 25), "plausible"), (date(2026, 1, 17), "questionable")],
)
def test_a_crop_cannot_be_ripe_45_days_after_sowing(sown_on: date, status: str) -> None:
    verdict = judge(claim(12.0), [evidence(sown_on=sown_on)])
    assert by_name(verdict)["crop_age"] == status
