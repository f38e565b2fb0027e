"""Events as we write them: harvest, packing, shipping, receiving.

Shapes follow GS1 US, "EPCIS recommendations for FSMA 204 critical tracking events" R2.0:
a lot is ``https://id.gs1.org/01/{GTIN14}/10/{lot}``, a place ``…/414/{GLN}``, a party
``…/417/{GLN}``. Times carry the province's offset; quantities are kilograms (KGM). A
person appears only as the salted commitment in ``agd:operator``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from agridata.errors import UsageError
from agridata.vocabulary import to_local
from traceability.errors import EventError
from traceability.events._personal import AGD
from traceability.events._prehash import event_hash
from traceability.events._validation import validate_event
from traceability.identifiers import build_digital_link, check_value, gtin14

__all__ = [
    "AdminUnitThen",
    "LotQuantity",
    "document_of",
    "harvest_event",
    "location_uri",
    "lot_uri",
    "packing_event",
    "party_uri",
    "receiving_event",
    "shipping_event",
]

CONTEXT: tuple[str | dict[str, str], ...] = (
    "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
    {"agd": AGD, "cbvmda": "urn:epcglobal:cbv:mda:"},
)
"""The ``@context`` of every event we write; nobody needs to fetch it to read the event."""

_PLACES = "https://ns.agridata.example/location/"


@dataclass(frozen=True, slots=True)
class LotQuantity:
    """Some kilograms of a lot; `kilograms` is None where nothing was weighed."""

    gtin: str
    lot: str
    kilograms: float | None = None

    def element(self) -> dict[str, Any]:
        """Return the EPCIS ``quantityElement``."""
        element: dict[str, Any] = {"epcClass": lot_uri(self.gtin, self.lot)}
        if self.kilograms is not None:
            element |= {"quantity": _plain(self.kilograms), "uom": "KGM"}
        return element


@dataclass(frozen=True, slots=True)
class AdminUnitThen:
    """The administrative unit as it was at the event; events are never rewritten."""

    code: str
    name: str
    era: str


def lot_uri(gtin: str, lot: str) -> str:
    """Return the class-level identifier of a lot, ``https://id.gs1.org/01/…/10/…``.

    Raises
    ------
    IdentifierError
        If the GTIN's check digit is wrong or the lot has no GS1 form.
    """
    return build_digital_link({"01": gtin14(gtin), "10": lot}, "id.gs1.org")


def location_uri(gln: str | None = None, code: str = "") -> str:
    """Return the identifier of a place: its GLN, or our own code where it has none.

    Raises
    ------
    IdentifierError
        If the GLN is wrong.
    UsageError
        If neither is given.
    """
    if gln:
        return build_digital_link({"414": gln}, "id.gs1.org")
    if not code:
        raise UsageError("a place needs a GLN or our own code", field="code", fix="give one")
    return _PLACES + _segment(code)


def party_uri(gln: str) -> str:
    """Return the identifier of a party, ``https://id.gs1.org/417/{GLN}``."""
    check_value("417", gln)
    return f"https://id.gs1.org/417/{gln}"


def _segment(text: str) -> str:
    from traceability.identifiers import escape_path

    return escape_path(text)


def _plain(number: float) -> float:
    """Return a whole number as int, so that every writer prints it alike."""
    return int(number) if float(number).is_integer() else float(number)


