"""Taking in devices' messages with every check, against inserting ready rows."""

from __future__ import annotations

import json
import shutil
import socket
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks._row import Row

if TYPE_CHECKING:
    from agridata.storage import Workspace

__all__ = ["run"]

DEVICES, EACH, BATCH = 50, 400, 500
"""20,000 messages of one reading each, committed by the 500 as the intake does."""


def run() -> list[Row]:
    """Store 20,000 SenML messages: handed over directly, and through a real broker."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        workspace, tokens = _workspace(Path(folder) / "direct")
        bare = Path(shutil.copy(workspace.home / "agridata.sqlite", Path(folder) / "bare.sqlite"))
        ours = _handed_over(workspace)
        other = _inserted(workspace.home / "agridata.sqlite", bare)
        rows.append(_row("messages parsed, checked, stored once", ours, other))
        if shutil.which("mosquitto", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin"):
            workspace, tokens = _workspace(Path(folder) / "broker")
            ours = _through_broker(workspace, tokens, Path(folder) / "mosquitto")
            rows.append(_row("the same from Mosquitto's queue, QoS 1, acknowledged", ours, other))
    return rows


def _row(what: str, ours: float, other: float) -> Row:
    return Row(f"{what} / bare executemany of ready rows", ours, other, "s", DEVICES * EACH)


def _workspace(home: Path) -> tuple[Workspace, dict[str, str]]:
    """Return a workspace with 50 registered devices, and their tokens."""
    from agridata.observations import Station, add_device, parse_sensor
    from agridata.storage import SourceInfo, Workspace, record_data_set
    from agridata.vocabulary import to_utc

    workspace = Workspace(home).create()
    now = to_utc(datetime(2026, 1, 1, tzinfo=UTC))
    tokens = {}
    with workspace.session() as session:
        info = SourceInfo("stations", "stations", "", "", "benchmark", "", simulated=True)
        record_data_set(session, info, "", now)
        for number in range(DEVICES):
            key = f"logger-{number:02}"
            session.add(Station(key=key, name=key, simulated=True, data_set_key=info.key))
            session.flush()
            sensor = parse_sensor("salt=water_salinity@g/L")
            _, tokens[key] = add_device(session, key, key, [sensor], now)
        session.commit()
    workspace.engine.dispose()
    return workspace, tokens


def _payloads() -> list[tuple[str, bytes]]:
    start = int(time.time()) - EACH * 60 - 60
    return [
        (
            f"logger-{device:02}",
            json.dumps([{"bn": "urn:dev:x:", "n": "salt", "u": "g/L", "v": 1 + number % 90 / 10,
                         "t": start + number * 60}]).encode(),
        )
        for number in range(EACH)
        for device in range(DEVICES)
    ]  # fmt: skip


def _handed_over(workspace: Workspace) -> float:
    from sqlmodel import Session

    from agridata.observations import Message, take_messages
    from agridata.vocabulary import utc_now

    now = utc_now()
    messages = [Message(device, payload, now) for device, payload in _payloads()]
    engine = workspace.engine.execution_options(immediate=True)
    start = time.perf_counter()
    for at in range(0, len(messages), BATCH):
        with Session(engine) as session:
            take_messages(session, messages[at : at + BATCH])
            session.commit()
    taken = time.perf_counter() - start
    workspace.engine.dispose()
    _check(workspace)
    return taken


def _inserted(source: Path, target: Path) -> float:
    """Return what SQLite itself needs for the same rows, commits and durability alike."""
    with closing(sqlite3.connect(source)) as read:
        rows: Sequence[tuple[object, ...]] = read.execute("SELECT * FROM reading").fetchall()
        columns = [each[1] for each in read.execute("PRAGMA table_info(reading)")]
        sets = read.execute("SELECT * FROM data_set WHERE key LIKE 'observing%'").fetchall()
    with closing(sqlite3.connect(target)) as write:
        write.execute("PRAGMA synchronous = FULL")
        write.executemany(f"INSERT INTO data_set VALUES ({_marks(len(sets[0]))})", sets)  # noqa: S608  our own columns
        write.commit()
        text = f"INSERT INTO reading ({', '.join(columns)}) VALUES ({_marks(len(columns))})"  # noqa: S608  our own columns
        start = time.perf_counter()
        for at in range(0, len(rows), BATCH):
            write.executemany(text, rows[at : at + BATCH])
            write.commit()
        return time.perf_counter() - start


def _marks(number: int) -> str:
    return ", ".join("?" * number)


def _through_broker(workspace: Workspace, tokens: dict[str, str], folder: Path) -> float:
    """Fill the intake's queue at a broker, then time how long it takes to empty it."""
    from agridata.vocabulary import utc_now
    from apps.network import Listener, intake_secret, parse_address

    port = _free_port()
    broker = _broker(workspace, folder, port)
    try:
        secret = intake_secret(workspace.keys_dir)
        address = parse_address(f"mqtt://agridata-intake:{secret}@127.0.0.1:{port}")
        Listener(workspace, address, utc_now).run(idle_exit=0.5)  # the session begins
        _publish(port, tokens)
        idle = 1.0
        start = time.perf_counter()
        Listener(workspace, address, utc_now).run(idle_exit=idle)
        taken = time.perf_counter() - start - idle
    finally:
        broker.terminate()
        broker.wait()
    workspace.engine.dispose()
    _check(workspace)
    return taken


def _broker(workspace: Workspace, folder: Path, port: int) -> subprocess.Popen[bytes]:
    import os

    from agridata.observations import devices
    from apps.network import broker_files, intake_secret

    with workspace.session() as session:
        known = [device for device, _, _ in devices(session)]
    broker_files(folder, known, intake_secret(workspace.keys_dir), port=port)
    if os.geteuid() == 0:
        with (folder / "mosquitto.conf").open("a") as stream:
            stream.write("user root\n")
    started = subprocess.Popen(
        ["mosquitto", "-c", str(folder / "mosquitto.conf")],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env={**os.environ, "PATH": f"{os.environ.get('PATH', '')}:/usr/sbin"},
    )  # fmt: skip
    for _ in range(200):
        with closing(socket.socket()) as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return started
        time.sleep(0.05)
    raise TimeoutError("the broker does not answer")


def _publish(port: int, tokens: dict[str, str]) -> None:
    import paho.mqtt.client as mqtt
    from paho.mqtt.enums import CallbackAPIVersion

    clients = {}
    for key, token in tokens.items():
        clients[key] = mqtt.Client(CallbackAPIVersion.VERSION2, key)
        clients[key].username_pw_set(key, token)
        clients[key].connect("127.0.0.1", port)
        clients[key].loop_start()
    sent = [
        clients[key].publish(f"agridata/{key}/readings", payload, 1) for key, payload in _payloads()
    ]
    for one in sent:
        one.wait_for_publish(60)
    for client in clients.values():
        client.disconnect()
        client.loop_stop()


def _check(workspace: Workspace) -> None:
    with closing(sqlite3.connect(workspace.home / "agridata.sqlite")) as read:
        (stored,) = read.execute("SELECT count(*) FROM reading").fetchone()
    if stored != DEVICES * EACH:
        raise AssertionError(f"{stored} readings of {DEVICES * EACH}")


def _free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
