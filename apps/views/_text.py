"""Languages of the screens: sentences in two languages, numbers and dates by Babel.

Vietnamese first, English second; a sentence exists only with both (it does not
type-check otherwise). ``vi`` writes 1.234,5 and dd/mm/yyyy HH:MM (UTC+7).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal, get_args

from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal

from agridata.vocabulary import to_local

__all__ = [
    "LANGS",
    "Lang",
    "Sentence",
    "choose_language",
    "day",
    "exact_number",
    "moment",
    "number",
    "quantity",
    "say",
]

Lang = Literal["vi", "en"]
LANGS: tuple[Lang, ...] = get_args(Lang)
"""Order is preference: the first is what a reader gets who asks for neither."""

_DATE = {"vi": "dd/MM/yyyy", "en": "d MMM y"}
_MOMENT = {"vi": "dd/MM/yyyy HH:mm", "en": "d MMM y, HH:mm"}
_EXACT = "#,##0.###############"
_UNIT_OF_UOM = {"KGM": "kg", "TNE": "t", "HAR": "ha", "GRM": "g"}
"""UN/ECE Recommendation 20 codes that our events use → what people write."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One text in both languages; ``{name}`` marks what is filled in."""

    vi: str
    en: str

    def text(self, lang: Lang, **values: object) -> str:
        """Return the text of `lang` with `values` filled in."""
        chosen = self.vi if lang == "vi" else self.en
        return chosen.format(**values) if values else chosen


def say(catalogue: Mapping[str, Sentence], lang: Lang, key: str, **values: object) -> str:
    """Return sentence `key` of a `catalogue` in `lang`; an unknown key is a KeyError."""
    return catalogue[key].text(lang, **values)


def choose_language(asked: str | None, accept_language: str | None) -> Lang:
    """Return the language of a page: ``?lang=``, else Accept-Language, else Vietnamese.

    Parameters
    ----------
    asked
        Value of the query parameter; anything but ``vi`` or ``en`` is ignored.
    accept_language
        The header (RFC 9110 §12.5.4); the acceptable language of highest weight wins,
        the earlier one at equal weight.
    """
    for lang in LANGS:
        if asked == lang:
            return lang
    weighed = [_weighed(part) for part in (accept_language or "").split(",")]
    known = [(weight, lang) for weight, lang in weighed if lang is not None and weight > 0]
    return max(known, key=lambda pair: pair[0])[1] if known else LANGS[0]


def _weighed(part: str) -> tuple[float, Lang | None]:
    name, _, weight = part.partition(";")
    primary = name.strip().lower().partition("-")[0]
    try:
        q = float(weight.strip().removeprefix("q=")) if weight else 1.0
    except ValueError:
        q = 0.0
    return q, next((lang for lang in LANGS if lang == primary), None)


def day(when: date, lang: Lang) -> str:
    """Return a calendar day: ``20/03/2026`` or ``20 Mar 2026``."""
    return str(format_date(when, _DATE[lang], locale=lang))


def moment(when: datetime, lang: Lang) -> str:
    """Return an aware moment on the province's clock: ``20/03/2026 06:00``."""
    return str(format_datetime(to_local(when), _MOMENT[lang], locale=lang))


def number(value: float, lang: Lang, digits: int = 1) -> str:
    """Return `value` rounded to at most `digits` decimals: ``1.234,5`` or ``1,234.5``."""
    pattern = "#,##0" + ("." + "#" * digits if digits else "")
    return str(format_decimal(Decimal(repr(value)), pattern, locale=lang))


def exact_number(value: float, lang: Lang) -> str:
    """Return `value` with every digit it has: what a signed event says is never rounded."""
    return str(format_decimal(Decimal(repr(value)), _EXACT, locale=lang))


def quantity(value: float, uom: str, lang: Lang) -> str:
    """Return an exact number with its unit; `uom` is a UN/ECE Rec. 20 code (``KGM``)."""
    return f"{exact_number(value, lang)} {_UNIT_OF_UOM.get(uom, uom)}"
