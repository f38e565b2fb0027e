"""Messages of devices in the database: stored once, or rejected with a reason."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import Session, select

from agridata.errors import InputError, NotFoundError, UsageError
from agridata.observations import (
    Device,
    Message,
    Reading,
    RejectedMessage,
    Station,
    UnauthorisedError,
    add_device,
    authenticated,
    check_quality,
    check_recent,
    device_presence,
    devices,
    find_device,
    forget_ids,
    network_health,
    parse_sensor,
    revoke_device,
    rotate_token,
    series,
    take_messages,
)
from agridata.storage import DataSet, Workspace
from agridata.vocabulary import Utc

NOW = Utc(datetime(2026, 3, 20, 6, tzinfo=UTC))
ADDED = Utc(NOW - timedelta(days=30))


def convert(conductivity: float, temperature: float) -> float:
    """Stands in for PSS-78: a number that shows what it was given."""
    if conductivity > 80:
        raise InputError("beyond 80 dS/m")
    return conductivity * 0.5 + temperature / 1000


@pytest.fixture
def session(workspace_on: Workspace):
    with Session(workspace_on.engine.execution_options(immediate=True)) as opened:
        opened.add(
            DataSet(key="stations", kind="stations", title_vi="", title_en="", source="",
                    licence="", simulated=False, loaded_at=NOW, sha256="", rows_in_file=0,
                    rows_stored=0, rows_rejected=0)
        )  # fmt: skip
        opened.flush()
        for key in ("hoc_po", "nuoc_trong"):
            opened.add(Station(key=key, name=key, simulated=key == "nuoc_trong",
                               data_set_key="stations"))  # fmt: skip
        opened.commit()
        yield opened


def device(session: Session, key: str, station: str, *sensors: str, every=None) -> str:
    specs = [parse_sensor(one, every) for one in sensors]
    return add_device(session, key, station, specs, ADDED)[1]


def plain(sensor="s", value=1.5, minutes=0.0, unit="", **more) -> bytes:
    time = (NOW + timedelta(minutes=minutes)).isoformat()
    record = {"sensor": sensor, "time": time, "value": value, "unit": unit} | more
    return json.dumps({name: one for name, one in record.items() if one is not None}).encode()


def take(session: Session, *payloads: bytes, key="hp", at=NOW, **more):
    outcomes = take_messages(
        session, [Message(key, one, Utc(at), **more) for one in payloads], convert=convert
    )
    session.commit()
    return outcomes


def readings(session: Session) -> list[Reading]:
    session.expire_all()
    return list(session.exec(select(Reading).order_by(Reading.time, Reading.variable)))


def test_a_reading_keeps_what_was_sent_and_when_it_arrived(session):
    device(session, "hp", "hoc_po", "s=water_salinity@mg/L")
    (outcome,) = take(session, plain(value=1500, minutes=-3))
    assert (outcome.stored, outcome.duplicates, outcome.rejected) == (1, 0, [])
    (one,) = readings(session)
    assert (one.value, one.unit, one.raw_value, one.raw_unit) == (1.5, "g/L", 1500, "mg/L")
    assert (one.time, one.received_at) == (NOW - timedelta(minutes=3), NOW)
    assert (one.flag, one.suspect, one.data_set_key) == ("", "", "observing_network")
    assert find_device(session, "hp").last_seen == NOW
    known = session.get(DataSet, "observing_network")
    assert (known.rows_stored, known.rows_in_file, known.simulated) == (1, 1, False)


def test_the_same_reading_again_is_a_duplicate_another_value_a_conflict(session):
    device(session, "hp", "hoc_po", "s=water_salinity")
    first, again = take(session, plain(), plain(unit="‰"))
    assert (first.stored, again.duplicates) == (1, 1)
    repeated, other = take(session, plain(), plain(value=2))
    assert (repeated.duplicates, repeated.stored) == (1, 0)
    assert [reason for reason, _ in other.rejected] == ["conflict"]
    assert [one.value for one in readings(session)] == [1.5]


def test_conductivity_gives_salinity_and_keeps_value_and_method(session):
    device(session, "hp", "hoc_po", "ec=conductivity@uS/cm", "t=water_temperature@Cel")
    payload = json.dumps({"time": NOW.isoformat(), "values": {"ec": 4190, "t": 30}}).encode()
    (outcome,) = take(session, payload)
    assert (outcome.stored, outcome.salinities) == (3, 1)
    by_name = {one.variable: one for one in readings(session)}
    assert by_name["conductivity"].value == 4.19
    assert by_name["water_temperature"].value == pytest.approx(303.15)
    salinity = by_name["water_salinity"]
    assert salinity.value == pytest.approx(4.19 * 0.5 + 0.03)
    assert (salinity.raw_value, salinity.raw_unit) == (4190, "uS/cm")
    assert salinity.method == "PSS-78 at 30 °C"
    assert take(session, payload)[0].duplicates == 3


def test_a_compensated_meter_is_read_at_25_degrees(session):
    device(session, "hp", "hoc_po", "ec=conductivity_25@mS/cm")
    assert take(session, plain("ec", 7.28))[0].stored == 2
    frame = series(session, "hoc_po", "water_salinity")
    assert frame["method"].tolist() == ["PSS-78, read as compensated to 25 °C"]


def test_conductivity_without_temperature_is_no_salinity(session):
    device(session, "hp", "hoc_po", "ec=conductivity", "t=water_temperature@Cel")
    later = {"time": (NOW - timedelta(minutes=1)).isoformat(), "values": {"t": 30}}
    assert take(session, plain("ec", 4.19), json.dumps(later).encode())[0].stored == 1
    assert {one.variable for one in readings(session)} == {"conductivity", "water_temperature"}
    (outcome,) = take(session, json.dumps(
        {"time": (NOW - timedelta(minutes=2)).isoformat(), "values": {"ec": 81, "t": 30}}
    ).encode())  # fmt: skip
    assert (outcome.stored, [one for one, _ in outcome.rejected]) == (2, ["not_convertible"])


REASONS = [
    (b"rubbish", "malformed"),
    (b"[" + b" " * 70_000 + b"]", "oversize"),
    (plain("other"), "unknown_sensor"),
    (plain(unit="dS/m"), "unknown_unit"),
    (plain(minutes=11), "future"),
    (plain(minutes=-93 * 1440), "late"),
    (plain(time=None), "no_time"),
    (plain(value=None), "malformed"),
    (b'{"sensor":"s","value":1,"time":"2026-03-20 06:00"}', "bad_time"),
]


def test_what_is_not_stored_is_kept_with_its_reason(session):
    device(session, "hp", "hoc_po", "s=water_salinity")
    for _ in range(2):
        *bad, good = take(session, *(payload for payload, _ in REASONS), plain(minutes=-7))
        assert [one.stored for one in bad] == [0] * len(REASONS)
        assert [[reason for reason, _ in one.rejected] for one in bad] == [
            [reason] for _, reason in REASONS
        ]
        assert good.stored + good.duplicates == 1
    kept = session.exec(select(RejectedMessage).order_by(RejectedMessage.id)).all()
    assert sorted(one.reason for one in kept) == sorted(reason for _, reason in REASONS)
    for one in kept:
        session.refresh(one)
        assert (one.device_key, one.times) == ("hp", 2)
        assert one.problem
        assert one.fix
        assert len(one.excerpt) <= 400


def test_who_is_not_registered_or_revoked_stores_nothing(session):
    device(session, "hp", "hoc_po", "s=water_salinity")
    revoke_device(session, "hp", NOW)
    for key in ("hp", "stranger", "x" * 300, "\x00"):
        (outcome,) = take(session, plain(), key=key)
        assert [one for one, _ in outcome.rejected] == ["unauthorised"]
    assert readings(session) == []
    assert find_device(session, "hp").last_seen is None
    assert len(session.exec(select(RejectedMessage)).all()) == 4


def test_a_message_id_makes_a_reading_without_time_unique(session):
    device(session, "hp", "hoc_po", "s=water_salinity")
    timeless = plain(time=None, id="m-1")
    assert take(session, timeless)[0].stored == 1
    later = NOW + timedelta(seconds=40)
    assert take(session, timeless, at=later)[0].duplicates == 1
    senml = json.dumps([{"n": "s", "v": 2, "t": -60}]).encode()
    assert take(session, senml, senml, at=later, message_id="m-2")[1].duplicates == 1
    assert [one.time for one in readings(session)] == [NOW - timedelta(seconds=20), NOW]
    forget_ids(session, Utc(NOW + timedelta(days=101)))
    assert take(session, timeless, at=later)[0].stored == 1


def test_a_fast_clock_and_a_late_reading_are_flagged(session):
    device(session, "hp", "hoc_po", "s=water_salinity")
    take(session, plain(minutes=5), plain(minutes=-60 * 50), plain(value=99, minutes=-1))
    assert [(one.flag, one.suspect) for one in readings(session)] == [
        ("", "stale"), ("range", ""), ("", "clock_drift"),
    ]  # fmt: skip


def test_simulated_stations_have_their_own_data_set(session):
    device(session, "nt", "nuoc_trong", "s=water_salinity")
    take(session, plain(), key="nt")
    assert session.get(DataSet, "observing_network_simulated").simulated


def test_the_flags_of_neighbours_follow_and_a_whole_check_agrees(session):
    device(session, "hp", "hoc_po", "s=water_salinity")
    values = [5.0, 5.5, 16.0, 5.4, 5.0, 4.6]
    take(session, *(plain(value=one, minutes=60.0 * (at - 6)) for at, one in enumerate(values)))
    station = session.exec(select(Station.id).where(Station.key == "hoc_po")).one()
    report = check_recent(session, [station], NOW)
    session.commit()
    assert (report.changed, report.flagged) == (1, {"spike": 1})
    assert [one.suspect for one in readings(session)] == ["", "", "spike", "", "", ""]
    whole = check_quality(session)
    assert (whole.readings, whole.changed) == (6, 0)
    assert whole.as_dict()["by_station"] == {"hoc_po": {"spike": 1}}


def test_a_check_mends_wrong_flags_of_one_station_only(session):
    for key, station in (("hp", "hoc_po"), ("nt", "nuoc_trong")):
        device(session, key, station, "s=water_salinity")
        take(session, plain(value=60), key=key)
    for one in readings(session):
        one.flag = ""
        session.add(one)
    session.flush()
    station = session.exec(select(Station.id).where(Station.key == "hoc_po")).one()
    assert check_quality(session, station=station).changed == 1
    assert check_quality(session).changed == 1
    assert {one.flag for one in readings(session)} == {"range"}


# --- devices -----------------------------------------------------------------------------------


def test_a_token_is_kept_as_a_hash_only_and_opens_its_device_only(session, workspace_on):
    token = device(session, "hp", "hoc_po", "s=water_salinity")
    other = device(session, "nt", "nuoc_trong", "s=water_salinity")
    session.commit()
    assert authenticated(session, "hp", token).key == "hp"
    for key, tried in (("hp", other), ("hp", ""), ("hp", token[:-1]), ("none", token)):
        with pytest.raises(UnauthorisedError):
            authenticated(session, key, tried)
    stored = session.exec(select(Device).where(Device.key == "hp")).one()
    assert token not in repr(stored)
    assert len(stored.token_hash) == 64
    fresh = rotate_token(session, "hp")
    with pytest.raises(UnauthorisedError):
        authenticated(session, "hp", token)
    assert authenticated(session, "hp", fresh)
    revoke_device(session, "hp", NOW)
    with pytest.raises(UnauthorisedError):
        authenticated(session, "hp", fresh)
    with pytest.raises(InputError):
        rotate_token(session, "hp")


def test_keys_that_could_leave_their_topic_are_refused(session):
    for key in ("", "HP", "a+b", "a/b", "a#", "-a", "hóc", "a" * 64, "a b"):
        with pytest.raises(InputError):
            device(session, key, "hoc_po", "s=water_salinity")


def test_a_device_must_measure_what_nobody_else_measures_there(session):
    device(session, "hp", "hoc_po", "s=water_salinity", "l=water_level@cm")
    for sensors in (
        ["water_level"], ["ec=conductivity"], [], ["a=rain", "a=pm25"], ["a=rain", "b=rain"],
        ["a=conductivity", "b=water_salinity"],
    ):  # fmt: skip
        with pytest.raises(InputError):
            device(session, "hp2", "hoc_po", *sensors)
    with pytest.raises(NotFoundError):
        device(session, "hp2", "nowhere", "rain")
    with pytest.raises(InputError):
        device(session, "hp", "nuoc_trong", "rain")
    revoke_device(session, "hp", NOW)
    device(session, "hp2", "hoc_po", "ec=conductivity@S/m")
    assert [one.key for one, _, _ in devices(session)] == ["hp", "hp2"]


def test_sensors_are_read_from_text():
    assert parse_sensor("ec=conductivity@uS/cm", 60).unit == "uS/cm"
    assert parse_sensor("rain").name == "rain"
    assert parse_sensor("urn:x:1=pm25").variable == "pm25"
    for text in ("=rain", "a b=rain", "x=nothing", ""):
        with pytest.raises(UsageError):
            parse_sensor(text)
    with pytest.raises(InputError):
        parse_sensor("s=water_salinity@dS/m")


# --- health ------------------------------------------------------------------------------------


def states(session: Session, now) -> dict[str, str]:
    return {one.variable: one.state for one in network_health(session, Utc(now))}


def test_a_dead_sensor_is_visible_in_minutes(session):
    device(session, "hp", "hoc_po", "s=water_salinity", "l=water_level", every=60)
    assert states(session, NOW) == {"water_salinity": "silent", "water_level": "silent"}
    take(session, plain(), plain("l", 0.4))
    assert states(session, NOW) == {"water_salinity": "fresh", "water_level": "fresh"}
    for minutes in range(1, 8):
        at = NOW + timedelta(minutes=minutes)
        take(session, plain("l", 0.4, minutes), at=at)
        expected = "fresh" if minutes <= 3 else "late" if minutes <= 6 else "dead"
        assert states(session, at) == {"water_salinity": expected, "water_level": "fresh"}
    assert states(session, NOW)["water_salinity"] == "fresh", "the past is replayed as it was"
    (first, *_) = network_health(session, Utc(NOW + timedelta(minutes=7)))
    assert (first.variable, first.device, first.state) == ("water_salinity", "hp", "dead")
    assert (first.interval, first.interval_source) == (timedelta(minutes=1), "configured")
    assert (first.last_value, first.age) == (1.5, timedelta(minutes=7))


def test_the_interval_is_learnt_and_a_last_will_makes_it_late(session):
    device(session, "hp", "hoc_po", "s=water_salinity")
    take(session, *(plain(minutes=-120.0 * at) for at in range(6)))
    (one,) = network_health(session, NOW)
    assert (one.interval, one.interval_source) == (timedelta(hours=2), "learnt")
    assert one.state == "fresh"
    for payload, state in ((b"offline", "late"), (b"nonsense", "late"), (b"online", "fresh")):
        device_presence(session, [Message("hp", payload, NOW), Message("nobody", payload, NOW)])
        session.commit()
        assert network_health(session, NOW)[0].state == state
    device_presence(session, [Message("hp", b"offline", NOW)])
    take(session, plain(value=3, minutes=1), at=NOW + timedelta(minutes=1))
    assert find_device(session, "hp").online is True, "whoever sends is there"
    assert states(session, NOW + timedelta(hours=5)) == {"water_salinity": "late"}
    assert states(session, NOW + timedelta(hours=11)) == {"water_salinity": "dead"}


def test_conductivity_makes_the_health_of_its_salinity(session):
    device(session, "hp", "hoc_po", "ec=conductivity_25", every=600)
    take(session, plain("ec", 5))
    found = {one.variable: one for one in network_health(session, NOW)}
    assert {name: one.device for name, one in found.items()} == {
        "conductivity_25": "hp", "water_salinity": "hp",
    }  # fmt: skip
    assert network_health(session, NOW, ["rain"]) == []
