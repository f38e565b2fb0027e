"""A small OpenID Connect issuer on loopback: discovery, keys, token endpoint, real signatures."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey, RSAKey


def _use(kid: str) -> Any:
    return {"kid": kid, "use": "sig"}


@cache
def _rsa_key(_number: int) -> RSAKey:
    """A key per number, made once: finding primes takes its time."""
    return RSAKey.generate_key(2048, _use("rsa-1"))


CLIENT_ID, CLIENT_SECRET = "agridata", "issuer-client-secret"


@dataclass
class Issuer:
    """State of the issuer; tests turn its dials to make it lie."""

    algorithm: str = "RS256"
    claims: dict[str, Any] = field(default_factory=dict)
    change_token: Callable[[str], str] = lambda text: text
    discovery: dict[str, Any] = field(default_factory=dict)
    status: int = 200
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    seen: list[dict[str, str]] = field(default_factory=list)
    url: str = ""

    def __post_init__(self) -> None:
        self.keys = {"RS256": _rsa_key(0), "ES256": ECKey.generate_key("P-256", _use("ec-1"))}
        self.stranger = _rsa_key(1)
        self.signer: Any = None

    def start(self) -> ThreadingHTTPServer:
        """Listen on a free port of loopback."""
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        self.url = f"http://127.0.0.1:{server.server_address[1]}"
        return server

    def approve(self, location: str, now: int, **claims: Any) -> str:
        """Play the person who signs in: return where the browser is sent back to."""
        asked = dict(parse_qsl(urlsplit(location).query))
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(16)
        self.codes[code] = {**asked, "now": str(now), "claims": json.dumps(claims)}
        back = {"code": code, "state": asked["state"], "iss": self.url}
        return f"{urlsplit(asked['redirect_uri']).path}?{urlencode(back)}"

    def token(self, asked: dict[str, str]) -> dict[str, Any]:
        """Return the token endpoint's answer for an approved code."""
        now, access = int(asked["now"]), secrets.token_urlsafe(16)
        half = hashlib.sha256(access.encode()).digest()[:16]
        claims = {
            "iss": self.url, "aud": CLIENT_ID, "sub": "person-1", "iat": now, "exp": now + 300,
            "nonce": asked["nonce"], "preferred_username": "lan.nguyen",
            "at_hash": base64.urlsafe_b64encode(half).rstrip(b"=").decode(),
            **json.loads(asked["claims"]), **self.claims,
        }  # fmt: skip
        claims = {name: value for name, value in claims.items() if value is not None}
        key = self.signer or self.keys.get(self.algorithm)
        if self.algorithm == "HS256":
            public = self.keys["RS256"].as_pem(private=False)
            key = OctKey.import_key(hashlib.sha512(public).hexdigest())
        header = {"alg": self.algorithm, "kid": getattr(key, "kid", None) or "rsa-1"}
        text = jwt.encode(header, claims, key, algorithms=[self.algorithm])
        return {"access_token": access, "token_type": "Bearer",
                "id_token": self.change_token(text)}  # fmt: skip


def _handler(issuer: Issuer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            """Stay silent."""

        def do_GET(self) -> None:
            if self.path == "/.well-known/openid-configuration":
                self._answer({
                    "issuer": issuer.url, "authorization_endpoint": f"{issuer.url}/authorize",
                    "token_endpoint": f"{issuer.url}/token", "jwks_uri": f"{issuer.url}/keys",
                    **issuer.discovery,
                })  # fmt: skip
            elif self.path == "/keys":
                self._answer(KeySet([*issuer.keys.values()]).as_dict(private=False))
            else:
                self._answer({}, 404)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            sent = {key: values[0] for key, values in parse_qs(body).items()}
            issuer.seen.append(sent)
            basic = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
            asked = issuer.codes.pop(sent.get("code", ""), None)
            digest = hashlib.sha256(sent.get("code_verifier", "").encode()).digest()
            challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
            right = (
                asked is not None
                and self.headers["authorization"] == f"Basic {basic}"
                and challenge == asked["code_challenge"]
                and sent.get("redirect_uri") == asked["redirect_uri"]
            )
            if not right or asked is None:
                self._answer({"error": "invalid_grant"}, 400)
            else:
                self._answer(issuer.token(asked), issuer.status)

        def _answer(self, value: Any, status: int = 200) -> None:
            body = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler
