"""The consumer's trace page, read from the workspace and told in one language."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Literal, cast

from sqlmodel import Session, col, select

from agridata.errors import NotFoundError
from agridata.places.models import AdminCrosswalk, AdminUnit
from agridata.registry.models import Organisation, Parcel, Planting, Product
from agridata.vocabulary import Utc, local_date
from apps.views._text import Lang, day, moment, number, say
from apps.views._trace_certificates import certificate_lines
from apps.views._trace_chart import greenness
from apps.views._trace_model import (
    Claim,
    Fact,
    Judged,
    JudgedCheck,
    LotLink,
    Step,
    TracePage,
)
from apps.views._trace_steps import Names, document_of, journey, step_of
from apps.views._trace_text import PAGE
from traceability.events.models import TraceEvent
from traceability.identifiers import build_digital_link, format_short_code
from traceability.labels.models import Label
from traceability.lots import trace_back
from traceability.lots.models import Lot

__all__ = ["Judge", "lot_events", "recent_lots", "trace_page"]

Judge = Callable[[Session, Lot, Utc], Judged | None]
"""Gives the plausibility verdict on a lot at a moment, None where nothing was compared."""

LOTS_SHOWN = 12
"""Lots listed on a page without one: more is a search, not a list."""

BEST_BEFORE = "cbvmda:bestBeforeDate"
"""CBV 2.0 master data of a packed lot."""

OLD_NAMES_SHOWN = 4
"""Former communes named beside a new one: the median new commune has three."""


def trace_page(
    session: Session,
    *,
    gtin: str,
    lot: str,
    serial: str,
    lang: Lang,
    now: Utc,
    public_url: str,
    judge: Judge | None,
    log_size: int,
) -> TracePage:
    """Read everything a trace page says about a product, a lot or one labelled item.

    Parameters
    ----------
    gtin
        GTIN-14.
    lot, serial
        AI 10 and 21; "" where the code does not carry them.
    now
        The moment the page speaks at; later events are not shown.
    public_url
        Scheme and host that printed codes carry.
    log_size
        Entries under the log's newest checkpoint: events beyond have no proof yet.

    Raises
    ------
    NotFoundError
        If the product or lot is unknown, or the serial was never printed.
    """
    product = session.get(Product, gtin)
    found = _lot(session, gtin, lot) if lot else None
    if product is None or (lot and found is None):
        raise _unknown("gtin" if product is None else "lot", lot or gtin)
    label = _label(session, gtin, lot, serial) if serial else None
    if serial and label is None:
        raise _unknown("serial", serial)
    return _assemble(session, product, found, label, serial, lang, now, public_url, judge, log_size)


def lot_events(session: Session, gtin: str, lot: str, now: Utc) -> list[TraceEvent]:
    """Return the events of a lot and of all that went into it, known by `now`, oldest first."""
    return [one for one in trace_back(session, gtin, lot).events if one.event_time <= now]


def recent_lots(session: Session, lang: Lang, gtin: str = "") -> tuple[LotLink, ...]:
    """Return the newest packed lots, of one product or of all."""
    query = select(Lot, Product).join(Product, col(Product.gtin) == Lot.gtin)
    query = query.where(col(Lot.packed_at).is_not(None))
    if gtin:
        query = query.where(Lot.gtin == gtin)
    query = query.order_by(col(Lot.packed_at).desc(), col(Lot.lot)).limit(LOTS_SHOWN)
    rows, word = session.exec(query).all(), say(PAGE, lang, "step_of_lot")
    return tuple(
        LotLink(lot.lot, _path(lot), f"{_name(product, lang)[0]}, {word} {lot.lot}")
        for lot, product in rows
    )


def _path(lot: Lot) -> str:
    link = build_digital_link({"01": lot.gtin, "10": lot.lot}, "host.invalid")
    return "/" + link.split("/", 3)[3]


def _unknown(field: str, value: str) -> NotFoundError:
    return NotFoundError(
        f"no {field} {value!r} in this workspace",
        where=value,
        field=field,
        fix="check the code under the QR, or ask who sold it",
        problem_vi=f"không có {value!r} trong kho dữ liệu này",
        fix_vi="hãy xem lại mã in dưới QR, hoặc hỏi nơi bán",
    )


def _lot(session: Session, gtin: str, lot: str) -> Lot | None:
    return session.exec(select(Lot).where(Lot.gtin == gtin, Lot.lot == lot)).first()


def _label(session: Session, gtin: str, lot: str, serial: str) -> Label | None:
    query = select(Label).where(Label.gtin == gtin, Label.serial == serial)
    if lot:
        query = query.where(Label.lot == lot)
    return session.exec(query).first()


def _name(product: Product, lang: Lang) -> tuple[str, str]:
    """Return the product's name and its language if that is not the page's."""
    if lang == "en" and product.name_en:
        return product.name_en, ""
    return product.name_vi, "" if lang == "vi" else "vi"


def _assemble(
    session: Session,
    product: Product,
    lot: Lot | None,
    label: Label | None,
    serial: str,
    lang: Lang,
    now: Utc,
    public_url: str,
    judge: Judge | None,
    log_size: int,
) -> TracePage:
    events = lot_events(session, product.gtin, lot.lot, now) if lot else []
    organisations = session.exec(select(Organisation)).all()
    maker_code = lot.organisation_code if lot else product.organisation_code
    maker = next((one for one in organisations if one.code == maker_code), None)
    parcels = tuple(filter(None, (lot.parcel_codes if lot else "").split(",")))
    plantings = _plantings(session, parcels, events)
    sown = _sown(session, plantings, lang)
    names = Names(organisations, _communes_now(session, events))
    name, name_lang = _name(product, lang)
    verdict = judge(session, lot, now) if judge and lot else None
    printed = _printed_code(session, lot, label, public_url) if lot else ""
    return TracePage(
        lang=lang, gtin=product.gtin, lot=lot.lot if lot else "", serial=serial,
        status=cast("Literal['active', 'held', 'recalled']", lot.status if lot else "active"),
        label_void=label is not None and label.status == "void",
        simulated=product.simulated or bool(maker and maker.simulated),
        as_of=moment(now, lang),
        name=name, name_lang=name_lang,
        product=_product_facts(product, lot, serial, events, printed, lang),
        maker=_maker_facts(session, maker, lang, now),
        steps=journey(events, names, sown, lang, now, log_size) if lot else (),
        verdict=_verdict(verdict, lang),
        claims=tuple(_claim(one, lang) for one in verdict.checks) if verdict else (),
        certificates=certificate_lines(
            session, gtin=product.gtin, parcels=parcels,
            makers=(maker_code, product.organisation_code), lang=lang, now=now,
        ),
        standards=_or_missing(lang, "standards", product.standards, text_lang="vi"),
        season=_season_facts(plantings, lang),
        chart=greenness(session, parcels, lang, now),
        organisation=maker.name if maker else "", address=maker.address if maker else "",
        lots=() if lot else recent_lots(session, lang, product.gtin),
    )  # fmt: skip


def _or_missing(
    lang: Lang, key: str, text: str | None, *, text_lang: str = "", note: str = ""
) -> Fact:
    label = say(PAGE, lang, key)
    if text:
        return Fact(label, text, lang=text_lang, note=note)
    return Fact(label, say(PAGE, lang, "not_recorded"), missing=True)


def _printed_code(session: Session, lot: Lot, label: Label | None, public_url: str) -> str:
    """Return the code as it stands on this label or the lot's newest, else a Digital Link."""
    if label is not None:
        return label.uri
    query = select(Label.uri).where(
        Label.gtin == lot.gtin, Label.lot == lot.lot, Label.serial == ""
    )
    newest = session.exec(query.order_by(col(Label.id).desc())).first()
    return newest or public_url.rstrip("/") + _path(lot)


