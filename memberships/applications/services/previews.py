"""Mails as they would leave if somebody decided now; nothing is stored."""

from __future__ import annotations

from collections.abc import Mapping

from memberships.applications import mails
from memberships.applications.models import ApplicantKind, Application, InformationRequest
from memberships.applications.organisations import (
    organisation_state,
    outcome_of,
    standing_membership,
)
from memberships.applications.queries import newest_confirmed
from memberships.applications.services.asking import asked_fields
from memberships.applications.services.cases import promised_by
from memberships.database import utcnow
from memberships.links import public_url_for
from memberships.mails.services import preview_mail
from memberships.mails.wording import MailText
from memberships.members.models import EndReason, Membership, return_until
from memberships.members.queries import account_of
from memberships.networks.definition import Definition
from memberships.networks.models import DefinitionVersion, Network
from memberships.networks.queries import definition_of, words_today

LINK = "[persönlicher Link]"


def _preview(kind: str, application: Application, **context: object) -> tuple[str, str]:
    """Subject and body exactly as they would leave, but for the links: they are the person's."""
    links = {"case_url": LINK, "consents_url": LINK}
    context = {**mails.common_words(application), **links, **context}
    return preview_mail(kind, context, words_today(application.definition).mail_text(kind))


def approval_preview(application: Application, message: str) -> tuple[str, str]:
    """The mail that an approval now would send."""
    standing, membership = _expected(application)
    return _preview(
        "application_repeated" if standing else "application_approved",
        application,
        organisation_name=(membership or application).organisation_name,
        holder=membership.holder if membership else application.applicant_kind.value,
        member_since=membership.member_since if membership else utcnow(),
        after_review=True,
        message=message,
    )


def expected_outcome(application: Application) -> str:
    """What an approval now would do: begin a membership, join one, or find one standing."""
    stands, membership = _expected(application)
    return outcome_of(membership if stands else None, None if stands else membership)


def _expected(application: Application) -> tuple[bool, Membership | None]:
    """Whether the applicant is a member already, and the membership that an approval would name."""
    state = organisation_state(application)
    account = account_of(application.email)
    organisation_id = state.organisation.id if state and state.organisation else None
    if account is not None and (state is None or state.is_standing):
        standing = standing_membership(application, account, organisation_id)
        if standing is not None:
            return True, standing
    return False, state.joined if state else None


def decline_preview(application: Application, reason: str, message: str) -> tuple[str, str]:
    """The mail that declining for this reason would send."""
    words = mails.declined_words(application, reason, message)
    return _preview("application_declined", application, **words)


def reopening_preview(application: Application) -> tuple[str, str]:
    """The mail that says that the case is looked at once more."""
    due_at = promised_by(definition_of(application.definition), utcnow())
    return _preview("application_reopened", application, due_at=due_at)


def question_preview(
    application: Application, question: str, fields: Mapping[str, str]
) -> tuple[str, str]:
    """The mail that would carry this question, and those about single fields."""
    request = InformationRequest.asked_now(question, utcnow(), asked_fields(application, fields))
    return _preview(
        "information_requested", application, **mails.question_words(application, request)
    )


def text_preview(kind: str, network: Network, net: Definition, text: MailText) -> tuple[str, str]:
    """A mail with these words, as the newest case of the network would get it.

    `net` is the definition whose texts are to be shown. Restricted cases are left alone; without
    any other the person is invented.
    """
    application, now = newest_confirmed(network.id) or _invented(network, net), utcnow()
    question = InformationRequest.asked_now("In welchem Ort sind Sie tätig?", now)
    is_organisation = application.applicant_kind is ApplicantKind.ORGANISATION
    reasons = [reason for reason in net.decline_reasons if reason.text]
    context = {
        **mails.common_words(application),
        "net": net,
        "case_url": LINK,
        "due_at": application.due_at or question.answer_by,
        "request": question,
        "asked": [],
        "message": "(Ihr persönlicher Satz zu diesem Fall)",
        "reason": reasons[0] if reasons else None,
        "organisation_name": application.organisation_name if is_organisation else None,
        "holder": application.applicant_kind.value,
        "member_since": now,
        "after_review": True,
        "ended_at": now,
        "organisation_stays": False,
        "return_until": return_until(now),
        "profile_url": public_url_for("profile.profile"),
    }
    if kind == "membership_ended_by_office":
        context["reason"] = EndReason.OWN_EXIT.value
    return preview_mail(kind, context, text)


def _invented(network: Network, net: Definition) -> Application:
    """Somebody who does not exist, never stored."""
    kind = ApplicantKind.ORGANISATION if net.joins == ("organisation",) else ApplicantKind.PERSON
    return Application(
        definition=DefinitionVersion(network=Network(slug=network.slug), digest=net.digest),
        applicant_kind=kind,
        first_name="Mara",
        last_name="Beispiel",
        organisation_name="Bürgerwerkstatt Beispielstadt",
        submitted_at=utcnow(),
    )
