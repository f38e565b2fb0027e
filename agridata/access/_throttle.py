"""Token buckets with an injected clock: for logins and for anonymous pages."""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

from agridata.access._errors import ThrottledError

__all__ = ["Buckets", "LoginThrottle", "Rate", "network_of"]

MAX_BUCKETS = 50_000
"""Addresses or names remembered at once, about 10 MB; beyond it the longest unused is forgotten."""

IPV6_NETWORK_BITS = 64
"""One household or phone has a whole /64: counting single IPv6 addresses would count nothing."""


@dataclass(frozen=True, slots=True)
class Rate:
    """`burst` at once, then one more every `seconds`."""

    burst: int
    seconds: float


PER_ACCOUNT_AND_ADDRESS = Rate(5, 60)
"""A person mistypes a few times; 60 guesses an hour from one place find no password."""

PER_ACCOUNT = Rate(30, 60)
"""Looser, so that a stranger elsewhere cannot lock a person out with a handful of requests."""

PER_ADDRESS = Rate(40, 15)
"""An office or a mobile operator's gateway signs in many people from one address."""


NOTED_PER_ADDRESS = Rate(5, 60)
"""Lines of the trail that refused strangers may cause: a flood must not fill the disk."""


class Buckets:
    """A token bucket per key; safe between threads of one process.

    Parameters
    ----------
    clock
        Gives the moment; injected, so that tests need not sleep.
    """

    def __init__(self, rate: Rate, clock: Callable[[], datetime]) -> None:
        self._rate, self._clock, self._lock = rate, clock, Lock()
        self._filled: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str) -> float:
        """Take one token; return 0.0, or the seconds until there is one."""
        with self._lock:
            level = self._level(key)
            taken = level >= 1
            self._put(key, level - 1 if taken else level)
            return 0.0 if taken else (1 - level) * self._rate.seconds

    def give_back(self, key: str) -> None:
        """Return a token that turned out not to be owed."""
        with self._lock:
            self._put(key, self._level(key) + 1)

    def _level(self, key: str) -> float:
        level, since = self._filled.get(key, (float(self._rate.burst), self._now()))
        gained = max(0.0, self._now() - since) / self._rate.seconds
        return min(float(self._rate.burst), level + gained)

    def _put(self, key: str, level: float) -> None:
        self._filled[key] = (level, self._now())
        self._filled.move_to_end(key)
        while len(self._filled) > MAX_BUCKETS:
            self._filled.popitem(last=False)

    def _now(self) -> float:
        return self._clock().timestamp()


class LoginThrottle:
    """Limits guesses per account and address, per account, and per address.

    A name that is nobody's is limited exactly like one that is somebody's.
    """

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._both = Buckets(PER_ACCOUNT_AND_ADDRESS, clock)
        self._account = Buckets(PER_ACCOUNT, clock)
        self._address = Buckets(PER_ADDRESS, clock)
        self._noted = Buckets(NOTED_PER_ADDRESS, clock)

    def attempt(self, name: str, address: str) -> None:
        """Count an attempt before the password is looked at.

        Raises
        ------
        ThrottledError
            If there were too many; the password is then not looked at.
        """
        place = network_of(address)
        for buckets, key in (
            (self._both, f"{name}|{place}"),
            (self._account, name),
            (self._address, place),
        ):
            wait = buckets.take(key)
            if wait:
                raise ThrottledError(wait)

    def worth_noting(self, address: str) -> bool:
        """Tell whether one more refusal of an address is to be written into the trail."""
        return self._noted.take(network_of(address)) == 0

    def succeeded(self, name: str, address: str) -> None:
        """Give the attempt back: only failures count."""
        place = network_of(address)
        self._both.give_back(f"{name}|{place}")
        self._account.give_back(name)
        self._address.give_back(place)


def network_of(address: str) -> str:
    """Return the key an address is counted under: itself, or its /64 if it is IPv6."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, IPV6_NETWORK_BITS), strict=False))
