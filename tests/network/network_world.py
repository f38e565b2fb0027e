"""A real broker, real devices and the real intake process, for the service tests."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import paho.mqtt.client as mqtt
import sqlalchemy as sa
from paho.mqtt.enums import CallbackAPIVersion

from agridata.observations import Station, add_device, devices, parse_sensor
from agridata.storage import DataSet, Workspace
from agridata.vocabulary import Utc
from apps.network import broker_files, intake_secret

LISTEN = "import sys; from apps.cli import main; sys.exit(main(sys.argv[1:]))"
START_SECONDS = 30
"""A cold import on a busy two-core machine takes a fifth of this."""


def mosquitto() -> str | None:
    return shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def eventually(what: str, holds, seconds: float = START_SECONDS) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        time.sleep(0.05)


def with_devices(workspace: Workspace, keys: list[str], *sensors: str) -> dict[str, str]:
    """One station per device; return the tokens."""
    now = Utc(datetime(2025, 1, 1, tzinfo=UTC))
    tokens = {}
    with workspace.session() as session:
        if session.get(DataSet, "stations") is None:
            session.add(
                DataSet(key="stations", kind="stations", title_vi="", title_en="", source="",
                        licence="", simulated=True, loaded_at=now, sha256="", rows_in_file=0,
                        rows_stored=0, rows_rejected=0)
            )  # fmt: skip
            session.flush()
        for key in keys:
            session.add(Station(key=f"at_{key}", name=key, simulated=False,
                                data_set_key="stations"))  # fmt: skip
            session.flush()
            specs = [parse_sensor(one) for one in sensors or ("salt=water_salinity@g/L",)]
            _, tokens[key] = add_device(session, key, f"at_{key}", specs, now)
        session.commit()
    return tokens


@dataclass
class Broker:
    """A Mosquitto configured by our own files, on a free port of the loopback."""

    workspace: Workspace
    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"mqtt://127.0.0.1:{self.port}"

    def write_files(self) -> None:
        with self.workspace.session() as session:
            known = [device for device, _, _ in devices(session)]
        secret = intake_secret(self.workspace.keys_dir)
        broker_files(self.folder, known, secret, port=self.port)
        if os.geteuid() == 0:  # started by root it becomes this user, who must read the files
            with (self.folder / "mosquitto.conf").open("a") as stream:
                stream.write("user root\n")

    def start(self) -> None:
        program = mosquitto()
        assert program is not None
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [program, "-c", str(self.folder / "mosquitto.conf")], stdout=log, stderr=log
            )
        eventually("the broker listens", self._answers)

    def _answers(self) -> bool:
        with closing(socket.socket()) as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(START_SECONDS)
            self.process = None

    def restart(self) -> None:
        self.stop()
        self.start()

    def reload(self) -> None:
        assert self.process is not None
        self.write_files()
        self.process.send_signal(signal.SIGHUP)

    def log(self) -> str:
        return (self.folder / "log").read_text("utf-8", "replace")


@contextmanager
def running_broker(workspace: Workspace) -> Iterator[Broker]:
    folder = Path(tempfile.mkdtemp(prefix="agridata-mqtt-"))
    broker = Broker(workspace, folder, free_port())
    try:
        broker.write_files()
        broker.start()
        yield broker
    finally:
        broker.stop()
        shutil.rmtree(folder, ignore_errors=True)


class Intake:
    """`agridata observe listen` as a process of its own; as a context it is gone afterwards."""

    def __init__(self, workspace: Workspace, broker: Broker) -> None:
        self.workspace, self.broker = workspace, broker
        self.errors = broker.folder / "intake.log"
        self.process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Intake:
        self.start()
        eventually("the intake listens", lambda: "listening to" in self.log())
        return self

    def __exit__(self, *_error: object) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.communicate()

    def log(self) -> str:
        return self.errors.read_text("utf-8")

    def start(self, *options: str) -> None:
        environment = os.environ | {"AGRIDATA_HOME": str(self.workspace.home)}
        environment.pop("AGRIDATA_DATABASE_URL", None)
        if self.workspace.database_url is not None:
            environment["AGRIDATA_DATABASE_URL"] = self.workspace.database_url
        with self.errors.open("a") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-c", LISTEN, "observe", "listen", "--mqtt", self.broker.url,
                 "--json", *options],
                stdout=subprocess.PIPE, stderr=errors, text=True, env=environment,
            )  # fmt: skip

    def kill(self) -> None:
        """End it as a power cut would."""
        assert self.process is not None
        self.process.kill()
        self.process.communicate(timeout=START_SECONDS)

    def stop(self) -> dict[str, object]:
        """End it politely; return what it tells on standard output."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        out, _ = self.process.communicate(timeout=START_SECONDS)
        self.process = None
        return json.loads(out)


class Logger:
    """A device: publishes at QoS 1 and sends again what was not acknowledged."""

    def __init__(self, broker: Broker, key: str, token: str, *, will: bool = False) -> None:
        self.key, self.topic = key, f"agridata/{key}/readings"
        self.client = mqtt.Client(
            CallbackAPIVersion.VERSION2, f"logger-{key}", clean_session=False,
            protocol=mqtt.MQTTv311,
        )  # fmt: skip
        self.client.username_pw_set(key, token)
        if will:
            self.client.will_set(f"agridata/{key}/status", "offline", 1, retain=True)
        self.client.reconnect_delay_set(1, 2)
        self.client.connect("127.0.0.1", broker.port, 20)
        self.waiting: set[int] = set()
        self.delivered: set[int] = set()
        self.client.on_publish = lambda _client, _data, mid, *_: self.delivered.add(mid)
        self.client.loop_start()
        eventually(f"{key} is connected", self.client.is_connected)

    def send(self, payload: object) -> None:
        """Publish; without a connection the message waits for the next one."""
        text = payload if isinstance(payload, str | bytes) else json.dumps(payload)
        self.waiting.add(self.client.publish(self.topic, text, 1).mid)

    @property
    def is_done(self) -> bool:
        """Whether the broker has acknowledged everything."""
        return self.waiting <= self.delivered

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


def count(workspace: Workspace, table: str = "reading") -> int:
    with workspace.engine.connect() as connection:
        return int(connection.execute(sa.text(f"SELECT count(*) FROM {table}")).scalar() or 0)
