"""Asking for a sign-in link, and using it or its code, once."""

from __future__ import annotations

import hmac
from datetime import timedelta
from enum import StrEnum

import sqlalchemy as sa

from memberships.accounts.errors import SignInLinkUnknown, SignInLinkUsed
from memberships.accounts.models import Account, SignInRequest
from memberships.accounts.queries import request_by_page_token, request_by_token
from memberships.database import db, utcnow
from memberships.mails.services import erase_mails
from memberships.settings import current_settings
from memberships.tokens import keyed_hash, new_token, token_hash

REQUESTS_ARE_KEPT = timedelta(days=1)


class CodeOutcome(StrEnum):
    """What became of a typed code."""

    RIGHT = "right"
    WRONG = "wrong"
    DEAD = "dead"


def request_sign_in(email: str, *, target: str) -> str:
    """Store that somebody wants to sign in; returns the token of the page that waits.

    Nothing is looked up: the worker decides whether a mail goes out. `target` is the path to go on
    to afterwards.
    """
    page_token, now, settings = new_token(), utcnow(), current_settings()
    db.session.add(
        SignInRequest(
            email=email,
            page_token_hash=token_hash(page_token),
            target=target,
            asked_at=now,
            expires_at=now + timedelta(minutes=settings.sign_in_minutes),
            tries_left=settings.code_tries,
        )
    )
    return page_token


def sign_in_code_hash(request: SignInRequest, code: str) -> str:
    """What is stored of a code; of no use with any other request."""
    return keyed_hash("sign-in-code", str(request.id), code)


def open_link(token: str) -> SignInRequest:
    """Use the link from the mail; its request then says whose session begins.

    Raises SignInLinkUsed the second time, SignInLinkUnknown for any other dead link.
    """
    request = _require_open(request_by_token(token, for_change=True))
    _use(request)
    return request


def _require_open(request: SignInRequest | None) -> SignInRequest:
    if request is not None and request.used_at is not None:
        raise SignInLinkUsed
    if request is None or not request.is_open(utcnow()):
        raise SignInLinkUnknown
    return request


def enter_code(page_token: str, code: str) -> tuple[SignInRequest, CodeOutcome]:
    """Use the code from the mail, on the page that asked for it.

    A wrong one costs a try, with or without a mail behind it, so that both look the same. After the
    last try the code is dead; the link is not.

    Raises SignInLinkUsed when link or code were used, SignInLinkUnknown when both are too old.
    """
    request = _require_open(request_by_page_token(page_token, for_change=True))
    return request, _try_code(request, code)


def _try_code(request: SignInRequest, code: str) -> CodeOutcome:
    if request.tries_left < 1:
        return CodeOutcome.DEAD
    if hmac.compare_digest(request.code_hash or "", sign_in_code_hash(request, code)):
        _use(request)
        return CodeOutcome.RIGHT
    request.tries_left -= 1
    return CodeOutcome.WRONG if request.tries_left else CodeOutcome.DEAD


def _use(request: SignInRequest) -> None:
    now = utcnow()
    request.used_at = now
    db.session.execute(
        sa.update(Account)
        .where(Account.id == request.account_id, Account.verified_at.is_(None))
        .values(verified_at=now)
    )


def erase_old_requests(limit: int = 100) -> int:
    """Erase up to `limit` requests older than a day with their mails; returns how many.

    An address without an account was nobody's business from the start (Art. 5(1)(e) GDPR).
    """
    old = db.session.scalars(
        sa.select(SignInRequest)
        .where(SignInRequest.asked_at <= utcnow() - REQUESTS_ARE_KEPT)
        .order_by(SignInRequest.asked_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for request in old:
        erase_mails(request.id)
        db.session.delete(request)
    return len(old)
