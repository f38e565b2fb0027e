"""The consumer's page behind a GS1 Digital Link or a short code, and its proof bundle."""

from __future__ import annotations

import dataclasses

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session, select

from agridata.errors import NotFoundError
from apps.views import CheckpointFacts, trace_page
from apps.web._pages import document, language, page, wants_json
from apps.web._proof import proof_bundle, published
from apps.web._site import CurrentSite, Site
from apps.web._static import pinned_vkey
from traceability.errors import TraceabilityError
from traceability.identifiers import normalise_short_code, parse_digital_link
from traceability.lots.models import Lot

__all__ = ["router"]

router = APIRouter()


@dataclasses.dataclass(frozen=True, slots=True)
class Subject:
    """What a code names: a product, and perhaps a lot and one item of it."""

    gtin: str
    lot: str = ""
    serial: str = ""


@router.get("/01/{rest:path}")
def digital_link(request: Request, site: CurrentSite) -> Response:
    """Answer a GS1 Digital Link: 400 for bad syntax, 404 for an unknown code."""
    raw = request.scope.get("raw_path", b"").decode("ascii", "replace") or request.url.path
    query = f"?{request.url.query}" if request.url.query else ""
    elements = parse_digital_link(f"https://id.gs1.org{raw}{query}", short_gtin=True)
    return _answer(
        request, site, Subject(elements["01"], elements.get("10", ""), elements.get("21", ""))
    )


@router.get("/t")
def typed_code(request: Request, code: str = "") -> Response:
    """Go from the form on the front page to the page of the code."""
    target = f"/t/{normalise_short_code(code)}?lang={language(request)}"
    return RedirectResponse(target, status_code=303)


@router.get("/t/{code}")
def short_code(code: str, request: Request, site: CurrentSite) -> Response:
    """Answer a printed short code with the same page."""
    wanted = normalise_short_code(code)
    with site.workspace.session() as session:
        lot = session.exec(select(Lot).where(Lot.short_code == wanted)).first()
    if lot is None:
        raise NotFoundError(
            f"no lot has the code {wanted}",
            where=wanted,
            field="code",
            fix="type the code under the QR symbol again",
            problem_vi=f"không có lô nào mang mã {wanted}",
            fix_vi="hãy nhập lại mã in dưới mã QR",
        )
    return _answer(request, site, Subject(lot.gtin, lot.lot))


def _answer(request: Request, site: Site, subject: Subject) -> Response:
    with site.workspace.session() as session:
        if request.query_params.get("format") == "proof":
            return document(request, proof_bundle(site, session, subject.gtin, subject.lot))
        checkpoint, refused = _checked(site, session, subject)
        told = trace_page(
            session,
            gtin=subject.gtin, lot=subject.lot, serial=subject.serial,
            lang=language(request), now=site.now(session),
            public_url=site.public_url, judge=site.judge,
            log_size=checkpoint.size if checkpoint else 0,
        )  # fmt: skip
    if wants_json(request):
        return document(request, {**dataclasses.asdict(told), "self_check_failed": refused})
    return page(
        request, "trace.html",
        page=told, refused=refused, checkpoint=checkpoint, vkey=pinned_vkey(site),
    )  # fmt: skip


def _checked(site: Site, session: Session, subject: Subject) -> tuple[CheckpointFacts | None, bool]:
    """Return the checkpoint and whether the server's own check refuses the record.

    Readers without JavaScript get this refusal; nobody ever gets "genuine" from here.
    """
    checkpoint = None
    try:
        checkpoint = published(site)
        if site.self_check and subject.lot:
            proof_bundle(site, session, subject.gtin, subject.lot)
    except TraceabilityError:
        return checkpoint, True
    except NotFoundError:
        return checkpoint, False
    return checkpoint, False
