"""Readings over HTTP: a device posts what it measured, with its own token."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Header, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from sqlmodel import Session

from agridata.errors import Finding, InputError
from agridata.observations import (
    MAX_PAYLOAD_BYTES,
    Message,
    Outcome,
    UnauthorisedError,
    authenticated,
    take_messages,
)
from apps.network import convert_salinity
from apps.web._site import CurrentSite, Site

__all__ = ["DeviceToken", "router"]


class _DeviceRoute(APIRoute):
    """A device is told in JSON that its token is not taken, whatever it says it accepts."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return FastAPI's handler with one more answer."""
        handler = super().get_route_handler()

        async def answering(request: Request) -> Response:
            try:
                return await handler(request)
            except UnauthorisedError as error:
                return _refusal(401, list(error.findings))

        return answering


router = APIRouter(route_class=_DeviceRoute)

STATUS = {"malformed": 400, "bad_time": 422, "oversize": 413, "unauthorised": 401}
"""Reason of a wholly rejected message → status; any other reason is 422."""

BEARER = "bearer "


class DeviceToken:
    """Dependency that proves a device by its own token; no account, cookie or form is involved.

    The body is not read before.
    """

    async def __call__(
        self, device: str, site: CurrentSite, authorization: Annotated[str, Header()] = ""
    ) -> str:
        """Return the device's key.

        Raises
        ------
        UnauthorisedError
            If the token is not this device's, or the device is revoked.
        """
        is_bearer = authorization.lower().startswith(BEARER)
        token = authorization[len(BEARER) :].strip() if is_bearer else ""
        await run_in_threadpool(_prove, site, device, token)
        return device


@router.post("/observe/{device}")
async def take_in(
    device: Annotated[str, Depends(DeviceToken())],
    request: Request,
    site: CurrentSite,
    idempotency_key: Annotated[str | None, Header()] = None,
) -> JSONResponse:
    """Store the readings of a device: SenML JSON (RFC 8428) or plain JSON.

    Answers 200 with ``{"ok", "stored", "duplicates", "rejected"}`` once they are stored,
    also where some records were rejected and where all were known already. 400 not
    JSON or neither form, 401 wrong token, 413 too large, 422 nothing in it could be
    stored, 503 the database is busy (send again).
    """
    payload = await _body(request)
    message = Message(device, payload, site.clock(), "http", idempotency_key or None)
    try:
        outcome = await run_in_threadpool(_take, site, message)
    except sa.exc.OperationalError:
        busy = InputError("the database is busy", fix="send the same message again")
        return _refusal(503, list(busy.findings))
    return _answer(outcome)


def _prove(site: Site, device: str, token: str) -> None:
    with site.workspace.session() as session:
        authenticated(session, device, token)


async def _body(request: Request) -> bytes:
    """Return the body, or one byte more than may be taken in of a larger one."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MAX_PAYLOAD_BYTES:
            return bytes(body[: MAX_PAYLOAD_BYTES + 1])
    return bytes(body)


def _take(site: Site, message: Message) -> Outcome:
    engine = site.workspace.engine.execution_options(immediate=True)
    with Session(engine) as session:
        (outcome,) = take_messages(session, [message], convert=convert_salinity)
        session.commit()
    return outcome


def _answer(outcome: Outcome) -> JSONResponse:
    findings = [finding for _, finding in outcome.rejected]
    if outcome.rejected and not (outcome.stored or outcome.duplicates):
        reasons = {reason for reason, _ in outcome.rejected}
        return _refusal(STATUS.get(reasons.pop(), 422) if len(reasons) == 1 else 422, findings)
    return _json(
        200,
        {
            "ok": True, "stored": outcome.stored, "duplicates": outcome.duplicates,
            "rejected": [one.as_dict() for one in findings],
        },
    )  # fmt: skip


def _refusal(status: int, findings: list[Finding]) -> JSONResponse:
    answer = _json(status, {"ok": False, "errors": [one.as_dict() for one in findings]})
    if status == 401:
        answer.headers["WWW-Authenticate"] = 'Bearer realm="agridata observe"'
    return answer


def _json(status: int, document: dict[str, object]) -> JSONResponse:
    return JSONResponse(document, status, headers={"Cache-Control": "no-store"})
