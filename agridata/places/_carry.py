"""Figures of old units told for new ones, and back: nothing of the total is lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from sqlmodel import Session

from agridata.errors import NotFoundError
from agridata.places._convert import Conversion, convert

__all__ = ["Carried", "carry_over"]


@dataclass(slots=True)
class Carried:
    """Totals by unit of the era asked for, and what no unit could be given.

    ``sum(totals.values()) + sum(kept.values())`` is the sum that came in.
    """

    totals: dict[str, float] = field(default_factory=dict)
    kept: dict[str, float] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)


def carry_over(
    session: Session, figures: Mapping[str, float], to: date | Literal["2025", "pre2025"]
) -> Carried:
    """Spread figures that add up (hectares, tonnes, heads) over the units of another era.

    Parameters
    ----------
    figures
        GSO code → total of that unit. Yields and other ratios do not add up: carry
        production and area, and divide.

    Returns
    -------
    Carried
        A unit that went whole into another gives it all. A split one is spread by share of
        area, brought to a sum of 1 (shares leave out differences between maps); where
        shares were not measured its total stays under its own code in `kept`, with the
        reason.

    Notes
    -----
    Sharing by area takes the figure for evenly spread within the unit. Where parcels or
    other shapes are known, `agridata.layers.layer_statistics` measures instead.
    """
    carried = Carried()
    for code, total in figures.items():
        try:
            parts = convert(session, code, to)
        except NotFoundError as error:
            carried.kept[code], carried.reasons[code] = total, error.findings[0].problem
            continue
        shares = _shares(parts)
        if shares is None:
            carried.kept[code], carried.reasons[code] = total, _unmeasured(parts)
            continue
        for target, share in shares.items():
            carried.totals[target] = carried.totals.get(target, 0.0) + total * share
    return carried


def _shares(parts: list[Conversion]) -> dict[str, float] | None:
    """Return shares with the sum 1, None where a split was not measured."""
    if len(parts) == 1:
        return {parts[0].code: 1.0}
    known = {part.code: part.share_of_area for part in parts}
    measured = {code: share for code, share in known.items() if share is not None}
    whole = sum(measured.values())
    if len(measured) < len(known) or whole <= 0:
        return None
    return {code: share / whole for code, share in measured.items()}


def _unmeasured(parts: list[Conversion]) -> str:
    lacking = ", ".join(part.code for part in parts if part.share_of_area is None)
    return f"split, and its shares in {lacking} were not measured"
