"""Private keys under a passphrase: scrypt and AES-256-GCM, both of the `cryptography` library."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Mapping

from agridata.errors import InputError, UsageError

__all__ = ["MIN_PASSPHRASE", "open_keys", "seal_keys"]

SCRYPT_COST = 2**17
"""N of scrypt (with r=8, p=1): 128 MB and a third of a second per guess, as OWASP asks."""

MIN_PASSPHRASE = 12
"""Characters: four words of a list of 7,776 have more, and a stolen file is guessed at leisure."""

_AAD = b"agridata-backup/1 keys"


def seal_keys(files: Mapping[str, bytes], passphrase: str) -> bytes:
    """Return the files encrypted: a JSON document with salt, nonce and ciphertext.

    Raises
    ------
    UsageError
        If the passphrase is shorter than `MIN_PASSPHRASE`.
    """
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    if len(passphrase) < MIN_PASSPHRASE:
        raise UsageError(
            f"the passphrase has fewer than {MIN_PASSPHRASE} characters", field="--passphrase-file",
            fix="use four or more random words",
            problem_vi=f"mật khẩu ngắn hơn {MIN_PASSPHRASE} ký tự",
            fix_vi="hãy dùng bốn từ ngẫu nhiên trở lên",
        )  # fmt: skip
    salt, nonce = os.urandom(16), os.urandom(12)
    clear = json.dumps({name: _text(data) for name, data in files.items()}).encode()
    sealed = AESGCM(_key(passphrase, salt, SCRYPT_COST)).encrypt(nonce, clear, _AAD)
    document = {
        "kdf": "scrypt", "n": SCRYPT_COST, "r": 8, "p": 1, "cipher": "AES-256-GCM",
        "salt": _text(salt), "nonce": _text(nonce), "sealed": _text(sealed),
    }  # fmt: skip
    return json.dumps(document).encode()


def open_keys(document: bytes, passphrase: str) -> dict[str, bytes]:
    """Return the files that `seal_keys` encrypted.

    Raises
    ------
    InputError
        If the passphrase is another one, or the document was changed.
    """
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        stored = json.loads(document)
        if stored["n"] != SCRYPT_COST:  # a hostile cost would take all memory
            raise ValueError("cost")
        key = _key(passphrase, base64.b64decode(stored["salt"]), SCRYPT_COST)
        sealed = base64.b64decode(stored["sealed"])
        clear = AESGCM(key).decrypt(base64.b64decode(stored["nonce"]), sealed, _AAD)
        return {str(name): base64.b64decode(data) for name, data in json.loads(clear).items()}
    except (InvalidTag, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            "this passphrase does not open the keys of the backup", field="--passphrase-file",
            fix="give the passphrase of this backup, or restore with --without-keys",
            problem_vi="mật khẩu không mở được khoá trong bản sao lưu",
            fix_vi="hãy dùng đúng mật khẩu, hoặc khôi phục với --without-keys",
        ) from error  # fmt: skip


def _key(passphrase: str, salt: bytes, cost: int) -> bytes:
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

    from agridata.vocabulary import nfc

    return Scrypt(salt=salt, length=32, n=cost, r=8, p=1).derive(nfc(passphrase).encode())


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
