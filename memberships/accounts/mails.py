"""Mails about signing in and about roles. Each function stores one in the caller's unit of work."""

from __future__ import annotations

from typing import Any

from memberships.accounts.models import AddressChange, SecondFactor, SignInRequest, StaffRole
from memberships.applications.models import Application
from memberships.database import utcnow
from memberships.links import all_legal_links, legal_links, public_url_for
from memberships.mails.models import MailClass, Office, OutgoingMail
from memberships.mails.services import queue_mail
from memberships.networks.queries import current_definitions, words_today
from memberships.settings import current_settings


def sign_in(request: SignInRequest, *, token: str, code: str) -> OutgoingMail:
    """T5: link and code. Holds nothing that anybody typed (domain.md, section 9)."""
    settings = current_settings()
    return queue_mail(
        "sign_in",
        mail_class=MailClass.CASE,
        about=request,
        to=request.email,
        office=_platform(),
        settings=settings,
        **all_legal_links(),
        sign_in_url=public_url_for("accounts.link", token=token),
        code=code,
    )


def case_link(request: SignInRequest, application: Application, *, case_token: str) -> OutgoingMail:
    """The way to an application, for somebody who has that and no more."""
    net = words_today(application.definition)
    return queue_mail(
        "case_link",
        mail_class=MailClass.CASE,
        about=request,
        to=request.email,
        office=Office(name=net.name, reply_to=net.office.email),
        net=net,
        settings=current_settings(),
        applied_at=application.submitted_at,
        case_url=public_url_for("applications.case", case_token=case_token),
        **legal_links(net.slug),
    )


def address_change_asked(change: AddressChange, *, token: str) -> OutgoingMail:
    """To the new address: the link that changes it. Holds no name and not the old address."""
    return _about_address(
        "address_change_asked",
        change,
        change.new_email,
        confirm_url=public_url_for("accounts.confirm_address", token=token),
    )


def address_change_taken(change: AddressChange) -> OutgoingMail:
    """To the new address, which has an account already: nothing changes by itself."""
    return _about_address(
        "address_change_taken",
        change,
        change.new_email,
        sign_in_url=public_url_for("accounts.sign_in"),
    )


def address_change_announced(change: AddressChange, *, token: str) -> OutgoingMail:
    """To the old address: what was asked for, and the link that stops it."""
    return _about_address(
        "address_change_announced",
        change,
        change.old_email,
        stop_url=public_url_for("accounts.stop_address", token=token),
    )


def _about_address(kind: str, change: AddressChange, to: str, **words: Any) -> OutgoingMail:
    return queue_mail(
        kind,
        mail_class=MailClass.CASE,
        about=change,
        to=to,
        office=_platform(),
        settings=current_settings(),
        **all_legal_links(),
        asked_at=change.asked_at,
        expires_at=change.expires_at,
        **words,
    )


def staff_invited(held: StaffRole, *, inviter: str) -> OutgoingMail:
    """Somebody was given a role: by whom, where, and how to begin."""
    net = current_definitions()[held.network.slug] if held.network else None
    return queue_mail(
        "staff_invited",
        mail_class=MailClass.CASE,
        about=held,
        to=held.account.email,
        office=Office(name=net.name, reply_to=net.office.email) if net else _platform(),
        net=net,
        settings=current_settings(),
        role=held.role,
        inviter=inviter,
        sign_in_url=public_url_for("accounts.sign_in"),
        **(legal_links(net.slug) if net else all_legal_links()),
    )


def second_factor_changed(factor: SecondFactor, what: str) -> OutgoingMail:
    """What happened to the second factor: one of added, removed, recovered, reset, codes."""
    return queue_mail(
        "second_factor_changed",
        mail_class=MailClass.CASE,
        about=factor,
        to=factor.account.email,
        office=_platform(),
        settings=current_settings(),
        what=what,
        at=utcnow(),
        factor_url=public_url_for("accounts.factors"),
        **all_legal_links(),
    )


def _platform() -> Office:
    settings = current_settings()
    return Office(name=settings.platform_name, reply_to=settings.sender_address)
