"""What a device may send: SenML and plain JSON, and everything that is neither."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agridata.observations._payloads import (
    MAX_PAYLOAD_BYTES,
    MAX_RECORDS,
    Measurement,
    PayloadError,
    parse,
)

T = 1_773_961_200  # 2026-03-19T23:00:00Z
AT = datetime(2026, 3, 19, 23, tzinfo=UTC)


def read(document: object):
    return parse(json.dumps(document).encode())


def test_base_fields_are_resolved():
    """The example of RFC 8428 §5.1.2 in our words: names joined, times and values added."""
    found = read([
        {"bn": "urn:dev:ow:10e2:", "bt": T, "bu": "Cel", "bv": 20, "n": "temp", "v": 3.1},
        {"n": "temp", "t": -5.5, "v": -0.5},
        {"n": "salt", "u": "g/L", "t": 60, "v": -18.75},
        {"bn": "urn:dev:b:", "n": "x", "v": 1, "bver": 10},
    ])  # fmt: skip
    assert [(one.sensor, one.value, one.unit) for one in found.measurements] == [
        ("urn:dev:ow:10e2:temp", 23.1, "Cel"), ("urn:dev:ow:10e2:temp", 19.5, "Cel"),
        ("urn:dev:ow:10e2:salt", 1.25, "g/L"), ("urn:dev:b:x", 21, "Cel"),
    ]  # fmt: skip
    seconds = [(one.time - AT).total_seconds() for one in found.measurements]
    assert seconds == [0, -5.5, 60, 0]
    assert found.bad == []


def test_times_without_a_base_are_relative_to_now():
    (one,) = read([{"n": "a", "v": 1, "t": -30}]).measurements
    assert (one.time, one.offset) == (None, -30)
    (one,) = read([{"n": "a", "v": 1}]).measurements
    assert (one.time, one.offset) == (None, 0)


def test_records_that_are_no_measurement_leave_the_others():
    found = read([
        {"bn": "d:", "bt": T}, {"n": "a", "v": 1}, {"n": "b", "vs": "open"}, {"n": "c", "v": True},
        {"n": "d", "v": "1"}, {"n": 5, "v": 1}, {"n": "e", "v": 1, "u": 3}, {"n": "f", "v": 2},
        {"n": "g", "v": 1, "t": "x"}, {"n": "h", "v": 1, "t": 1e18}, {"n": "i", "s": 4},
    ])  # fmt: skip
    assert [one.sensor for one in found.measurements] == ["d:a", "d:f"]
    assert [(finding.where, finding.field) for _, finding in found.bad] == [
        ("record 3", "v"), ("record 4", "v"), ("record 5", "v"), ("record 6", "n"),
        ("record 7", "u"), ("record 9", "t"), ("record 10", "t"), ("record 11", "v"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "record", [{"bver": 11}, {"bver": "10"}, {"bver": True}, {"bn": 1}, {"bt": "now"},
               {"must_": 1}, {"bv": "x"}],
)  # fmt: skip
def test_senml_that_must_not_be_understood_is_refused_whole(record):
    with pytest.raises(PayloadError) as error:
        read([{"n": "a", "v": 1, "t": T}, record])
    assert error.value.reason == "malformed"


def test_unknown_labels_that_need_not_be_understood_are_passed_over():
    assert len(read([{"n": "a", "v": 1, "t": T, "colour": "red"}]).measurements) == 1


@pytest.mark.parametrize(
    ("time", "second"),
    [("2026-03-20T06:00:00+07:00", 0), ("2026-03-19T23:00:00Z", 0), (T, 0), (T + 0.25, 0.25)],
)
def test_plain_json(time, second):
    found = read({"sensor": "salt", "time": time, "value": 1.2, "unit": "g/L", "id": 17})
    assert found.message_id == "17"
    (one,) = found.measurements
    assert (one.sensor, one.value, one.unit) == ("salt", 1.2, "g/L")
    assert (one.time - AT).total_seconds() == second


def test_plain_json_with_many_sensors_and_many_records():
    found = read([
        {"time": T, "values": {"ec": 3.5, "temp": 29, "bad": None}, "units": {"temp": "Cel"}},
        {"time": T + 60, "sensor": "ec", "value": 3.6},
    ])  # fmt: skip
    assert [(one.sensor, one.value, one.unit) for one in found.measurements] == [
        ("ec", 3.5, ""), ("temp", 29, "Cel"), ("ec", 3.6, ""),
    ]  # fmt: skip
    assert [finding.where for _, finding in found.bad] == ["record 1 values.bad"]


@pytest.mark.parametrize(
    "time", ["2026-03-20T06:00:00", "yesterday", "", 12, -5, True, [], "2026-02-30T00:00:00Z"]
)
def test_a_plain_time_needs_an_offset_and_a_calendar(time):
    ((reason, _),) = read({"sensor": "a", "time": time, "value": 1}).bad
    assert reason == "bad_time"


@pytest.mark.parametrize(
    "payload",
    [
        b"", b"null", b"1", b'"x"', b"[]", b"[1]", b"{}", b"{", b"\xff\xfe", b'[{"n":"a","v":NaN}]',
        b'{"sensor":"a","value":Infinity}', b'[{"n":"a","n":"b","v":1}]', b"[" * 5000,
        b'[{"v":' + b"9" * 5000 + b"}]", b'[{"sensor":"a","value":1},{"n":"b","v":1}]',
        b'{"sensor":"a","value":1,"id":""}', b'{"sensor":"a","value":1,"id":"a\\u0000b"}',
        b'{"sensor":"a","value":1,"id":"\\ud800"}', b'{"x":1}',
        b'{"sensor":"a","value":1,"id":[1]}',
    ],
)  # fmt: skip
def test_what_is_neither_form_is_malformed(payload):
    with pytest.raises(PayloadError) as error:
        parse(payload)
    assert error.value.reason == "malformed"
    assert error.value.findings[0].fix


def test_too_much_is_oversize():
    for payload in (
        b" " * MAX_PAYLOAD_BYTES + b"1",
        json.dumps([{"n": "a"}] * (MAX_RECORDS + 1)).encode(),
    ):
        with pytest.raises(PayloadError) as error:
            parse(payload)
        assert error.value.reason == "oversize"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(
        st.sampled_from(["n", "v", "t", "u", "bn", "bt", "bv", "bver", "sensor", "value", "values",
                         "units", "unit", "time", "id", "x_"]) | st.text(max_size=3),
        inner, max_size=5,
    ),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=60) | JSON.map(lambda one: json.dumps(one).encode()))
def test_nothing_a_device_sends_breaks_the_reader(payload):
    try:
        found = parse(payload)
    except PayloadError as error:
        assert error.reason in ("malformed", "oversize")  # noqa: PT017  only if it is raised
        return
    for one in found.measurements:
        assert isinstance(one, Measurement)
        assert one.sensor
        assert abs(one.value) < float("inf")
        assert one.time is None or one.time.microsecond % 1000 == 0
    for _, finding in found.bad:
        finding.problem.encode("utf-8")
        finding.where.encode("utf-8")
