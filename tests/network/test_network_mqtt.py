"""The broker's part and ours: who may send, what is refused, what a last will shows."""

from __future__ import annotations

import json
import time

import paho.mqtt.client as mqtt
import pytest
import sqlalchemy as sa
from network_world import Broker, Intake, Logger, count, eventually, with_devices
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from agridata.errors import EnvironmentMissingError, UsageError
from agridata.observations import find_device, network_health, revoke_device, series
from agridata.storage import Workspace
from agridata.vocabulary import utc_now
from apps.network import BrokerAddress, Listener, intake_secret, parse_address

pytestmark = pytest.mark.services


def reasons(workspace: Workspace) -> dict[str, str]:
    with workspace.engine.connect() as connection:
        rows = connection.execute(sa.text("SELECT reason, device_key FROM rejected_message"))
        return {row.reason: row.device_key for row in rows}


def test_good_and_bad_messages_of_two_devices(workspace: Workspace, start_broker) -> None:
    tokens = with_devices(workspace, ["hp-1", "hp-2"], "ec=conductivity@mS/cm",
                          "temp=water_temperature@Cel")  # fmt: skip
    broker = start_broker(workspace)
    now = int(time.time())
    with Intake(workspace, broker) as intake:
        one, two = (Logger(broker, key, tokens[key], will=True) for key in ("hp-1", "hp-2"))
        one.client.publish("agridata/hp-1/status", "online", 1, retain=True)
        one.send([
            {"bn": "urn:dev:mac:0024befffe804ff1:", "bt": now, "n": "ec", "u": "S/m", "v": 0.802},
            {"n": "temp", "u": "Cel", "v": 30},
        ])  # fmt: skip
        one.send("rubbish")
        one.send(b"[" * 100_000)
        one.send([{"n": "ec", "v": 1}])
        one.send({"sensor": "ec", "time": "2031-01-01T00:00:00Z", "value": 1})
        # the broker's access list: who speaks for another is cut off and not heard at all
        thief = mqtt.Client(CallbackAPIVersion.VERSION2, "thief")
        thief.username_pw_set("hp-1", tokens["hp-1"])
        thief.connect("127.0.0.1", broker.port)
        thief.loop_start()
        thief.publish(two.topic, json.dumps([{"n": "ec", "v": 9, "t": now}]), 1)
        with_id = Properties(PacketTypes.PUBLISH)
        with_id.UserProperty = ("message-id", "m-1")
        new = mqtt.Client(CallbackAPIVersion.VERSION2, "new", protocol=mqtt.MQTTv5)
        new.username_pw_set("hp-2", tokens["hp-2"])
        new.connect("127.0.0.1", broker.port)
        new.loop_start()
        for _ in range(2):
            info = new.publish(two.topic, json.dumps([{"n": "ec", "v": 5}]), 1, properties=with_id)
            info.wait_for_publish(10)
        eventually("all is judged", lambda: count(workspace, "rejected_message") >= 4)
        eventually("all is stored", lambda: count(workspace) >= 4)
        # no good-bye: the broker tells what the device left as its last will
        two.client.socket().shutdown(2)
        two.client.loop_stop()
        eventually("the last will is noted", lambda: _online(workspace, "hp-2") is False)
        assert _online(workspace, "hp-1") is True
        tally = intake.stop()
        one.close()
        for client in (new, thief):
            client.disconnect()
            client.loop_stop()
    assert reasons(workspace) == dict.fromkeys(
        ["malformed", "oversize", "no_time", "future"], "hp-1"
    )
    assert (tally["stored"], tally["duplicates"]) == (4, 1)
    with workspace.session() as session:
        (salinity,) = series(session, "at_hp-1", "water_salinity").to_dict("records")
        states = {(one.device, one.state) for one in network_health(session, utc_now())}
    assert salinity["value"] == pytest.approx(4.0, abs=0.01)  # 8.02 dS/m at 30 °C
    assert (salinity["raw_value"], salinity["raw_unit"]) == (0.802, "S/m")
    assert salinity["method"] == "PSS-78 at 30 °C"
    assert ("hp-1", "fresh") in states
    assert ("hp-2", "late") in states
    assert ("hp-2", "fresh") not in states


def _online(workspace: Workspace, key: str) -> bool | None:
    with workspace.session() as session:
        return find_device(session, key).online


def test_a_revoked_device_is_refused_by_us_and_then_by_the_broker(
    workspace: Workspace, start_broker
) -> None:
    tokens = with_devices(workspace, ["hp-1", "hp-2"])
    broker: Broker = start_broker(workspace)
    record = [{"n": "salt", "v": 1, "t": int(time.time()) - 60}]
    with Intake(workspace, broker) as intake:
        logger = Logger(broker, "hp-1", tokens["hp-1"])
        with workspace.session() as session:
            revoke_device(session, "hp-1", utc_now())
            session.commit()
        logger.send(record)
        eventually("it is refused", lambda: reasons(workspace) == {"unauthorised": "hp-1"})
        logger.close()
        broker.reload()
        assert _refusal(broker, "hp-1", tokens["hp-1"])
        assert _refusal(broker, "hp-2", tokens["hp-1"])
        assert _refusal(broker, "", "")
        assert not _refusal(broker, "hp-2", tokens["hp-2"])
        assert intake.stop()["stored"] == 0
    assert count(workspace) == 0