def harvest_event(
    *,
    harvested: LotQuantity,
    at: datetime,
    location: str,
    parcels: Sequence[str],
    operator: str | None = None,
    planted_area_ha: float | None = None,
    admin_unit: AdminUnitThen | None = None,
    variety: str = "",
    first_day: date | None = None,
    last_day: date | None = None,
    simulated: bool = False,
    event_id: str | None = None,
    extra: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the ObjectEvent ADD with which a lot begins.

    Parameters
    ----------
    harvested
        The new lot and its kilograms.
    at
        When the harvest was finished; aware.
    location
        URI of the farm or field, see `location_uri`.
    parcels
        Codes of the parcels the lot grew on.
    operator
        Salted commitment of the person, 43 characters base64url.
    planted_area_ha
        Hectares harvested.
    admin_unit
        Administrative unit as it was on that day.
    variety
        Variety of the crop.
    first_day, last_day
        First and last day of the harvest, where it took several.
    simulated
        True for data that nobody observed.
    event_id
        A URI; default the event's own hash.
    extra
        Further extension fields, keys with a prefix of the context.

    Returns
    -------
    dict
        JSON data that `validate_event` accepts.

    Raises
    ------
    EventError
        If the event would not be valid, for example because it holds personal data.
    IdentifierError
        If GTIN or lot are wrong.
    """
    ilmd: dict[str, Any] = {"cbvmda:lotNumber": harvested.lot}
    if variety:
        ilmd["agd:variety"] = variety
    if first_day is not None:
        ilmd["cbvmda:harvestStartDate"] = first_day.isoformat()
    if last_day is not None:
        ilmd["cbvmda:harvestEndDate"] = last_day.isoformat()
    fields: dict[str, Any] = {
        "action": "ADD",
        "bizStep": "creating_class_instance",
        "disposition": "active",
        "quantityList": [harvested.element()],
        "ilmd": ilmd,
        "agd:parcel": list(parcels),
    }
    if planted_area_ha is not None:
        fields["agd:plantedArea"] = {"value": _plain(planted_area_ha), "uom": "HAR"}
    extras = _extras(operator, admin_unit, simulated=simulated) | dict(extra or {})
    return _finished("ObjectEvent", at, location, fields | extras, event_id)


def packing_event(
    *,
    inputs: Sequence[LotQuantity],
    outputs: Sequence[LotQuantity],
    at: datetime,
    location: str,
    operator: str | None = None,
    admin_unit: AdminUnitThen | None = None,
    transformation_id: str | None = None,
    best_before: date | None = None,
    biz_step: str = "packing",
    simulated: bool = False,
    event_id: str | None = None,
    extra: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the TransformationEvent that turns lots into packed lots.

    Parameters
    ----------
    inputs, outputs
        Lots used up and lots made, each with its kilograms where weighed.
    transformation_id
        URI of a batch that several events describe.
    best_before
        Best-before date of the packed goods.
    biz_step
        Business step of CBV 2.0, for milling for example ``creating_class_instance``.
    at, location, operator, admin_unit, simulated, event_id, extra
        As for `harvest_event`; same return and errors.
    """
    fields: dict[str, Any] = {
        "inputQuantityList": [lot.element() for lot in inputs],
        "outputQuantityList": [lot.element() for lot in outputs],
        "bizStep": biz_step,
        "disposition": "active",
    }
    if transformation_id:
        fields["transformationID"] = transformation_id
    if best_before is not None:
        fields["ilmd"] = {"cbvmda:bestBeforeDate": best_before.isoformat()}
    extras = _extras(operator, admin_unit, simulated=simulated) | dict(extra or {})
    return _finished("TransformationEvent", at, location, fields | extras, event_id)


def shipping_event(
    *,
    shipped: Sequence[LotQuantity],
    at: datetime,
    location: str,
    sender: str | None = None,
    receiver: str | None = None,
    destination: str | None = None,
    reference: str | None = None,
    operator: str | None = None,
    admin_unit: AdminUnitThen | None = None,
    simulated: bool = False,
    event_id: str | None = None,
    extra: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the ObjectEvent OBSERVE with which lots leave a place.

    Parameters
    ----------
    shipped
        Lots and kilograms that left.
    sender, receiver
        URIs of the owning parties before and after, see `party_uri`.
    destination
        URI of the place the goods go to.
    reference
        URI of the dispatch advice.
    at, location, operator, admin_unit, simulated, event_id, extra
        As for `harvest_event`; same return and errors.
    """
    fields = _moved("shipping", "in_transit", shipped, sender, receiver, destination, reference)
    extras = _extras(operator, admin_unit, simulated=simulated) | dict(extra or {})
    return _finished("ObjectEvent", at, location, fields | extras, event_id)


def receiving_event(
    *,
    received: Sequence[LotQuantity],
    at: datetime,
    location: str,
    sender: str | None = None,
    receiver: str | None = None,
    reference: str | None = None,
    operator: str | None = None,
    admin_unit: AdminUnitThen | None = None,
    simulated: bool = False,
    event_id: str | None = None,
    extra: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the ObjectEvent OBSERVE with which lots arrive at a place.

    Parameters
    ----------
    received
        Lots and kilograms that arrived.
    sender, receiver, reference
        As for `shipping_event`.
    at, location, operator, admin_unit, simulated, event_id, extra
        As for `harvest_event`; same return and errors.
    """
    fields = _moved("receiving", "in_progress", received, sender, receiver, None, reference)
    extras = _extras(operator, admin_unit, simulated=simulated) | dict(extra or {})
    return _finished("ObjectEvent", at, location, fields | extras, event_id)


def _moved(
    step: str,
    disposition: str,
    lots: Sequence[LotQuantity],
    sender: str | None,
    receiver: str | None,
    destination: str | None,
    reference: str | None,
) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "action": "OBSERVE",
        "bizStep": step,
        "disposition": disposition,
        "quantityList": [lot.element() for lot in lots],
    }
    if reference:
        fields["bizTransactionList"] = [{"type": "desadv", "bizTransaction": reference}]
    if sender:
        fields["sourceList"] = [{"type": "owning_party", "source": sender}]
    targets = (("owning_party", receiver), ("location", destination))
    given = [{"type": kind, "destination": uri} for kind, uri in targets if uri]
    return fields | ({"destinationList": given} if given else {})


def _extras(
    operator: str | None, admin_unit: AdminUnitThen | None, *, simulated: bool
) -> dict[str, Any]:
    extras: dict[str, Any] = {"agd:simulated": simulated}
    if operator is not None:
        extras["agd:operator"] = operator
    if admin_unit is not None:
        unit = {"code": admin_unit.code, "name": admin_unit.name, "era": admin_unit.era}
        extras["agd:adminUnit"] = unit
    return extras


def _finished(
    kind: str, at: datetime, location: str, fields: Mapping[str, Any], event_id: str | None
) -> dict[str, Any]:
    if at.tzinfo is None:
        raise UsageError("the event time has no zone", field="at", fix="pass an aware time")
    local = to_local(at)
    event: dict[str, Any] = {
        "@context": [part if isinstance(part, str) else dict(part) for part in CONTEXT],
        "type": kind,
        "eventTime": local.isoformat(timespec="milliseconds"),
        "eventTimeZoneOffset": local.isoformat()[-6:],
        "readPoint": {"id": location},
        "bizLocation": {"id": location},
        **fields,
    }
    event["eventID"] = event_id or event_hash(event)
    if findings := validate_event(event):
        raise EventError.of(findings)
    return event


def document_of(events: Sequence[Mapping[str, Any]], created: datetime) -> dict[str, Any]:
    """Return an EPCISDocument that holds `events`.

    Parameters
    ----------
    events
        Events; each keeps its own ``@context``.
    created
        The document's creation date; aware.
    """
    return {
        "@context": [part if isinstance(part, str) else dict(part) for part in CONTEXT],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": to_local(created).isoformat(timespec="milliseconds"),
        "epcisBody": {"eventList": [dict(event) for event in events]},
    }
