"""What cooperatives and officers see: tables of the workspace, localised, renderer-free."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from sqlmodel import Session, SQLModel, col, select

from agridata.forecasts.models import YieldForecast
from agridata.observations.models import Reading, Scene, Station, ZonalStatistic
from agridata.places.models import AdminUnit
from agridata.registry.models import Herd, Organisation, Parcel, Pond, Product
from agridata.storage import DataSet
from agridata.vocabulary import Utc, local_date, to_utc
from apps.views._text import Lang, day, moment, number, say
from apps.views.farmer_text import CROPS, SEASONS, method_name
from apps.views.office_text import OFFICE
from traceability.identifiers import escape_path
from traceability.labels.models import Label, LabelSheet
from traceability.lots.models import Lot
from traceability.plausibility import Verdict

__all__ = [
    "Table",
    "changes",
    "counts",
    "data_sets",
    "fields",
    "lots",
    "network",
    "organisations",
    "sheets",
    "yields",
]

STALE_HOURS = 48
"""A reading older than this supports no advice (the same limit as the advice itself)."""

ROWS_SHOWN = 40
"""A table for eyes, not an export: the command line exports everything."""


@dataclass(frozen=True, slots=True)
class Table:
    """Column heads and rows of texts."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def records(self) -> list[dict[str, str]]:
        """Return the rows as mappings from head to text."""
        return [dict(zip(self.heads, row, strict=True)) for row in self.rows]


def _heads(lang: Lang, *keys: str) -> tuple[str, ...]:
    return tuple(say(OFFICE, lang, key) for key in keys)


def _kind(simulated: bool, lang: Lang) -> str:
    return say(OFFICE, lang, "simulated" if simulated else "real")


def _number(value: float | None, lang: Lang) -> str:
    return "–" if value is None else number(value, lang, 2)


def counts(session: Session, lang: Lang) -> dict[str, str]:
    """Return the number of rows of each noun, with its label."""
    nouns: Mapping[str, type[SQLModel]] = {
        "n_parcels": Parcel, "n_herds": Herd, "n_ponds": Pond,
        "n_stations": Station, "n_readings": Reading, "n_lots": Lot,
    }  # fmt: skip
    return {
        say(OFFICE, lang, key): number(
            session.scalar(sa.select(sa.func.count()).select_from(model)) or 0, lang, 0
        )
        for key, model in nouns.items()
    }


def data_sets(session: Session, lang: Lang) -> Table:
    """List every loaded source with its counts: stored + rejected = rows in the file."""
    rows = session.exec(select(DataSet).order_by(col(DataSet.kind), col(DataSet.key))).all()
    return Table(
        _heads(
            lang, "title", "simulated", "rows", "stored", "rejected", "as_of_column", "source",
            "licence", "loaded",
        ),
        tuple(
            (
                one.title_vi if lang == "vi" else one.title_en, _kind(one.simulated, lang),
                number(one.rows_in_file, lang, 0), number(one.rows_stored, lang, 0),
                number(one.rows_rejected, lang, 0),
                moment(one.as_of, lang) if one.as_of else "", one.source, one.licence,
                moment(one.loaded_at, lang),
            )
            for one in rows
        ),
    )  # fmt: skip


def network(session: Session, lang: Lang, now: Utc) -> Table:
    """List the salinity stations, those that report first, with the age of their last reading."""
    newest = (
        select(col(Reading.station_id), sa.func.max(Reading.time).label("time"))
        .where(Reading.variable == "water_salinity", Reading.time <= now)
        .group_by(col(Reading.station_id))
        .subquery()
    )
    salt = select(Reading.station_id).where(Reading.variable == "water_salinity").distinct()
    measuring = select(Reading.station_id).distinct()
    found = session.exec(
        select(Station, newest.c.time)
        .outerjoin(newest, newest.c.station_id == Station.id)
        .where(col(Station.id).in_(salt) | col(Station.id).not_in(measuring))
        .order_by(newest.c.time.desc().nulls_last(), col(Station.key))
        .limit(ROWS_SHOWN)
    ).all()
    rows = []
    for station, time in found:
        state = "silent" if time is None else "fresh"
        if time is not None and now - to_utc(time) > timedelta(hours=STALE_HOURS):
            state = "stale"
        rows.append(
            (
                station.name, station.river, moment(to_utc(time), lang) if time else "",
                say(OFFICE, lang, state), _kind(station.simulated, lang),
            )
        )  # fmt: skip
    return Table(_heads(lang, "station", "river", "last_time", "state", "simulated"), tuple(rows))


