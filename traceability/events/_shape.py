"""The five event types of EPCIS 2.0 as pydantic models: what shape a standard field has.

Source: EPCIS 2.0.1 (GS1) and its ratified JSON schema; stricter where the standard's text
is and the schema is not (times, bare vocabulary names, negative quantities). Fields of
other namespaces are extra fields here; `_validation` judges their names.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
    model_validator,
)
from pydantic_core import PydanticCustomError

from traceability.events._values import TIME_PATTERN
from traceability.events._vocabulary import (
    ALERT_TYPES,
    BIZ_STEPS,
    BIZ_TRANSACTION_TYPES,
    COMPONENTS,
    DISPOSITIONS,
    ERROR_REASONS,
    MEASUREMENT_TYPES,
    SOURCE_DESTINATION_TYPES,
    words,
)
from traceability.identifiers import canonical_uri

__all__ = ["MODELS", "check_time"]

_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:[^\s<>\"{}|\\^`\x00-\x1f]+")
_KEYED_URNS = re.compile(r"urn:epc:(id|class|idpat):")
_KNOWN_SCHEMES = words(
    "sgtin sscc sgln grai giai gsrn gsrnp gdti cpi sgcn ginc gsin itip upui pgln lgtin"
)
_URN_WORD = re.compile(r"urn:epcglobal:cbv:(bizstep|disp|btt|sdt|er):(\w+)")


def _uri(text: str) -> str:
    if not _URI.fullmatch(text):
        raise PydanticCustomError("uri", "is not a URI")
    return text


def _epc(text: str) -> str:
    _uri(text)
    if _KEYED_URNS.match(text):
        scheme = text.split(":", 4)[3]
        if scheme in _KNOWN_SCHEMES and canonical_uri(text) is None:
            raise PydanticCustomError("epc", "is not a well-formed EPC URN")
    elif text.startswith("https://id.gs1.org/") and canonical_uri(text) is None:
        raise PydanticCustomError("epc", "is not a GS1 Digital Link")
    return text


def check_time(text: str) -> str:
    """Return `text` if it is a date-time with a zone, or raise a pydantic error."""
    found = TIME_PATTERN.fullmatch(text)
    if found is None:
        raise PydanticCustomError("time", "is not a date and time with zone")
    year, month, day, hour, minute, second = (int(part) for part in found.groups()[:6])
    try:
        datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)
    except ValueError:
        raise PydanticCustomError("time", "is not a date and time with zone") from None
    return text


def _word_of(allowed: frozenset[str], kind: str) -> AfterValidator:
    def check(text: str) -> str:
        if text in allowed:
            return text
        if ":" not in text or not _URI.fullmatch(text):
            raise PydanticCustomError(
                "vocabulary", "is no {kind} of CBV 2.0", {"kind": kind, "words": sorted(allowed)}
            )
        found = _URN_WORD.fullmatch(text)
        if found and found[2] not in allowed:
            raise PydanticCustomError(
                "vocabulary", "is no {kind} of CBV 2.0", {"kind": kind, "words": sorted(allowed)}
            )
        return text

    return AfterValidator(check)


def _finite(value: float) -> float:
    try:
        finite = math.isfinite(value)
    except OverflowError:  # an integer beyond what a double holds
        finite = False
    if not finite:
        raise PydanticCustomError("finite", "is not a finite number")
    return value


def _not_negative(value: float) -> float:
    if value < 0:
        raise PydanticCustomError("negative", "is a negative quantity")
    return value


Uri = Annotated[StrictStr, AfterValidator(_uri)]
Epc = Annotated[StrictStr, AfterValidator(_epc)]
Time = Annotated[StrictStr, AfterValidator(check_time)]
Number = Annotated[StrictInt | StrictFloat, AfterValidator(_finite)]
Quantity = Annotated[
    StrictInt | StrictFloat, AfterValidator(_finite), AfterValidator(_not_negative)
]
BizStep = Annotated[StrictStr, _word_of(BIZ_STEPS, "business step")]
Disposition = Annotated[StrictStr, _word_of(DISPOSITIONS, "disposition")]
TransactionType = Annotated[StrictStr, _word_of(BIZ_TRANSACTION_TYPES, "business transaction type")]
PartyType = Annotated[StrictStr, _word_of(SOURCE_DESTINATION_TYPES, "source or destination type")]
Measurement = Annotated[StrictStr, _word_of(MEASUREMENT_TYPES, "measurement type")]
Alert = Annotated[StrictStr, _word_of(ALERT_TYPES, "sensor alert type")]
Axis = Annotated[StrictStr, _word_of(COMPONENTS, "component")]
Reason = Annotated[StrictStr, _word_of(ERROR_REASONS, "error reason")]


class _Open(BaseModel):
    """An object with an extension point."""

    model_config = ConfigDict(extra="allow")


class _Closed(BaseModel):
    """An object that may hold nothing but its own fields."""

    model_config = ConfigDict(extra="forbid")


class QuantityElement(_Closed):
    epcClass: Epc  # noqa: N815  the standard's names
    quantity: Quantity | None = None
    uom: Annotated[StrictStr, Field(pattern=r"^[A-Z0-9]{2,3}$")] | None = None


class BizTransaction(_Closed):
    type: TransactionType | None = None
    bizTransaction: Uri  # noqa: N815


class Source(_Closed):
    type: PartyType
    source: Uri


class Destination(_Closed):
    type: PartyType
    destination: Uri


class Place(_Open):
    id: Uri


class PersistentDisposition(_Closed):
    set: Annotated[list[Disposition], Field(min_length=1)] | None = None
    unset: Annotated[list[Disposition], Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def _one(self) -> PersistentDisposition:
        if self.set is None and self.unset is None:
            raise PydanticCustomError("needs_set", "needs set or unset")
        return self


class SensorMetadata(_Open):
    time: Time | None = None
    startTime: Time | None = None  # noqa: N815
    endTime: Time | None = None  # noqa: N815
    deviceID: Uri | None = None  # noqa: N815
    deviceMetadata: Uri | None = None  # noqa: N815
    rawData: Uri | None = None  # noqa: N815
    dataProcessingMethod: Uri | None = None  # noqa: N815
    bizRules: Uri | None = None  # noqa: N815


class SensorReport(_Open):
    type: Measurement | None = None
    exception: Alert | None = None
    deviceID: Uri | None = None  # noqa: N815
    deviceMetadata: Uri | None = None  # noqa: N815
    rawData: Uri | None = None  # noqa: N815
    dataProcessingMethod: Uri | None = None  # noqa: N815
    bizRules: Uri | None = None  # noqa: N815
    time: Time | None = None
    microorganism: Uri | None = None
    chemicalSubstance: Uri | None = None  # noqa: N815
    coordinateReferenceSystem: Uri | None = None  # noqa: N815
    value: Number | None = None
    component: Axis | None = None
    stringValue: StrictStr | None = None  # noqa: N815
    booleanValue: StrictBool | None = None  # noqa: N815
    hexBinaryValue: Annotated[StrictStr, Field(pattern=r"^[A-Fa-f0-9]+$")] | None = None  # noqa: N815
    uriValue: Uri | None = None  # noqa: N815
    minValue: Number | None = None  # noqa: N815
    maxValue: Number | None = None  # noqa: N815
    meanValue: Number | None = None  # noqa: N815
    sDev: Number | None = None  # noqa: N815
    percRank: Number | None = None  # noqa: N815
    percValue: Number | None = None  # noqa: N815
    uom: StrictStr | None = None

    @model_validator(mode="after")
    def _kind(self) -> SensorReport:
        if self.type is None and self.exception is None:
            raise PydanticCustomError("needs_type", "needs type or exception")
        return self


class SensorElement(_Open):
    sensorMetadata: SensorMetadata | None = None  # noqa: N815
    sensorReport: Annotated[list[SensorReport], Field(min_length=1)]  # noqa: N815


class ErrorDeclaration(_Open):
    declarationTime: Time  # noqa: N815
    reason: Reason | None = None
    correctiveEventIDs: list[Uri] | None = None  # noqa: N815


class _Event(_Open):
    """What all five types share."""

    eventTime: Time  # noqa: N815
    eventTimeZoneOffset: Annotated[  # noqa: N815
        StrictStr, Field(pattern=r"^[+-]((0[0-9]|1[0-3]):[0-5][0-9]|14:00)$")
    ]
    recordTime: Time | None = None  # noqa: N815
    eventID: Uri | None = None  # noqa: N815
    certificationInfo: Uri | list[Uri] | None = None  # noqa: N815
    errorDeclaration: ErrorDeclaration | None = None  # noqa: N815
    bizStep: BizStep | None = None  # noqa: N815
    disposition: Disposition | None = None
    persistentDisposition: PersistentDisposition | None = None  # noqa: N815
    readPoint: Place | None = None  # noqa: N815
    bizLocation: Place | None = None  # noqa: N815
    bizTransactionList: list[BizTransaction] | None = None  # noqa: N815
    sourceList: list[Source] | None = None  # noqa: N815
    destinationList: list[Destination] | None = None  # noqa: N815
    sensorElementList: list[SensorElement] | None = None  # noqa: N815


_Action = Literal["ADD", "OBSERVE", "DELETE"]


class ObjectEvent(_Event):
    type: Literal["ObjectEvent"]
    action: _Action
    epcList: list[Epc] | None = None  # noqa: N815
    quantityList: list[QuantityElement] | None = None  # noqa: N815
    ilmd: dict[str, Any] | None = None

    @model_validator(mode="after")
    def _whole(self) -> ObjectEvent:
        sensed = bool(self.sensorElementList) and self.readPoint is not None
        if self.epcList is None and not self.quantityList and not sensed:
            raise PydanticCustomError(
                "needs_what", "names no object: epcList, quantityList, or sensors with readPoint"
            )
        if self.ilmd is not None and self.action != "ADD":
            raise PydanticCustomError("ilmd_action", "has ilmd although its action is not ADD")
        return self


class AggregationEvent(_Event):
    type: Literal["AggregationEvent"]
    action: _Action
    parentID: Epc | None = None  # noqa: N815
    childEPCs: list[Epc] | None = None  # noqa: N815
    childQuantityList: list[QuantityElement] | None = None  # noqa: N815

    @model_validator(mode="after")
    def _whole(self) -> AggregationEvent:
        if not (self.childEPCs or self.childQuantityList or self.action == "DELETE"):
            raise PydanticCustomError("needs_what", "names no children")
        if self.parentID is None and self.action != "OBSERVE":
            raise PydanticCustomError("needs_parent", "needs parentID unless action is OBSERVE")
        return self


class AssociationEvent(_Event):
    type: Literal["AssociationEvent"]
    action: _Action
    parentID: Epc  # noqa: N815
    childEPCs: list[Epc] | None = None  # noqa: N815
    childQuantityList: list[QuantityElement] | None = None  # noqa: N815

    @model_validator(mode="after")
    def _whole(self) -> AssociationEvent:
        if not (self.childEPCs or self.childQuantityList or self.action == "DELETE"):
            raise PydanticCustomError("needs_what", "names no children")
        return self


class TransactionEvent(_Event):
    type: Literal["TransactionEvent"]
    action: _Action
    bizTransactionList: Annotated[list[BizTransaction], Field(min_length=1)]  # noqa: N815  required here
    parentID: Epc | None = None  # noqa: N815
    epcList: list[Epc] | None = None  # noqa: N815
    quantityList: list[QuantityElement] | None = None  # noqa: N815

    @model_validator(mode="after")
    def _whole(self) -> TransactionEvent:
        named = self.epcList is not None or self.quantityList or self.action == "DELETE"
        if not (named or self.parentID):
            raise PydanticCustomError("needs_what", "names no object: epcList or quantityList")
        return self


class TransformationEvent(_Event):
    type: Literal["TransformationEvent"]
    inputEPCList: list[Epc] | None = None  # noqa: N815
    inputQuantityList: list[QuantityElement] | None = None  # noqa: N815
    outputEPCList: list[Epc] | None = None  # noqa: N815
    outputQuantityList: list[QuantityElement] | None = None  # noqa: N815
    transformationID: Uri | None = None  # noqa: N815
    ilmd: dict[str, Any] | None = None

    @model_validator(mode="after")
    def _whole(self) -> TransformationEvent:
        has_input = bool(self.inputEPCList or self.inputQuantityList)
        has_output = bool(self.outputEPCList or self.outputQuantityList)
        linked = self.transformationID is not None
        if not ((has_input and has_output) or (linked and (has_input or has_output))):
            raise PydanticCustomError(
                "needs_what", "needs inputs and outputs (or one of them and a transformationID)"
            )
        return self


MODELS: dict[str, type[BaseModel]] = {
    "ObjectEvent": ObjectEvent,
    "AggregationEvent": AggregationEvent,
    "TransactionEvent": TransactionEvent,
    "TransformationEvent": TransformationEvent,
    "AssociationEvent": AssociationEvent,
}
"""Event type → its model."""
