"""The intake: reads from the broker, commits, and only then acknowledges.

One thread and no queue of its own. Each turn takes what the broker has sent, stores it in
one transaction and acknowledges it. Killed at any instant, the intake has either committed
(the broker sends again, and the readings are known already) or not (the broker sends again).
"""

from __future__ import annotations

import logging
import time
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import sqlalchemy as sa
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from sqlmodel import Session

from agridata.errors import EnvironmentMissingError, Finding, UsageError
from agridata.observations import (
    MAX_PAYLOAD_BYTES,
    Message,
    active_stations,
    check_recent,
    device_presence,
    forget_ids,
    reject_message,
    take_messages,
)
from agridata.storage import Workspace
from agridata.vocabulary import Utc
from apps.network._broker import IN_FLIGHT, INTAKE_USER, READINGS_TOPIC, BrokerAddress
from apps.network._convert import convert_salinity

__all__ = ["Listener", "Tally"]

log = logging.getLogger("agridata.network")

SESSION_SECONDS = 7 * 86_400
"""How long the broker keeps our session and queue while we are away: a long week-end."""

KEEPALIVE = 30
"""Seconds of silence after which either side asks whether the other is there."""

BATCH = 500
"""Messages of one transaction: more does not raise the rate, and delays the first ack."""

RETRY_FROM, RETRY_TO = 0.2, 10.0
"""Seconds between attempts to reach the broker or the database, doubling."""

START_PATIENCE = 20.0
"""Seconds in which a broker that was started with us must answer."""

FLAGS_EVERY = 60.0
"""Seconds between checks of new readings against their neighbours."""

TRANSIENT = (sa.exc.OperationalError, sa.exc.InterfaceError)
"""What passes: a lock, a restart, a full disk. Anything else is the message's or our fault."""

MESSAGE_ID = "message-id"
"""MQTT 5 user property that identifies a message whose readings carry no time."""


