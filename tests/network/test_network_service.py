"""Sent = stored, no duplicates: broker restarted, intake killed, on both databases."""

from __future__ import annotations

import time
from dataclasses import dataclass

import pytest
import sqlalchemy as sa
from network_world import Intake, Logger, count, eventually, with_devices

from agridata.storage import Workspace

pytestmark = pytest.mark.services

START = 1_000_000
"""Seconds before now of the first reading: eleven and a half days."""


@dataclass(frozen=True)
class Drill:
    """How much is sent, and when (share of it) the broker restarts and the intake dies."""

    devices: int
    each: int
    per_second: float
    broker_restarts: tuple[float, ...]
    intake_kills: tuple[float, ...]

    @property
    def messages(self) -> int:
        return self.devices * self.each


SLICE = Drill(10, 200, 1000, (0.6,), (0.3,))
SOAK = Drill(50, 400, 1000, (0.3, 0.75), (0.15, 0.5, 0.9))


@pytest.mark.parametrize(
    "drill",
    [pytest.param(SLICE, id="slice"), pytest.param(SOAK, id="soak", marks=pytest.mark.soak)],
)
def test_what_was_sent_is_stored_once(workspace_on: Workspace, start_broker, drill: Drill) -> None:
    keys = [f"logger-{number:02}" for number in range(drill.devices)]
    tokens = with_devices(workspace_on, keys)
    broker = start_broker(workspace_on)
    began = time.monotonic()
    with Intake(workspace_on, broker) as intake:
        loggers = [Logger(broker, key, tokens[key]) for key in keys]
        sent = _send_all(drill, loggers, broker, intake)
        eventually("all is acknowledged", lambda: all(one.is_done for one in loggers), 120)
        eventually("all is stored", lambda: count(workspace_on) >= drill.messages, 120)
        took = time.monotonic() - began
        tally = intake.stop()
        for one in loggers:
            one.close()
    assert _stored(workspace_on) == sent
    assert count(workspace_on) == drill.messages == len(sent)
    assert tally["rejected"] == {}
    assert count(workspace_on, "rejected_message") == 0
    print(f"\n{drill.messages} messages in {took:.1f} s; after the last kill: {tally}")


def _send_all(
    drill: Drill, loggers: list[Logger], broker, intake: Intake
) -> dict[tuple[str, int], float]:
    """Send in rounds, with the accidents between them; return value by station and second."""
    now = int(time.time()) - START
    sent: dict[tuple[str, int], float] = {}
    accidents = sorted(
        [(share, "broker") for share in drill.broker_restarts]
        + [(share, "intake") for share in drill.intake_kills]
    )
    for number in range(drill.each):
        round_began = time.monotonic()
        while accidents and number >= accidents[0][0] * drill.each:
            _, what = accidents.pop(0)
            _repeat(loggers, now, number)
            if what == "broker":
                broker.restart()
            else:
                intake.kill()
                intake.start()
        for place, logger in enumerate(loggers):
            _send(logger, place, now, number, sent)
        pause = len(loggers) / drill.per_second - (time.monotonic() - round_began)
        time.sleep(max(0.0, pause))
    return sent


def _repeat(loggers: list[Logger], now: int, number: int) -> None:
    """Send readings of the last rounds again, as a device does that lost its acknowledgements."""
    for place, logger in enumerate(loggers):
        for earlier in range(max(0, number - 5), number):
            logger.send(_payload(place, now + earlier * 60, earlier))


def _send(
    logger: Logger, place: int, now: int, number: int, sent: dict[tuple[str, int], float]
) -> None:
    at = now + number * 60
    sent[f"at_{logger.key}", at] = _value(place, number)
    logger.send(_payload(place, at, number))


def _payload(place: int, at: int, number: int) -> str:
    value = _value(place, number)
    return f'[{{"bn":"urn:dev:x:","n":"salt","u":"g/L","t":{at},"v":{value}}}]'


def _value(place: int, number: int) -> float:
    return round(0.1 + place * 0.4 + (number % 97) * 0.01, 2)


def _stored(workspace: Workspace) -> dict[tuple[str, int], float]:
    with workspace.session() as session:
        from agridata.observations import Reading, Station

        query = sa.select(Station.key, Reading.time, Reading.value).join(
            Station, Station.id == Reading.station_id
        )
        return {(key, int(at.timestamp())): value for key, at, value in session.execute(query)}
