"""The rest of `agridata observe`: devices, the intake from a broker, health, quality."""

from __future__ import annotations

import logging
import signal
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agridata.errors import UsageError
from agridata.vocabulary import Utc, to_local, utc_now
from apps.cli._common import AsOf, Home, Json, emit, moment, opened

if TYPE_CHECKING:
    from collections.abc import Callable

    from agridata.observations import SensorHealth

__all__ = ["add_commands", "devices_app"]

devices_app = typer.Typer(no_args_is_help=True, help="Loggers in the field and their secrets.")

Key = Annotated[str, typer.Argument(help="Key of the device.", metavar="DEVICE")]

SHOWN_STATIONS = 30
"""Stations named on a terminal; ``--json`` has them all."""


@devices_app.command("add")
def add_command(
    key: Key,
    station: Annotated[str, typer.Option(help="Station where it stands.")],
    sensor: Annotated[
        list[str],
        typer.Option(help="NAME=VARIABLE@UNIT, as its messages name it; repeat for more."),
    ],
    every: Annotated[
        float | None, typer.Option(help="Seconds between readings (default: learnt).", min=1)
    ] = None,
    name: Annotated[str, typer.Option(help="What people call it.")] = "",
    as_of: AsOf = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Register a device; its token is shown once and kept only as a hash."""
    from agridata.observations import add_device, parse_sensor

    specs = [parse_sensor(one, every) for one in sensor]
    with opened(home).session() as session:
        device, token = add_device(session, key, station, specs, moment(as_of), name=name)
        session.commit()
        made = {
            "device": device.key, "station": station, "sensors": sensor, "token": token,
            "topic": f"agridata/{device.key}/readings", "http": f"/observe/{device.key}",
        }  # fmt: skip
    lines = [
        f"{made['device']} at {station}: {', '.join(sensor)}",
        f"token (shown once): {token}",
        f"MQTT: user {made['device']}, topic {made['topic']}, QoS 1",
        "      make the broker's files again: agridata observe devices broker --out DIR",
        f"HTTP: POST {made['http']} with Authorization: Bearer TOKEN",
    ]
    emit(made, as_json=json, text="\n".join(lines))


@devices_app.command("list")
def list_command(home: Home = None, json: Json = False) -> None:
    """List devices with their station, sensors and when they were last heard."""
    from agridata.observations import devices

    with opened(home).session() as session:
        rows = [
            {
                "device": device.key, "name": device.name, "station": station.key,
                "sensors": [
                    {"name": one.name, "variable": one.variable, "unit": one.unit,
                     "interval_seconds": one.interval_seconds}
                    for one in sensors
                ],
                "created_at": _iso(device.created_at), "revoked_at": _iso(device.revoked_at),
                "last_seen": _iso(device.last_seen), "online": device.online,
            }
            for device, station, sensors in devices(session)
        ]  # fmt: skip
    lines = [
        f"{row['device']:<24}{row['station']:<20}"
        f"{'revoked' if row['revoked_at'] else row['last_seen'] or 'never heard'}"
        for row in rows
    ]
    emit({"devices": rows}, as_json=json, text="\n".join(lines) or "no devices")


@devices_app.command("revoke")
def revoke_command(key: Key, as_of: AsOf = None, home: Home = None, json: Json = False) -> None:
    """End a device's right to send; its readings stay."""
    from agridata.observations import revoke_device

    with opened(home).session() as session:
        device = revoke_device(session, key, moment(as_of))
        session.commit()
        done = {"device": device.key, "revoked_at": _iso(device.revoked_at)}
    text = f"{key} is revoked; make the broker's files again and send it SIGHUP"
    emit(done, as_json=json, text=text)


@devices_app.command("rotate")
def rotate_command(key: Key, home: Home = None, json: Json = False) -> None:
    """Give a device a new token, shown once; the old one no longer works."""
    from agridata.observations import rotate_token

    with opened(home).session() as session:
        token = rotate_token(session, key)
        session.commit()
    emit({"device": key, "token": token}, as_json=json, text=f"token (shown once): {token}")


@devices_app.command("broker")
def broker_command(
    out: Annotated[Path, typer.Option(help="Folder for the files.")],
    port: Annotated[int, typer.Option(help="Port the broker listens on.", min=1, max=65535)] = 1883,
    bind: Annotated[str, typer.Option(help="Address the broker listens on.")] = "127.0.0.1",
    home: Home = None,
    json: Json = False,
) -> None:
    """Write Mosquitto's passwords, access list and configuration for the active devices."""
    from agridata.observations import devices
    from apps.network import broker_files, intake_secret

    workspace = opened(home)
    with workspace.session() as session:
        known = [device for device, _, _ in devices(session)]
    files = broker_files(
        out.resolve(), known, intake_secret(workspace.keys_dir), port=port, bind=bind
    )
    active = sum(one.revoked_at is None for one in known)
    document = {"files": [str(one) for one in files], "devices": active}
    text = f"{active} devices → {out} (mosquitto -c {out / 'mosquitto.conf'})"
    emit(document, as_json=json, text=text)


def listen_command(
    mqtt: Annotated[str, typer.Option(help="mqtt://HOST:PORT, or mqtts:// with TLS.")],
    topic: Annotated[
        str, typer.Option(help="Filter; its first + stands for the device.")
    ] = "agridata/+/readings",
    client_id: Annotated[
        str, typer.Option(help="Name of the session at the broker.")
    ] = "agridata-intake",
    ca: Annotated[
        Path | None, typer.Option(help="Certificate authority of the broker (TLS).")
    ] = None,
    idle_exit: Annotated[
        float | None, typer.Option(help="End after so many seconds without a message.", min=0.1)
    ] = None,
    as_of: AsOf = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Take in the messages of devices until stopped; each is acknowledged once it is stored."""
    from apps.network import (
        INTAKE_USER,
        BrokerAddress,
        Listener,
        intake_secret,
        parse_address,
    )

    workspace = opened(home)
    address = parse_address(mqtt)
    if not address.user:
        secret = intake_secret(workspace.keys_dir)
        address = BrokerAddress(address.host, address.port, address.tls, INTAKE_USER, secret)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    listener = Listener(
        workspace, address, _clock(as_of), topic=topic, client_id=client_id, ca_file=ca
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: listener.stop())
    tally = listener.run(idle_exit=idle_exit).as_dict()
    text = (
        f"{tally['received']} messages: {tally['stored']} readings stored, "
        f"{tally['duplicates']} known already, {sum(tally['rejected'].values())} rejected"
    )
    emit(tally, as_json=json, text=text)


def rejected_command(
    limit: Annotated[int, typer.Option(help="Newest so many.", min=1)] = 50,
    home: Home = None,
    json: Json = False,
) -> None:
    """List messages that were not stored, newest first, with the reason and the fix."""
    from sqlmodel import col, select

    from agridata.observations import RejectedMessage

    with opened(home).session() as session:
        query = select(RejectedMessage).order_by(col(RejectedMessage.last_at).desc()).limit(limit)
        rows = [
            {
                "device": one.device_key, "channel": one.channel, "reason": one.reason,
                "where": one.where, "field": one.field, "problem": one.problem, "fix": one.fix,
                "times": one.times, "first_at": _iso(one.first_at), "last_at": _iso(one.last_at),
                "excerpt": one.excerpt,
            }
            for one in session.exec(query)
        ]  # fmt: skip
    lines = [
        f"{row['last_at']} {row['device']} {row['reason']} ×{row['times']}: "
        f"{row['problem']} → {row['fix']}"
        for row in rows
    ]
    emit({"rejected": rows}, as_json=json, text="\n".join(lines) or "nothing was rejected")


def health_command(
    variable: Annotated[str | None, typer.Option(help="Only this variable.")] = None,
    state: Annotated[str | None, typer.Option(help="fresh, late, dead or silent only.")] = None,
    as_of: AsOf = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Which sensors report, which are late, which are dead; exit 1 if a device's is dead."""
    from agridata.observations import network_health, variable_named

    if state not in (None, "fresh", "late", "dead", "silent"):
        raise UsageError(f"no state is called {state!r}", field="--state", fix="see --help")
    wanted = None if variable is None else [variable_named(variable).name]
    now = moment(as_of)
    with opened(home).session() as session:
        found = network_health(session, now, wanted)
    shown = [one for one in found if state in (None, one.state)]
    document = {
        "as_of": _iso(now),
        "states": {
            name: sum(one.state == name for one in found)
            for name in ("fresh", "late", "dead", "silent")
        },
        "sensors": [_health_row(one) for one in shown],
    }
    emit(document, as_json=json, text="\n".join(map(_health_line, shown)) or "no sensors")
    if any(one.device and one.state == "dead" for one in found):
        raise typer.Exit(1)


def qc_command(
    station: Annotated[str | None, typer.Option(help="Only this station's flags.")] = None,
    variable: Annotated[str | None, typer.Option(help="Only this variable.")] = None,
    as_of: AsOf = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Recompute the flags of stored readings with all there is now; values never change."""
    from sqlmodel import Session

    from agridata.observations import (
        check_quality,
        find_station,
        homonyms,
        network_health,
        variable_named,
    )

    wanted = None if variable is None else [variable_named(variable).name]
    engine = opened(home).engine.execution_options(immediate=True)
    with Session(engine) as session:
        only = None if station is None else find_station(session, station)
        report = check_quality(session, station=only.id if only else None, variables=wanted)
        session.commit()
        names = homonyms(session)
        stale = [
            f"{one.station} {one.variable}"
            for one in network_health(session, moment(as_of), wanted)
            if one.state == "dead" and (only is None or one.station == only.key)
        ]
    document = report.as_dict() | {"homonyms": names, "stale": stale}
    emit(document, as_json=json, text=_qc_text(document))


def add_commands(app: typer.Typer) -> None:
    """Put the commands of this module under `agridata observe`."""
    app.add_typer(devices_app, name="devices")
    app.command("listen")(listen_command)
    app.command("rejected")(rejected_command)
    app.command("health")(health_command)
    app.command("qc")(qc_command)


def _clock(as_of: str | None) -> Callable[[], Utc]:
    """Return the wall clock, set to start at ``--as-of`` where that is given."""
    shift = timedelta() if as_of is None else moment(as_of) - utc_now()
    return lambda: Utc(utc_now() + shift)


def _iso(time: Any) -> str | None:
    return None if time is None else to_local(time).isoformat()


def _seconds(span: timedelta | None) -> float | None:
    return None if span is None else span.total_seconds()


def _health_row(one: SensorHealth) -> dict[str, Any]:
    return {
        "station": one.station, "name": one.name, "variable": one.variable,
        "device": one.device or None, "state": one.state, "last_time": _iso(one.last_time),
        "last_value": one.last_value, "unit": one.unit, "last_flag": one.last_flag,
        "age_seconds": _seconds(one.age), "interval_seconds": _seconds(one.interval),
        "interval_source": one.interval_source, "last_seen": _iso(one.last_seen),
        "online": one.online, "simulated": one.simulated,
    }  # fmt: skip


def _health_line(one: SensorHealth) -> str:
    every = "interval unknown" if one.interval is None else f"every {one.interval}"
    last = "never measured" if one.last_time is None else (
        f"{one.last_value:g} {one.unit} at {to_local(one.last_time):%Y-%m-%d %H:%M}"
    )  # fmt: skip
    return f"{one.state:<7}{one.station:<22}{one.variable:<20}{last}, {every}" + (
        f", device {one.device}" if one.device else ""
    )


def _qc_text(document: dict[str, Any]) -> str:
    lines = [f"{document['readings']} readings, flags of {document['changed']} changed"]
    lines += [f"  {count} {flag}" for flag, count in document["flagged"].items()]
    stations = list(document["by_station"].items())
    lines += [
        f"  {key}: " + ", ".join(f"{count} {flag}" for flag, count in flags.items())
        for key, flags in stations[:SHOWN_STATIONS]
    ]
    if len(stations) > SHOWN_STATIONS:
        lines.append(f"  … {len(stations) - SHOWN_STATIONS} more stations (see --json)")
    lines += [f"  one name, several stations: {', '.join(keys)}"
              for keys in document["homonyms"].values()]  # fmt: skip
    lines += [f"  stale: {one}" for one in document["stale"][:SHOWN_STATIONS]]
    return "\n".join(lines)
