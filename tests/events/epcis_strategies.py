"""Hypothesis strategies for events as we write them and as others might."""

from __future__ import annotations

import base64
import string
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from traceability.events import (
    AdminUnitThen,
    LotQuantity,
    harvest_event,
    location_uri,
    packing_event,
    receiving_event,
    shipping_event,
)
from traceability.identifiers import with_check_digit

CSET82_LOT = string.ascii_letters + string.digits + "!\"%&'()*+,-./:;<=>?_"

gtins = st.integers(0, 10**13 - 1).map(lambda n: with_check_digit(f"{n:013}"))
glns = st.integers(10**11, 10**12 - 1).map(lambda n: with_check_digit(f"{n:012}"))
lots = st.text(CSET82_LOT, min_size=1, max_size=20)
moments = st.datetimes(
    min_value=datetime(2000, 1, 1),  # noqa: DTZ001  hypothesis wants naive bounds
    max_value=datetime(2049, 12, 31),  # noqa: DTZ001
    timezones=st.just(UTC),
).map(lambda moment: moment.replace(microsecond=0))
kilograms = st.none() | st.floats(0, 1e7, allow_nan=False).map(lambda n: round(n, 3))
operators = st.binary(min_size=32, max_size=32).map(
    lambda raw: base64.urlsafe_b64encode(raw).decode().rstrip("=")
)
lot_quantities = st.builds(LotQuantity, gtins, lots, kilograms)
units = st.builds(
    AdminUnitThen,
    st.from_regex(r"[0-9]{5}", fullmatch=True),
    st.sampled_from(["Xã Vị Thủy", "Phường Ngã Bảy", "Xã Thạnh Hòa"]),
    st.sampled_from(["pre2025", "2025"]),
)
places = glns.map(location_uri) | st.text(string.ascii_letters + "-Đ", min_size=1).map(
    lambda code: location_uri(code=code)
)


@st.composite
def events(draw: st.DrawFn) -> dict[str, Any]:
    """Return any event our builders can write."""
    common: dict[str, Any] = {
        "at": draw(moments),
        "location": draw(places),
        "operator": draw(st.none() | operators),
        "admin_unit": draw(st.none() | units),
        "simulated": draw(st.booleans()),
    }
    several = st.lists(lot_quantities, min_size=1, max_size=4)
    kind = draw(st.sampled_from(["harvest", "pack", "ship", "receive"]))
    if kind == "harvest":
        return harvest_event(
            harvested=draw(lot_quantities),
            parcels=draw(st.lists(st.from_regex(r"VT-[0-9]{4}", fullmatch=True), max_size=3)),
            planted_area_ha=draw(st.none() | st.floats(0.01, 500).map(lambda n: round(n, 2))),
            variety=draw(st.sampled_from(["", "OM 18", "Đài Thơm 8", "ST25"])),
            last_day=common["at"].date(),
            first_day=common["at"].date() - timedelta(days=2),
            **common,
        )
    if kind == "pack":
        return packing_event(inputs=draw(several), outputs=draw(several), **common)
    if kind == "ship":
        return shipping_event(shipped=draw(several), destination=draw(places), **common)
    return receiving_event(received=draw(several), **common)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner),
    max_leaves=12,
)


def places_in(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path of every value inside JSON data."""
    pairs = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    return [path, *(found for key, item in pairs for found in places_in(item, (*path, key)))]


def with_value(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    """Return `document` with `value` at `path`; the document itself is not changed."""
    if not path:
        return value
    copy = dict(document) if isinstance(document, dict) else list(document)
    copy[path[0]] = with_value(copy[path[0]], path[1:], value)
    return copy