def _product_facts(
    product: Product,
    lot: Lot | None,
    serial: str,
    events: Sequence[TraceEvent],
    printed: str,
    lang: Lang,
) -> tuple[Fact, ...]:
    weight = f"{number(product.net_weight_kg, lang, 3)} kg" if product.net_weight_kg else None
    facts = [
        _or_missing(lang, "picture", None),
        _or_missing(lang, "brand", product.brand, text_lang="vi"),
        _or_missing(lang, "net_weight", weight),
        Fact(say(PAGE, lang, "gtin"), product.gtin),
    ]
    if lot:
        facts += [
            Fact(say(PAGE, lang, "lot"), lot.lot),
            *_packing_dates(events, lang),
            Fact(say(PAGE, lang, "short_code"), format_short_code(lot.short_code)),
            Fact(say(PAGE, lang, "trace_code"), printed),
        ]
    if serial:
        facts.append(Fact(say(PAGE, lang, "serial"), serial))
    return tuple(facts)


def _packing_dates(events: Sequence[TraceEvent], lang: Lang) -> tuple[Fact, Fact]:
    """Return when the lot was packed and its best-before day, both from the signed event."""
    packing = [one for one in events if one.biz_step == "packing"]
    if not packing:
        return _or_missing(lang, "packed", None), _or_missing(lang, "expiry", None)
    last = packing[-1]
    event = document_of(last)
    packed = Fact(
        say(PAGE, lang, "packed"), moment(last.event_time, lang),
        path="eventTime", raw=str(event.get("eventTime", "")), index=last.log_index,
    )  # fmt: skip
    until = str((event.get("ilmd") or {}).get(BEST_BEFORE, ""))
    try:
        text = day(date.fromisoformat(until), lang)
    except ValueError:
        return packed, _or_missing(lang, "expiry", None)
    path = f"ilmd.{BEST_BEFORE}"
    return packed, Fact(say(PAGE, lang, "expiry"), text, path=path, raw=until, index=last.log_index)


