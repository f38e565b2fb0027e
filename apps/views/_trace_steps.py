"""The journey of a lot: signed events told field by field, gaps told as gaps."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from agridata.registry.models import Organisation
from agridata.vocabulary import Utc
from apps.views._text import Lang, moment, quantity, say
from apps.views._trace_model import Fact, Step
from apps.views._trace_text import PAGE, STEPS
from traceability.events.models import TraceEvent

__all__ = ["Names", "document_of", "journey", "raw_text", "step_of"]

EXPECTED_STEPS = ("receiving", "shipping", "packing", "harvest")
"""What a lot on a shelf has gone through, latest first; what lacks is told as lacking."""

QUANTITY_LISTS = {
    "quantityList": "step_quantity",
    "inputQuantityList": "step_input",
    "outputQuantityList": "step_output",
}
"""EPCIS 2.0 quantity lists → label."""

LOT_IN_URI = re.compile(r"/01/(\d{14})/10/([^/?#]+)")
"""As the verifier script reads it: a stored event may be damaged, and must still be shown."""


class Names:
    """Names that stand outside the signed events: organisations and today's communes."""

    def __init__(self, organisations: Sequence[Organisation], communes: Mapping[str, str]) -> None:
        self._by_code = {one.code: one.name for one in organisations}
        self._by_location = {
            code: one.name for one in organisations for code in (one.gln, one.location_code) if code
        }
        self._communes = communes

    def organisation(self, code: str) -> str:
        """Return the organisation's name, or its code if the register lacks it."""
        return self._by_code.get(code, code)

    def location(self, code: str) -> str:
        """Return the name of the organisation at a location code, "" if unknown."""
        return self._by_location.get(code, "")

    def commune_now(self, old_code: str) -> str:
        """Return today's communes of a unit before the reform, "" if unknown."""
        return self._communes.get(old_code, "")


def raw_text(value: Any) -> str:
    """Return a JSON value as the page's attribute carries it (and JavaScript's String has it)."""
    if isinstance(value, list):
        return ", ".join(raw_text(one) for one in value)
    return value if isinstance(value, str) else json.dumps(value)


def journey(
    events: Sequence[TraceEvent], names: Names, sown: Step, lang: Lang, now: Utc, log_size: int
) -> tuple[Step, ...]:
    """Return the steps from the reader's own visit back to the seed.

    Parameters
    ----------
    events
        Of the lot and of everything that went into it, any order.
    sown
        The oldest step; the register knows it, no event does.
    now
        The moment the page speaks at.
    log_size
        Entries under the newest checkpoint; later ones wait for their proof.

    Returns
    -------
    tuple of Step
        The visit, then the events latest first with the expected but unrecorded steps in
        their places, then `sown`.
    """
    latest_first = sorted(events, key=lambda one: (one.event_time, one.id or 0), reverse=True)
    kinds = {one.event_id: step_of(document_of(one)) for one in events}
    told = [(_rank(kinds[one.event_id]), _told(one, names, lang, log_size)) for one in latest_first]
    for rank, step in enumerate(EXPECTED_STEPS):
        if step not in kinds.values():
            at = next((i for i, (other, _) in enumerate(told) if other > rank), len(told))
            told.insert(at, (rank, _gap(step, lang)))
    visit = Step(
        Fact("", say(PAGE, lang, "your_scan")), (_fact(lang, "step_time", moment(now, lang)),)
    )
    return (visit, *(step for _, step in told), sown)


def _rank(biz_step: str) -> int:
    return EXPECTED_STEPS.index(biz_step) if biz_step in EXPECTED_STEPS else -1


def _fact(lang: Lang, label: str, text: str, /, **more: Any) -> Fact:
    return Fact(say(PAGE, lang, label), text, **more)


def _gap(step: str, lang: Lang) -> Step:
    return Step(
        Fact("", STEPS[step].text(lang)), missing=True, note=say(PAGE, lang, "step_missing")
    )


def _told(row: TraceEvent, names: Names, lang: Lang, log_size: int) -> Step:
    event = document_of(row)
    index = row.log_index if row.log_index is not None and row.log_index < log_size else None
    key = "step_waiting" if index is None else "step_entry"
    return Step(
        title=_title(event, lang),
        facts=tuple(_facts(event, row, names, lang)),
        index=index,
        issuer=row.organisation_code,
        signed=True,
        simulated=_simulated(event, lang),
        note=say(PAGE, lang, key, index=index),
    )