def changes(session: Session, lang: Lang, now: Utc, band: str = "NDVI") -> Table:
    """Compare the last two scenes over communes, the greatest fall first."""
    scenes = session.exec(
        select(Scene)
        .where(
            col(Scene.key).in_(
                select(ZonalStatistic.scene_key).where(
                    ZonalStatistic.zone_kind == "commune", ZonalStatistic.band == band
                )
            ),
            Scene.time <= now,
        )
        .order_by(col(Scene.time).desc())
        .limit(2)
    ).all()
    heads = _heads(lang, "commune", "band", "before", "after", "change", "simulated")
    if len(scenes) < 2:
        return Table(heads, ())
    after, before = (_means(session, scene.key, band) for scene in scenes)
    names = {
        unit.code: unit.full_name
        for unit in session.exec(
            select(AdminUnit).where(
                col(AdminUnit.code).in_(after), col(AdminUnit.valid_to).is_(None)
            )
        ).all()
    }
    falls = sorted((after[code] - before[code], code) for code in after if code in before)
    rows = tuple(
        (
            names.get(code, code), f"{band}, {day(local_date(scenes[0].time), lang)}",
            number(before[code], lang, 2), number(after[code], lang, 2), number(fall, lang, 2),
            _kind(scenes[0].simulated, lang),
        )
        for fall, code in falls[:ROWS_SHOWN]
    )  # fmt: skip
    return Table(heads, rows)


def _means(session: Session, scene_key: str, band: str) -> dict[str, float]:
    rows = session.exec(
        select(ZonalStatistic).where(
            ZonalStatistic.scene_key == scene_key,
            ZonalStatistic.band == band,
            ZonalStatistic.zone_kind == "commune",
        )
    ).all()
    return {row.zone: row.mean for row in rows if row.mean is not None}


def yields(session: Session, lang: Lang) -> Table:
    """List the issued yield forecasts with interval, baseline and method."""
    rows = session.exec(
        select(YieldForecast).order_by(
            col(YieldForecast.year).desc(), col(YieldForecast.season), col(YieldForecast.unit_name)
        )
    ).all()
    return Table(
        _heads(
            lang, "unit", "season", "year", "middle", "interval", "best_baseline", "known_to",
            "method", "simulated",
        ),
        tuple(
            (
                one.unit_name,
                SEASONS[one.season].text(lang) if one.season in SEASONS else one.season,
                str(one.year), number(one.p50, lang, 2),
                f"{number(one.p05, lang, 2)}–{number(one.p95, lang, 2)}",
                _number(one.baselines.get("mean5"), lang), str(one.last_known_year),
                method_name(one.method, lang), _kind(one.simulated, lang),
            )
            for one in rows
        ),
    )  # fmt: skip


def lots(
    session: Session, organisation: str, lang: Lang, now: Utc, judge: Callable[..., Verdict | None]
) -> Table:
    """List an organisation's lots, packed ones first, with verdict, status and printed labels."""
    found = session.exec(
        select(Lot, Product)
        .join(Product, col(Product.gtin) == Lot.gtin)
        .where(Lot.organisation_code == organisation)
        .order_by(col(Lot.packed_at).desc().nulls_last(), col(Lot.lot).desc())
        .limit(ROWS_SHOWN)
    ).all()
    rows = []
    for lot, product in found:
        verdict = judge(session, lot, now)
        printed = session.scalar(
            sa.select(sa.func.count())
            .select_from(Label)
            .where(col(Label.gtin) == lot.gtin, col(Label.lot) == lot.lot)
        )
        rows.append(
            (
                product.name_vi if lang == "vi" else product.name_en, lot.lot,
                say(OFFICE, lang, verdict.status if verdict else "unknown"),
                say(OFFICE, lang, lot.status),
                number(printed or 0, lang, 0),
                moment(lot.packed_at, lang) if lot.packed_at else "",
                number(lot.quantity_kg, lang, 0) if lot.quantity_kg else "",
                lot.short_code,
                f"/01/{lot.gtin}/10/{escape_path(lot.lot)}",
            )
        )  # fmt: skip
    return Table(
        _heads(
            lang, "product", "lot", "verdict", "status", "printed", "packed", "quantity",
            "short_code", "link",
        ),
        tuple(rows),
    )  # fmt: skip


def fields(session: Session, organisation: str, lang: Lang) -> Table:
    """List an organisation's registered fields."""
    rows = session.exec(
        select(Parcel).where(Parcel.organisation_code == organisation).order_by(col(Parcel.code))
    ).all()
    return Table(
        _heads(lang, "field", "land_use", "area", "simulated"),
        tuple(
            (
                one.code,
                CROPS[one.land_use].text(lang) if one.land_use in CROPS else one.land_use,
                number(one.area_ha, lang, 2), _kind(one.simulated, lang),
            )
            for one in rows[:ROWS_SHOWN]
        ),
    )  # fmt: skip


def organisations(session: Session) -> list[Organisation]:
    """Return the organisations that harvested or packed something, cooperatives first, by name."""
    makers = select(Lot.organisation_code)
    return list(
        session.exec(
            select(Organisation)
            .where(col(Organisation.code).in_(makers))
            .order_by(Organisation.kind, Organisation.name)
        ).all()
    )


def sheets(session: Session, organisation: str) -> list[LabelSheet]:
    """Return the label sheets of an organisation's lots, newest first."""
    mine = select(Product.gtin).where(Product.organisation_code == organisation)
    return list(
        session.exec(
            select(LabelSheet)
            .where(col(LabelSheet.gtin).in_(mine))
            .order_by(col(LabelSheet.id).desc())
        ).all()
    )
