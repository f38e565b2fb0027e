"""What the farmer's pages share: names of places and crops, errors of a backtest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlmodel import Session

from agridata.errors import NotFoundError
from agridata.places import convert
from apps.views._text import Lang, number
from apps.views.farmer_text import CROPS

__all__ = ["best_baseline", "crop_name", "error_of", "old_names"]


def old_names(session: Session, code: str) -> str:
    """Return the names of the communes before the reform that this one was made of."""
    try:
        links = convert(session, code, to="pre2025")
    except NotFoundError:
        return ""
    return ", ".join(one.name for one in links[:3])


def crop_name(name: str, lang: Lang) -> str:
    """Return a crop or land use as people call it."""
    return CROPS[name].text(lang) if name in CROPS else name


def error_of(scores: object, lang: Lang) -> str:
    """Return the RMSE of a method's scores, "–" where none was measured."""
    rmse = scores.get("rmse") if isinstance(scores, Mapping) else None
    return number(float(rmse), lang, 2) if rmse is not None else "–"


def best_baseline(backtest: Mapping[str, Any], lang: Lang) -> str:
    """Return the RMSE of the best simple method of a backtest."""
    errors = [
        float(scores["rmse"])
        for name, scores in backtest.items()
        if name not in ("model", "shown")
        and isinstance(scores, Mapping)
        and scores.get("rmse") is not None
    ]
    return number(min(errors), lang, 2) if errors else "–"
