"""The one mail that tells a colleague what waits for them. It names no applicant."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from memberships.accounts.models import StaffRole
from memberships.links import legal_links, public_url_for
from memberships.mails.models import MailClass, Office, OutgoingMail
from memberships.mails.services import queue_mail
from memberships.networks.definition import Definition
from memberships.notices.models import Step
from memberships.notices.queries import Notice
from memberships.settings import current_settings

KIND = "staff_notice"
LISTED = 20
# What presses first.
_ORDER = [Step.LEAD, Step.DEPUTY, Step.OVERDUE, Step.ANSWERED, Step.HANDED, Step.SOON]


def staff_notice(
    held: StaffRole, notices: Sequence[Notice], definition: Definition
) -> OutgoingMail:
    """Which cases are late or due soon, were handed over or answered: day and link of each."""
    cases: dict[UUID, list[Notice]] = {}
    for notice in sorted(notices, key=lambda one: (_ORDER.index(one.step), one.about_at)):
        cases.setdefault(notice.application.id, []).append(notice)
    listed = [
        {
            "application": found[0].application,
            "steps": [notice.step.value for notice in found],
            "url": public_url_for(
                "review.case", slug=definition.slug, application_id=str(application_id)
            ),
        }
        for application_id, found in list(cases.items())[:LISTED]
    ]
    late = {Step.LEAD, Step.DEPUTY, Step.OVERDUE}
    overdue = sum(any(notice.step in late for notice in found) for found in cases.values())
    return queue_mail(
        KIND,
        mail_class=MailClass.CASE,
        about=held,
        to=held.account.email,
        office=Office(name=definition.name, reply_to=current_settings().sender_address),
        net=definition,
        settings=current_settings(),
        cases=listed,
        more=len(cases) - len(listed),
        total=len(cases),
        overdue=overdue,
        queue_url=public_url_for("review.queue", slug=definition.slug),
        settings_url=public_url_for("notices.my_notices"),
        **legal_links(definition.slug),
    )