def _maker_facts(
    session: Session, maker: Organisation | None, lang: Lang, now: Utc
) -> tuple[Fact, ...]:
    if maker is None:
        return (_or_missing(lang, "organisation", None),)
    name, former = _commune(session, maker.admin_unit_code, lang, now)
    return (
        Fact(say(PAGE, lang, "organisation"), maker.name, lang="vi"),
        _or_missing(lang, "address", maker.address, text_lang="vi"),
        _or_missing(lang, "place", name, note=former, text_lang="vi"),
        Fact(say(PAGE, lang, "location_code"), maker.gln or maker.location_code),
    )


def _commune(session: Session, code: str, lang: Lang, now: Utc) -> tuple[str, str]:
    """Return the commune's name at `now` and a phrase with the names it had before."""
    today = local_date(now)
    units = session.exec(
        select(AdminUnit).where(AdminUnit.code == code, AdminUnit.level == 3)
    ).all()
    valid = [
        one
        for one in units
        if (one.valid_from is None or one.valid_from <= today)
        and (one.valid_to is None or today < one.valid_to)
    ]
    if not valid:
        return "", ""
    former = session.exec(
        select(AdminUnit.full_name)
        .join(AdminCrosswalk, col(AdminCrosswalk.old_code) == AdminUnit.code)
        .where(
            AdminCrosswalk.new_code == code,
            AdminUnit.level == 3,
            col(AdminUnit.valid_to).is_not(None),
        )
        .distinct()
        .order_by(col(AdminUnit.full_name))
    ).all()
    if not former:
        return valid[0].full_name, ""
    listed = ", ".join(former[:OLD_NAMES_SHOWN]) + ("…" if len(former) > OLD_NAMES_SHOWN else "")
    return valid[0].full_name, say(PAGE, lang, "was", names=listed)


def _communes_now(session: Session, events: Sequence[TraceEvent]) -> dict[str, str]:
    """Return, for communes that events name, old code → names of the communes it went into."""
    told = (document_of(one).get("agd:adminUnit") for one in events)
    codes = {str(unit.get("code", "")) for unit in told if isinstance(unit, dict)}
    rows = session.exec(
        select(AdminCrosswalk.old_code, AdminUnit.full_name)
        .join(AdminUnit, col(AdminUnit.code) == AdminCrosswalk.new_code)
        .where(
            col(AdminCrosswalk.old_code).in_(codes),
            AdminUnit.level == 3,
            col(AdminUnit.valid_to).is_(None),
        )
    ).all()
    names: dict[str, list[str]] = {}
    for old, name in rows:
        names.setdefault(old, []).append(name)
    return {old: ", ".join(sorted(set(many))) for old, many in names.items()}


def _plantings(
    session: Session, parcels: Sequence[str], events: Sequence[TraceEvent]
) -> list[Planting]:
    """Return each parcel's last planting sown before the lot's harvest."""
    harvests = [
        local_date(one.event_time) for one in events if step_of(document_of(one)) == "harvest"
    ]
    if not parcels or not harvests:
        return []
    rows = session.exec(
        select(Planting)
        .where(col(Planting.parcel_code).in_(parcels), col(Planting.sown_on) <= max(harvests))
        .order_by(col(Planting.sown_on))
    ).all()
    return list({one.parcel_code: one for one in rows}.values())


def _sown(session: Session, plantings: Sequence[Planting], lang: Lang) -> Step:
    title = Fact("", say(PAGE, lang, "sowing"))
    days = sorted({one.sown_on for one in plantings if one.sown_on})
    if not days:
        return Step(title, missing=True, note=say(PAGE, lang, "step_missing"))
    text = " – ".join(day(one, lang) for one in dict.fromkeys((days[0], days[-1])))
    codes = [one.parcel_code for one in plantings]
    simulated = any(one.simulated for one in plantings) or bool(
        session.exec(
            select(Parcel).where(col(Parcel.code).in_(codes), col(Parcel.simulated))
        ).first()
    )
    return Step(
        title,
        (Fact(say(PAGE, lang, "step_time"), text),),
        simulated=Fact("", say(PAGE, lang, "simulated")) if simulated else None,
        note=say(PAGE, lang, "from_register"),
    )


def _season_facts(plantings: Sequence[Planting], lang: Lang) -> tuple[Fact, ...]:
    varieties = ", ".join(sorted({one.variety for one in plantings}))
    seasons = {(one.season, one.year) for one in plantings}
    named = ", ".join(
        f"{say(PAGE, lang, season) if season in PAGE else season} {year}"
        for season, year in sorted(seasons)
    )
    return (
        _or_missing(lang, "season_name", named),
        _or_missing(lang, "variety", varieties),
        _or_missing(lang, "inputs", None),
        _or_missing(lang, "phi", None),
    )


def _verdict(verdict: Judged | None, lang: Lang) -> Claim | None:
    if verdict is None:
        return None
    return Claim(verdict.status, say(PAGE, lang, f"claim_{verdict.status}"), "")


def _claim(check: JudgedCheck, lang: Lang) -> Claim:
    sentence = check.sentence_vi if lang == "vi" else check.sentence_en
    return Claim(check.status, say(PAGE, lang, f"claim_{check.status}"), sentence)