def document_of(row: TraceEvent) -> dict[str, Any]:
    """Return the stored event; what is no longer JSON is an event without fields."""
    try:
        event = json.loads(row.document)
    except ValueError:
        return {}
    return event if isinstance(event, dict) else {}


def step_of(event: Mapping[str, Any]) -> str:
    """Return the CBV step of an event, ``harvest`` for a lot that begins on parcels."""
    begins = event.get("action") == "ADD" and event.get("agd:parcel")
    return "harvest" if begins else str(event.get("bizStep", ""))


def _title(event: Mapping[str, Any], lang: Lang) -> Fact:
    path = "bizStep" if "bizStep" in event else "type"
    raw = str(event.get(path, ""))
    step = step_of(event)
    return Fact("", STEPS[step].text(lang) if step in STEPS else raw, path=path, raw=raw)


def _simulated(event: Mapping[str, Any], lang: Lang) -> Fact | None:
    value = event.get("agd:simulated")
    if value is None:
        return None
    text = say(PAGE, lang, "simulated" if value else "recorded")
    return Fact("", text, path="agd:simulated", raw=raw_text(value))


def _facts(event: Mapping[str, Any], row: TraceEvent, names: Names, lang: Lang) -> Iterator[Fact]:
    when = str(event.get("eventTime", ""))
    yield _fact(lang, "step_time", moment(row.event_time, lang), path="eventTime", raw=when)
    yield _fact(lang, "step_who", names.organisation(row.organisation_code), lang="vi")
    yield from _where(event, names, lang)
    for key, label in QUANTITY_LISTS.items():
        for position, one in enumerate(event.get(key) or ()):
            yield from _quantity(one, f"{key}.{position}", label, lang)
    yield from _land(event, names, lang)


def _where(event: Mapping[str, Any], names: Names, lang: Lang) -> Iterator[Fact]:
    for key in ("bizLocation", "readPoint"):
        uri = (event.get(key) or {}).get("id")
        if uri:
            code = unquote(str(uri).rsplit("/", 1)[-1])
            name = names.location(code)
            yield _fact(
                lang,
                "step_where",
                code,
                path=f"{key}.id",
                raw=str(uri),
                lead=f"{name}, " if name else "",
            )
            return


def _quantity(one: Mapping[str, Any], path: str, label: str, lang: Lang) -> Iterator[Fact]:
    uri = str(one.get("epcClass", ""))
    found = LOT_IN_URI.search(uri)
    lot = _fact(
        lang, "step_of_lot", unquote(found[2]) if found else uri, path=f"{path}.epcClass", raw=uri
    )
    if "quantity" not in one:
        yield replace(lot, label=say(PAGE, lang, label))
        return
    text = _measure(one["quantity"], str(one.get("uom", "")), lang)
    yield _fact(lang, label, text, path=f"{path}.quantity", raw=raw_text(one["quantity"]), tail=lot)


def _measure(value: Any, uom: str, lang: Lang) -> str:
    return quantity(value, uom, lang).strip() if isinstance(value, int | float) else raw_text(value)


def _land(event: Mapping[str, Any], names: Names, lang: Lang) -> Iterator[Fact]:
    variety = (event.get("ilmd") or {}).get("agd:variety")
    if variety:
        yield _fact(lang, "variety", str(variety), path="ilmd.agd:variety", raw=str(variety))
    parcels = event.get("agd:parcel")
    if parcels:
        text = raw_text(parcels)
        yield _fact(lang, "step_parcel", text, path="agd:parcel", raw=text)
    area = event.get("agd:plantedArea")
    if area:
        value = area["value"]
        text = _measure(value, str(area.get("uom", "")), lang)
        yield _fact(lang, "step_area", text, path="agd:plantedArea.value", raw=raw_text(value))
    unit = event.get("agd:adminUnit")
    if unit:
        now_in = (
            names.commune_now(str(unit.get("code", ""))) if unit.get("era") == "pre2025" else ""
        )
        yield _fact(
            lang, "step_place", str(unit["name"]), path="agd:adminUnit.name", raw=str(unit["name"]),
            lang="vi", note=say(PAGE, lang, "is_now", names=now_in) if now_in else "",
        )  # fmt: skip
