"""Where the broker is, and the files that make a Mosquitto know our devices."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from agridata.errors import UsageError
from agridata.observations import Device, broker_hash

__all__ = [
    "INTAKE_USER",
    "READINGS_TOPIC",
    "BrokerAddress",
    "broker_files",
    "intake_secret",
    "parse_address",
]

INTAKE_USER = "agridata-intake"
READINGS_TOPIC = "agridata/+/readings"
"""The first ``+`` stands for the device; the broker's ACL proves it."""

PORTS = {"mqtt": 1883, "mqtts": 8883}

IN_FLIGHT = 1000
"""Messages the broker may send ahead of our acknowledgement: the size of the largest batch."""

BROKER_MAX_BYTES = 262_144
"""What the broker passes on. Larger than what is taken in, so that an oversize message
is rejected with a reason; a client that the broker cuts off would send it for ever."""

CONFIGURATION = """\
# Mosquitto for an agridata observing network: made by `agridata observe devices broker`.
# After `devices add`, `rotate` or `revoke`: make these files again, then send SIGHUP.
listener {port} {bind}
allow_anonymous false
password_file {folder}/passwords
acl_file {folder}/acl

# The intake's session and queue survive a restart of the broker …
persistence true
persistence_location {folder}/
autosave_interval 60
# … and hold what devices send while the intake is away: the default (1000) drops the rest.
max_queued_messages 0
max_inflight_messages {in_flight}
message_size_limit {max_bytes}
"""

ACL = """\
# A device writes under its own name only; the intake reads all of them.
pattern write agridata/%u/#

user {intake}
topic read agridata/#
"""


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """Host and port of a broker, whether TLS is spoken, and who we are there."""

    host: str
    port: int
    tls: bool = False
    user: str = ""
    password: str = field(default="", repr=False)


def parse_address(url: str) -> BrokerAddress:
    """Read ``mqtt://[USER[:PASSWORD]@]HOST[:PORT]`` (``mqtts://`` speaks TLS).

    Raises
    ------
    UsageError
        If it is none.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.scheme not in PORTS or not parts.hostname or parts.path not in ("", "/"):
        raise UsageError(
            f"{url!r} is not the address of a broker", field="--mqtt",
            fix="write mqtt://HOST:1883, or mqtts://HOST:8883 with TLS",
            problem_vi=f"{url!r} không phải địa chỉ máy chủ MQTT",
            fix_vi="hãy ghi mqtt://MÁY:1883 hoặc mqtts://MÁY:8883",
        )  # fmt: skip
    return BrokerAddress(
        parts.hostname, port or PORTS[parts.scheme], parts.scheme == "mqtts",
        unquote(parts.username or ""), unquote(parts.password or ""),
    )  # fmt: skip


def intake_secret(keys_dir: Path) -> str:
    """Return the intake's own password at the broker, made at first use (mode 0600)."""
    path = keys_dir / "mqtt_intake"
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as stream:
            stream.write(secrets.token_urlsafe(32))
    return path.read_text("ascii")


def broker_files(
    folder: Path, devices: Iterable[Device], secret: str, *, port: int, bind: str = "127.0.0.1"
) -> list[Path]:
    """Write ``passwords``, ``acl`` and ``mosquitto.conf`` for the active devices.

    Parameters
    ----------
    folder
        Also where the broker keeps its session database; absolute.
    secret
        The intake's password.

    Returns
    -------
    list of Path
        The files; ``passwords`` is readable by its owner alone.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lines = [f"{INTAKE_USER}:{broker_hash(secret)}"]
    lines += [f"{one.key}:{one.broker_hash}" for one in devices if one.revoked_at is None]
    texts = {
        "passwords": "\n".join(lines) + "\n",
        "acl": ACL.format(intake=INTAKE_USER),
        "mosquitto.conf": CONFIGURATION.format(
            port=port, bind=bind, folder=folder, in_flight=IN_FLIGHT, max_bytes=BROKER_MAX_BYTES
        ),
    }
    for name, text in texts.items():
        path = folder / name
        path.touch(mode=0o600)
        path.write_text(text, "utf-8")
    return [folder / name for name in texts]
