"""Areas, weights and yields as people say them: SI with the entered unit and its factor."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from agridata.errors import InputError
from agridata.vocabulary import Hectare, TonnesPerHectare, search_key

__all__ = ["LocalUnit", "Measured", "parse_area", "parse_decimal", "parse_mass", "parse_yield"]

AMOUNT = re.compile(r"(?P<number>[0-9][0-9.,]*)\s*(?P<unit>\D.*)")
GROUPED = re.compile(r"[0-9]{1,3}([.,])[0-9]{3}(?:\1[0-9]{3})+")
AMBIGUOUS = re.compile(r"[1-9][0-9]{0,2}[.,][0-9]{3}")
BOTH = re.compile(r"[0-9]{1,3}(?:\.[0-9]{3})+,[0-9]+|[0-9]{1,3}(?:,[0-9]{3})+\.[0-9]+")
PLAIN = re.compile(r"[0-9]+(?:[.,][0-9]+)?")
SQUARE_METRES_PER_HECTARE = 10_000


@dataclass(frozen=True, slots=True)
class LocalUnit:
    """A unit of speech; `factor` in m² or kg, `sure` where more than hearsay backs it."""

    name: str
    factor: float
    source: str
    sure: bool = True


@dataclass(frozen=True, slots=True)
class Measured:
    """A quantity in SI beside what was said.

    Parameters
    ----------
    value
        Hectares, kilograms or tonnes per hectare, as `unit` says.
    entered
        The text as it was said, NFC, white space folded.
    factor
        What one entered unit is worth: m², kg, or t/ha.
    source
        Where the factor comes from; `sure` is False where it should be asked once more.
    """

    value: float
    unit: str
    entered: str
    entered_unit: str
    factor: float
    source: str
    sure: bool


DEFINED = "definition"
SOUTH = "southern usage, secondary sources"
HEARSAY = "southern usage, unconfirmed: ask"
AREA_UNITS: Mapping[str, LocalUnit] = {
    "m2": LocalUnit("m²", 1.0, DEFINED),
    "ha": LocalUnit("ha", 10_000.0, DEFINED),
    "hec ta": LocalUnit("ha", 10_000.0, DEFINED),
    "cong": LocalUnit("công", 1_000.0, SOUTH),
    "cong tam nho": LocalUnit("công tầm nhỏ", 1_000.0, SOUTH),
    "cong tam lon": LocalUnit("công tầm lớn", 1_300.0, HEARSAY, sure=False),
}
MASS_UNITS: Mapping[str, LocalUnit] = {
    "kg": LocalUnit("kg", 1.0, DEFINED),
    "ky": LocalUnit("kg", 1.0, DEFINED),
    "yen": LocalUnit("yến", 10.0, DEFINED),
    "ta": LocalUnit("tạ", 100.0, DEFINED),
    "tan": LocalUnit("tấn", 1_000.0, DEFINED),
    "t": LocalUnit("tấn", 1_000.0, DEFINED),
}
ASKED = {
    "sao": ("a sào is 360 m² in the north and 500 m² in the centre",
            "một sào là 360 m² ở Bắc Bộ, 500 m² ở Trung Bộ", "m²"),
    "mau": ("a mẫu is 10 sào or 10 công, by region", "một mẫu là 10 sào hoặc 10 công tùy vùng",
            "m²"),
    "gia": ("a giạ is a volume of paddy, its kilograms differ by place",
            "giạ là đơn vị đong lúa, mỗi nơi một số ký", "kg"),
}  # fmt: skip
"""Units that are never assumed: what to tell the person who used one."""


def parse_decimal(text: str) -> float:
    """Read a number with a decimal comma or point, thousands grouped either way.

    Raises
    ------
    InputError
        If it is no number, or could mean two (``1.234``: one and a bit, or a thousand).
    """
    written = text.strip()
    if AMBIGUOUS.fullmatch(written):
        raise InputError(
            f"{written!r} may be {written[:-4]} and a fraction, or thousands", field="number",
            fix=f"write {written.replace(',', '').replace('.', '')} or one digit less",
            problem_vi=f"{written!r} có thể hiểu là số lẻ hoặc là hàng nghìn",
            fix_vi="hãy viết liền số hàng nghìn, hoặc bớt một chữ số lẻ",
        )  # fmt: skip
    if GROUPED.fullmatch(written):
        return float(re.sub(r"[.,]", "", written))
    if BOTH.fullmatch(written):
        whole, fraction = re.split(r"[.,](?=[0-9]+\Z)", written)
        return float(re.sub(r"[.,]", "", whole) + "." + fraction)
    if PLAIN.fullmatch(written):
        return float(written.replace(",", "."))
    raise InputError(
        f"{written!r} is not a number", field="number", fix="write 2,5 or 2.5",
        problem_vi=f"{written!r} không phải là số", fix_vi="hãy viết 2,5 hoặc 2.5",
    )  # fmt: skip


def parse_area(text: str, *, asked_m2: float | None = None) -> Measured:
    """Read an area such as ``3 công``, ``2,5 công tầm lớn``, ``0,4 ha``, ``850 m²``.

    Parameters
    ----------
    asked_m2
        What one unit is worth here, m², as the person said when asked; overrides.

    Returns
    -------
    Measured
        In hectares.

    Raises
    ------
    InputError
        If it cannot be read, or the unit differs by region (sào, mẫu) and nobody was asked.
    """
    number, name = _split(text)
    unit = _unit(name, AREA_UNITS, asked_m2)
    value = number * unit.factor / SQUARE_METRES_PER_HECTARE
    return _measured(Hectare(value), "ha", text, unit, unit.factor)


def parse_mass(text: str, *, asked_kg: float | None = None) -> Measured:
    """Read a weight such as ``12 tạ``, ``1,5 tấn``; a giạ is asked for, never assumed.

    Parameters
    ----------
    asked_kg
        What one unit weighs here, kg, as the person said when asked; overrides.

    Returns
    -------
    Measured
        In kilograms.

    Raises
    ------
    InputError
        If it cannot be read, or nobody was asked what a giạ weighs.
    """
    number, name = _split(text)
    unit = _unit(name, MASS_UNITS, asked_kg)
    return _measured(number * unit.factor, "kg", text, unit, unit.factor)


def parse_yield(
    text: str, *, asked_kg: float | None = None, asked_m2: float | None = None
) -> Measured:
    """Read a yield such as ``750 kg/công``, ``7,5 tạ/công``, ``72 tạ/ha``.

    Returns
    -------
    Measured
        In tonnes per hectare.

    Raises
    ------
    InputError
        If it cannot be read, or a unit differs by place and nobody was asked.
    """
    number, name = _split(text)
    mass_name, slash, area_name = name.partition("/")
    if not slash:
        raise _unreadable(text, "write a weight per area: 7,5 tạ/công")
    mass = _unit(mass_name, MASS_UNITS, asked_kg)
    area = _unit(area_name, AREA_UNITS, asked_m2)
    factor = mass.factor / 1_000 * SQUARE_METRES_PER_HECTARE / area.factor
    weaker = mass if area.source == DEFINED else area
    unit = LocalUnit(f"{mass.name}/{area.name}", factor, weaker.source, mass.sure and area.sure)
    return _measured(TonnesPerHectare(number * factor), "t/ha", text, unit, factor)


def _split(text: str) -> tuple[float, str]:
    found = AMOUNT.fullmatch(text.strip())
    if found is None:
        raise _unreadable(text, "write a number and a unit: 3 công")
    return parse_decimal(found["number"]), found["unit"]


def _unit(name: str, units: Mapping[str, LocalUnit], asked: float | None) -> LocalUnit:
    key = search_key(name.replace("²", "2"))
    if asked is not None:
        if asked <= 0:
            raise InputError("a unit is worth more than nothing", field="factor", fix="ask again")
        known = units.get(key)
        return LocalUnit(known.name if known else name.strip(), asked, "as told when asked")
    if key in units:
        return units[key]
    if key in ASKED:
        problem, problem_vi, si = ASKED[key]
        raise InputError(
            problem, field="unit", fix=f"ask how many {si} one is here, and give that",
            problem_vi=problem_vi, fix_vi=f"hãy hỏi ở đây một đơn vị là bao nhiêu {si}",
        )  # fmt: skip
    listed = ", ".join(dict.fromkeys(one.name for one in units.values()))
    raise InputError(
        f"{name.strip()!r} is not a unit known here", field="unit", fix=f"use one of {listed}",
        problem_vi=f"không biết đơn vị {name.strip()!r}", fix_vi=f"hãy dùng {listed}",
    )  # fmt: skip


def _measured(value: float, unit: str, text: str, local: LocalUnit, factor: float) -> Measured:
    entered = " ".join(text.split())
    return Measured(value, unit, entered, local.name, factor, local.source, local.sure)


def _unreadable(text: str, fix: str) -> InputError:
    return InputError(
        f"{text!r} is not a quantity", field="quantity", fix=fix,
        problem_vi=f"{text!r} không phải là số lượng", fix_vi="hãy viết số rồi đơn vị: 3 công",
    )  # fmt: skip