@dataclass(slots=True)
class Tally:
    """What the intake has done so far: `received` messages, the rest counts readings."""

    received: int = 0
    batches: int = 0
    stored: int = 0
    duplicates: int = 0
    reconnects: int = 0
    rejected: Counter[str] = field(default_factory=Counter)

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON object of ``agridata observe listen``."""
        return {
            "received": self.received, "batches": self.batches, "stored": self.stored,
            "duplicates": self.duplicates, "reconnects": self.reconnects,
            "rejected": dict(self.rejected),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Arrived:
    """A message, and whether it only tells that its device came or went."""

    message: Message
    is_presence: bool


class Listener:
    """Takes in the messages of one broker.

    Parameters
    ----------
    workspace
        Where readings go.
    address
        The broker, with user and password.
    clock
        Gives the moment a message is received at; read when this is made, too: from then
        on, new readings of any device are compared with their neighbours now and then.
    topic
        Filter whose first ``+`` stands for the device's key.
    client_id
        Names the session at the broker: two intakes of one name push each other out.
    ca_file
        Certificate of the authority that the broker's is checked against (TLS only); None
        means those of the system.

    Raises
    ------
    UsageError
        If the topic has no ``+`` for the device.
    """

    def __init__(
        self,
        workspace: Workspace,
        address: BrokerAddress,
        clock: Callable[[], Utc],
        *,
        topic: str = READINGS_TOPIC,
        client_id: str = INTAKE_USER,
        ca_file: Path | None = None,
    ) -> None:
        self.tally = Tally()
        self._workspace = workspace
        self._address = address
        self._clock = clock
        self._topic = topic
        self._level = _device_level(topic)
        self._pending: list[mqtt.MQTTMessage] = []
        self._flags_since = clock()
        self._flags_due = time.monotonic() + FLAGS_EVERY
        self._last_message = time.monotonic()
        self._refused = ""
        self._stopping = False
        self._client = self._new_client(client_id, ca_file)

    def run(self, *, idle_exit: float | None = None) -> Tally:
        """Take in messages until `stop`, or until none came for `idle_exit` seconds.

        Raises
        ------
        EnvironmentMissingError
            If, at the start, the broker refuses us or cannot be reached for a while.
        """
        self._connect(first=True)
        self._last_message = time.monotonic()
        while not self._stopping:
            idle = time.monotonic() - self._last_message
            if idle_exit is not None and idle > idle_exit:
                break
            self._turn()
        self._check_flags()
        self._client.disconnect()
        self._client.loop(0.1)
        return self.tally

    def stop(self) -> None:
        """End after the batch at hand; the session stays at the broker."""
        self._stopping = True

    def _turn(self) -> None:
        """Receive what there is, store it, acknowledge it."""
        if self._receive() != MQTTErrorCode.MQTT_ERR_SUCCESS:
            self._connect(first=False)
        elif self._pending:
            self._store()
        elif time.monotonic() > self._flags_due:
            self._check_flags()

    def _receive(self) -> MQTTErrorCode:
        """Read until nothing more is waiting or the batch is full."""
        result = self._client.loop(0.2)
        while result == MQTTErrorCode.MQTT_ERR_SUCCESS and 0 < len(self._pending) < BATCH:
            before = len(self._pending)
            result = self._client.loop_read()
            if len(self._pending) == before:
                break
        return result

    def _store(self) -> None:
        """Commit the batch at hand, trying again while the database is away; then acknowledge."""
        batch, wait = list(self._pending), RETRY_FROM
        arrived = [self._arrived(one) for one in batch]
        while True:
            try:
                self._commit(arrived)
                break
            except TRANSIENT as error:
                log.warning("the database is away, trying again in %.1f s: %s", wait, error.orig)
            time.sleep(wait)
            wait = min(2 * wait, RETRY_TO)
            if self._stopping:
                return
        for one in batch:
            self._client.ack(one.mid, one.qos)
        del self._pending[: len(batch)]
        self.tally.received += len(batch)
        self.tally.batches += 1

    def _commit(self, batch: Sequence[_Arrived]) -> None:
        """Store a batch; a message that breaks our own code is rejected, not fatal."""
        try:
            self._take(batch)
        except TRANSIENT:
            raise
        except Exception as error:  # noqa: BLE001  the outermost layer: one message must not stop the network
            if len(batch) == 1:
                self._reject_broken(batch[0].message, error)
                return
            half = len(batch) // 2
            self._commit(batch[:half])
            self._commit(batch[half:])

    def _take(self, batch: Sequence[_Arrived]) -> None:
        readings = [one.message for one in batch if not one.is_presence]
        with self._session() as session:
            outcomes = take_messages(session, readings, convert=convert_salinity)
            device_presence(session, [one.message for one in batch if one.is_presence])
            session.commit()
        for message, outcome in zip(readings, outcomes, strict=True):
            self.tally.stored += outcome.stored
            self.tally.duplicates += outcome.duplicates
            self.tally.rejected.update(reason for reason, _ in outcome.rejected)
            for reason, finding in outcome.rejected:
                log.info("%s: %s (%s)", message.device, finding.problem, reason)

    def _reject_broken(self, message: Message, error: Exception) -> None:
        incident = uuid.uuid4().hex[:8]
        log.error("incident %s", incident, exc_info=error)
        finding = Finding(
            "", "", f"unexpected {type(error).__name__} (incident {incident})",
            "report it with the payload", "lỗi ngoài dự kiến", "hãy báo cho người quản trị",
        )  # fmt: skip
        with self._session() as session:
            reject_message(session, message, "internal", finding)
            session.commit()
        self.tally.rejected["internal"] += 1

    def _session(self) -> Session:
        return Session(self._workspace.engine.execution_options(immediate=True))

    def _check_flags(self) -> None:
        """Compare new readings with their neighbours, whichever way they came in."""
        self._flags_due = time.monotonic() + FLAGS_EVERY
        now = self._clock()
        try:
            with self._session() as session:
                stations = active_stations(session, self._flags_since)
                if stations:
                    check_recent(session, stations, now)
                forget_ids(session, now)
                session.commit()
        except TRANSIENT as error:
            log.warning("flags wait for the database: %s", error.orig)
            return
        self._flags_since = now

    def _arrived(self, raw: mqtt.MQTTMessage) -> _Arrived:
        try:
            levels = raw.topic.split("/")
        except UnicodeDecodeError:
            levels = []
        device = levels[self._level] if len(levels) > self._level else ""
        properties = getattr(raw.properties, "UserProperty", ()) if raw.properties else ()
        message = Message(
            device, bytes(raw.payload[: MAX_PAYLOAD_BYTES + 1]), self._clock(), "mqtt",
            dict(properties).get(MESSAGE_ID),
        )  # fmt: skip
        return _Arrived(message, self._topic == READINGS_TOPIC and levels[-1:] == ["status"])

    def _new_client(self, client_id: str, ca_file: Path | None) -> mqtt.Client:
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id, protocol=mqtt.MQTTv5, manual_ack=True
        )
        if self._address.user:
            client.username_pw_set(self._address.user, self._address.password)
        if self._address.tls:
            client.tls_set(None if ca_file is None else str(ca_file))
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        return client

    def _connect(self, *, first: bool) -> None:
        """Reach the broker and resume our session; only at the start this may give up."""
        wait, patience = RETRY_FROM, time.monotonic() + START_PATIENCE
        self.tally.reconnects += not first
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho's own
        properties.SessionExpiryInterval = SESSION_SECONDS
        properties.ReceiveMaximum = IN_FLIGHT
        while not self._stopping:
            self._refused = ""
            self._pending.clear()  # what is not acknowledged comes again
            try:
                self._client.connect(
                    self._address.host, self._address.port, KEEPALIVE,
                    clean_start=False, properties=properties,
                )  # fmt: skip
                if self._shaken_hands():
                    return
                problem = self._refused or "no answer"
            except OSError as error:
                problem = str(error)
            if first and (self._refused or time.monotonic() > patience):
                raise self._unreachable(problem)
            log.warning("no broker, trying again in %.1f s: %s", wait, problem)
            time.sleep(wait)
            wait = min(2 * wait, RETRY_TO)

    def _shaken_hands(self) -> bool:
        """Wait for the broker's answer to CONNECT."""
        deadline = time.monotonic() + KEEPALIVE
        while time.monotonic() < deadline and not self._refused:
            if self._client.is_connected():
                return True
            if self._client.loop(0.1) not in (
                MQTTErrorCode.MQTT_ERR_SUCCESS,
                MQTTErrorCode.MQTT_ERR_AGAIN,
            ):
                return False
        return False

    def _unreachable(self, problem: str) -> EnvironmentMissingError:
        place = f"{self._address.host}:{self._address.port}"
        return EnvironmentMissingError(
            f"the broker at {place} does not let us in: {problem}", field="--mqtt",
            fix="start the broker with the files of `agridata observe devices broker`, and check "
            "user and password",
            problem_vi=f"không kết nối được máy chủ MQTT {place}",
            fix_vi="hãy kiểm tra máy chủ MQTT, tên và mật khẩu",
        )  # fmt: skip

    def _on_connect(
        self, client: mqtt.Client, _data: Any, _flags: Any, reason: Any, _properties: Any
    ) -> None:
        if reason.is_failure:
            self._refused = str(reason)
            return
        topics = [(self._topic, 1)]
        if self._topic == READINGS_TOPIC:
            topics.append((self._topic.removesuffix("readings") + "status", 1))
        client.subscribe(topics)

    def _on_subscribe(self, *_arguments: Any) -> None:
        log.info("listening to %s at %s:%d", self._topic, self._address.host, self._address.port)

    def _on_message(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        self._last_message = time.monotonic()
        self._pending.append(message)


def _device_level(topic: str) -> int:
    """Return which level of a topic filter stands for the device."""
    levels = topic.split("/")
    if "+" in levels:
        return levels.index("+")
    raise UsageError(
        f"{topic!r} does not say where the device stands", field="--topic",
        fix=f"put a + in its place, for example {READINGS_TOPIC}",
        problem_vi=f"{topic!r} không cho biết thiết bị nằm ở đâu",
        fix_vi=f"hãy đặt dấu + vào chỗ mã thiết bị, ví dụ {READINGS_TOPIC}",
    )  # fmt: skip
