"""The observing network's way in: a broker's messages become stored readings."""

from apps.network._broker import (
    INTAKE_USER,
    BrokerAddress,
    broker_files,
    intake_secret,
    parse_address,
)
from apps.network._convert import convert_salinity
from apps.network._listener import Listener, Tally

__all__ = [
    "INTAKE_USER",
    "BrokerAddress",
    "Listener",
    "Tally",
    "broker_files",
    "convert_salinity",
    "intake_secret",
    "parse_address",
]
