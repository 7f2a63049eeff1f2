"""Deciding whom to mail what: what a public request must not show by its answer or its time."""

from __future__ import annotations

from datetime import timedelta

from memberships.accounts import mails
from memberships.accounts.models import Account, SignInRequest
from memberships.accounts.queries import (
    account_by_email,
    answered_with_mail,
    living_applications_of,
    open_requests,
    roles_of,
)
from memberships.accounts.services.signing_in import sign_in_code_hash
from memberships.applications.models import ApplicationStatus
from memberships.applications.services import open_case
from memberships.database import db, utcnow
from memberships.members.queries import has_profile
from memberships.settings import current_settings
from memberships.tokens import new_code, new_token, token_hash

MOST_CASES = 5
PAUSE = timedelta(minutes=10)


def answer_requests(limit: int = 20) -> int:
    """Answer up to `limit` open requests, each once however many workers run; returns how many.

    Staff and members get a link and a code (T5). Members get the links to applications that are not
    approved yet, too; somebody who only has applications gets the links to all of those. Everybody
    else, and whoever was mailed often enough this hour, gets nothing.
    """
    requests = open_requests(utcnow(), limit)
    for request in requests:
        _answer(request)
    return len(requests)


def _answer(request: SignInRequest) -> None:
    now, settings = utcnow(), current_settings()
    request.answered_at = now
    request.expires_at = now + timedelta(minutes=settings.sign_in_minutes)
    recently = answered_with_mail(request.email, since=now - timedelta(hours=1))
    if recently >= settings.sign_in_mails_an_hour and answered_with_mail(
        request.email, since=now - PAUSE
    ):
        # Not for ever: somebody else's requests must not keep a person out.
        return
    account = account_by_email(request.email)
    if account is not None and roles_of(account.id):
        _send_link(request, account)
    elif account is not None and has_profile(account.id):
        _send_link(request, account)
        _send_cases(request, besides=ApplicationStatus.APPROVED)
    else:
        _send_cases(request)
    db.session.flush()


def _send_link(request: SignInRequest, account: Account) -> None:
    token, code = new_token(), new_code()
    request.account_id = account.id
    request.token_hash = token_hash(token)
    request.code_hash = sign_in_code_hash(request, code)
    request.mails += 1
    mails.sign_in(request, token=token, code=code)


def _send_cases(request: SignInRequest, besides: ApplicationStatus | None = None) -> None:
    for application in living_applications_of(request.email, MOST_CASES, besides=besides):
        case_token = open_case(application, purpose="case_link")
        mails.case_link(request, application, case_token=case_token)
        request.mails += 1