def _refusal(broker: Broker, user: str, password: str) -> str:
    """Return why the broker does not let somebody in, "" if it does."""
    answers: list[str] = []
    client = mqtt.Client(CallbackAPIVersion.VERSION2, "visitor")
    if user:
        client.username_pw_set(user, password)
    client.on_connect = lambda _c, _d, _f, reason, _p: answers.append(
        str(reason) if reason.is_failure else ""
    )
    client.connect("127.0.0.1", broker.port)
    client.loop_start()
    eventually("the broker answers", lambda: answers)
    client.disconnect()
    client.loop_stop()
    return answers[0]


def test_the_intake_waits_for_the_database(
    workspace: Workspace, start_broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While another writer holds the database nothing is acknowledged; then all is stored."""
    tokens = with_devices(workspace, ["hp-1"])
    broker = start_broker(workspace)
    address = BrokerAddress("127.0.0.1", broker.port, user="agridata-intake",
                            password=intake_secret(workspace.keys_dir))  # fmt: skip
    listener = Listener(workspace, address, utc_now)
    failures = [sa.exc.OperationalError("x", {}, Exception("busy"))] * 2

    def failing(batch: object) -> None:
        if failures:
            raise failures.pop()
        real(batch)

    listener.run(idle_exit=0.5)  # subscribes; the session stays at the broker
    logger = Logger(broker, "hp-1", tokens["hp-1"])
    logger.send([{"n": "salt", "v": 1, "t": int(time.time()) - 60}])
    eventually("the broker has it", lambda: logger.is_done)
    listener = Listener(workspace, address, utc_now)
    real = listener._take
    monkeypatch.setattr(listener, "_take", failing)
    tally = listener.run(idle_exit=1)
    logger.close()
    assert (tally.received, tally.stored, failures) == (1, 1, [])


def test_a_message_that_breaks_our_own_code_is_rejected_alone(
    workspace: Workspace, start_broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    from apps.network import _listener

    tokens = with_devices(workspace, ["hp-1"])
    broker = start_broker(workspace)
    address = BrokerAddress("127.0.0.1", broker.port, user="agridata-intake",
                            password=intake_secret(workspace.keys_dir))  # fmt: skip
    real = _listener.take_messages

    def breaking(session, messages, **options):
        if any(b"666" in one.payload for one in messages):
            raise ZeroDivisionError
        return real(session, messages, **options)

    monkeypatch.setattr(_listener, "take_messages", breaking)
    listener = Listener(workspace, address, utc_now)
    listener.run(idle_exit=0.5)  # subscribes; the session stays
    logger = Logger(broker, "hp-1", tokens["hp-1"])
    now = int(time.time())
    for number, value in enumerate((1, 2, 666, 3)):
        logger.send([{"n": "salt", "v": value, "t": now - 600 + number}])
    eventually("the broker has them", lambda: logger.is_done)
    tally = Listener(workspace, address, utc_now).run(idle_exit=1)
    logger.close()
    assert (tally.stored, tally.rejected) == (3, {"internal": 1})
    assert reasons(workspace) == {"internal": "hp-1"}


def test_a_wrong_password_is_an_environment_that_lacks_something(
    workspace: Workspace, start_broker
) -> None:
    with_devices(workspace, ["hp-1"])
    broker = start_broker(workspace)
    address = parse_address(f"mqtt://agridata-intake:wrong@127.0.0.1:{broker.port}")
    assert "wrong" not in repr(address)
    with pytest.raises(EnvironmentMissingError) as error:
        Listener(workspace, address, utc_now).run(idle_exit=1)
    assert error.value.exit_code == 3


def test_addresses() -> None:
    assert parse_address("mqtt://10.0.0.1") == BrokerAddress("10.0.0.1", 1883)
    assert parse_address("mqtts://u:p%40@[::1]:99") == BrokerAddress("::1", 99, True, "u", "p@")
    for text in ("", "127.0.0.1:1883", "mqtt://", "http://x", "mqtt://x:y", "mqtt://x/topic"):
        with pytest.raises(UsageError):
            parse_address(text)


def test_the_intakes_secret_is_made_once_and_kept_private(workspace: Workspace) -> None:
    secret = intake_secret(workspace.keys_dir)
    assert len(secret) == 43
    assert intake_secret(workspace.keys_dir) == secret
    assert (workspace.keys_dir / "mqtt_intake").stat().st_mode & 0o777 == 0o600
