"""Passwords: argon2id with named parameters, and rules that help rather than annoy."""

from __future__ import annotations

import secrets
from functools import cache
from importlib import resources
from threading import BoundedSemaphore
from typing import TYPE_CHECKING

from agridata.access._errors import AccountError
from agridata.vocabulary import nfc, search_key

if TYPE_CHECKING:
    from argon2 import PasswordHasher

__all__ = ["check_password", "hash_password", "needs_rehash", "new_password", "verify_password"]

TIME_COST = 3
"""Passes over the memory: RFC 9106 section 4, second recommended option."""

MEMORY_COST_KIB = 65_536
"""64 MiB: RFC 9106's choice where 2 GiB is too much; about 0.1 s on two small cores."""

LANES = 4
"""Parallel lanes of that option; the value stands in every hash, so it may be raised later."""

HASHES_AT_ONCE = 2
"""Hashes computed at the same time: 128 MiB at most, however many people sign in."""

MIN_LENGTH = 10
"""Characters; length is what counts (NIST SP 800-63B), no rule about kinds of characters."""

MAX_LENGTH = 256
"""Characters: longer than any passphrase, short enough to hash without thinking."""

FEWEST_DIFFERENT = 4
"""Different characters: ``aaaaaaaaaa`` and ``1212121212`` are long and known to everybody."""

NEW_PASSWORD_BYTES = 12
"""96 random bits, 16 characters, typed once and then changed."""

_at_once = BoundedSemaphore(HASHES_AT_ONCE)


@cache
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher, Type

    return PasswordHasher(
        time_cost=TIME_COST, memory_cost=MEMORY_COST_KIB, parallelism=LANES, type=Type.ID
    )


@cache
def _nobodys_hash() -> str:
    return _hasher().hash(secrets.token_urlsafe())


def hash_password(password: str) -> str:
    """Return the argon2id encoding of the NFC form (input methods differ, people do not)."""
    with _at_once:
        return _hasher().hash(nfc(password))


def verify_password(encoded: str | None, password: str) -> bool:
    """Tell whether `password` is the one; None costs the same time and is never right."""
    from argon2.exceptions import Argon2Error, InvalidHashError

    expected = encoded if encoded is not None else _nobodys_hash()
    try:
        with _at_once:
            _hasher().verify(expected, nfc(password[:MAX_LENGTH]))
    except (Argon2Error, InvalidHashError):
        return False
    return encoded is not None and len(password) <= MAX_LENGTH


def needs_rehash(encoded: str) -> bool:
    """Tell whether the hash was made with other parameters than today's."""
    return _hasher().check_needs_rehash(encoded)


def new_password() -> str:
    """Return a random password that obeys the rules."""
    return secrets.token_urlsafe(NEW_PASSWORD_BYTES)


@cache
def _common() -> frozenset[str]:
    text = resources.files("agridata.access").joinpath("common_passwords.txt").read_text("utf-8")
    lines = (line.strip() for line in text.splitlines())
    return frozenset(line for line in lines if line and not line.startswith("#"))


def check_password(password: str, name: str) -> None:
    """Return None if the password may be used by the account `name`.

    Raises
    ------
    AccountError
        If it is shorter than `MIN_LENGTH`, longer than `MAX_LENGTH`, commonly used, made of
        very few characters, or the account's name.
    """
    text = nfc(password)
    plain = search_key(text).replace(" ", "")
    if len(text) < MIN_LENGTH:
        raise _refused(f"shorter than {MIN_LENGTH} characters", f"ngắn hơn {MIN_LENGTH} ký tự")
    if len(text) > MAX_LENGTH:
        raise _refused(f"longer than {MAX_LENGTH} characters", f"dài hơn {MAX_LENGTH} ký tự")
    if plain in _common() or plain.strip("0123456789!@#.*") in _common():
        raise _refused("too common", "quá phổ biến")
    if len(set(text)) < FEWEST_DIFFERENT:
        raise _refused("made of very few different characters", "chỉ gồm vài ký tự lặp lại")
    if plain.strip("0123456789!@#.*") == search_key(name).strip("0123456789!@#.*"):
        raise _refused("the name of the account", "trùng với tên tài khoản")


def _refused(why: str, why_vi: str) -> AccountError:
    return AccountError(
        f"this password is {why}", field="password",
        fix=f"use {MIN_LENGTH} characters or more; four words that only you put together are good",
        problem_vi=f"mật khẩu {why_vi}",
        fix_vi=f"hãy dùng từ {MIN_LENGTH} ký tự; bốn từ do bạn tự ghép là tốt",
    )  # fmt: skip
