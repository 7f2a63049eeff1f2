"""Members leave at once, by themselves; of an organisation only the person's acting ends."""

from __future__ import annotations

import pytest
from flask import Flask

from memberships.events.queries import check_log
from memberships.mails.models import MailClass, OutgoingMail
from memberships.members.errors import (
    MembershipEnded,
    MembershipUnknown,
    RepresentativesChanged,
)
from memberships.members.models import EndReason
from memberships.privacy.models import ConsentEvent, ConsentStep
from memberships.web import german_date
from tests.members.cases import (
    BEN,
    MARA,
    a_member,
    a_representative,
    account_of,
    joins_too,
    leave,
    mails_about,
    membership,
    newest,
    on_a_seat,
    representative,
    tags,
)
from tests.tables import all_of, nothing_stored

T9 = """Guten Tag Mara Hofmann,

Ihre Mitgliedschaft im Netzwerk Bürgerhaushalt ist zum {day} beendet. Rundbriefe erhalten \
Sie nicht mehr.

Ihre Angaben löschen wir nach den gesetzlichen Fristen. Bis zum {until} können Sie sie ansehen und \
zurückkommen:

http://127.0.0.1:8000/profil

Danke für Ihre Mitwirkung.
"""


def test_leaving_ends_the_membership_at_once_with_its_mail(app: Flask) -> None:
    id_ = a_member()
    leave(id_)
    left = membership(id_)
    assert (left.end_reason, left.ended_by_id) == (EndReason.OWN_EXIT, account_of().id)
    assert tags(id_) == ["started", "left"]
    (mail,) = mails_about(id_)
    assert (mail.kind, mail.to_address, mail.mail_class) == (
        "membership_ended_by_member",
        MARA,
        MailClass.MEMBERSHIP,
    )
    assert mail.subject == "Ihre Mitgliedschaft ist beendet"
    assert left.ended_at is not None
    assert left.may_return_until is not None
    expected = T9.format(day=german_date(left.ended_at), until=german_date(left.may_return_until))
    assert (mail.body or "").startswith(expected)
    assert check_log().faults == []


def test_leaving_withdraws_the_circular(app: Flask) -> None:
    id_ = a_member(newsletter=True)
    leave(id_)
    assert [(c.step, c.channel) for c in all_of(ConsentEvent)][-1] == (
        ConsentStep.WITHDRAWN,
        "exit",
    )


def test_a_representative_leaves_and_the_organisation_stays(app: Flask) -> None:
    id_ = a_representative(newsletter=True)
    joins_too(id_, newsletter=True)
    before = membership(id_).version
    leave(id_)
    stays = membership(id_)
    assert stays.is_living
    assert stays.version > before
    assert representative(MARA).ended_at is not None
    assert representative(BEN).ended_at is None
    assert tags(id_)[-1] == "representative_left"
    mail = newest(id_)
    assert (mail.to_address, mail.subject) == (MARA, "Sie sind nicht mehr Ansprechperson")
    assert "Bürgerwerkstatt Öderan bleibt Mitglied." in (mail.body or "")
    withdrawn = [c.email for c in all_of(ConsentEvent) if c.step is ConsentStep.WITHDRAWN]
    assert withdrawn == [MARA]


def test_the_last_representative_ends_the_membership_of_the_organisation(app: Flask) -> None:
    id_ = a_representative()
    leave(id_, ends_organisation=True)
    assert membership(id_).end_reason is EndReason.OWN_EXIT
    assert "die Mitgliedschaft von Bürgerwerkstatt Öderan" in (newest(id_).body or "")


def test_nobody_ends_an_organisation_without_having_read_so(app: Flask) -> None:
    id_ = a_representative()
    with nothing_stored(), pytest.raises(RepresentativesChanged):
        leave(id_)
    joins_too(id_)
    with nothing_stored(), pytest.raises(RepresentativesChanged):
        leave(id_, ends_organisation=True)


@pytest.mark.parametrize("starts", [a_member, on_a_seat])
def test_nobody_leaves_twice(app: Flask, starts) -> None:
    id_ = starts()
    leave(id_)
    with nothing_stored(), pytest.raises(MembershipEnded):
        leave(id_)


def test_a_representative_does_not_leave_twice(app: Flask) -> None:
    id_ = a_representative()
    joins_too(id_)
    leave(id_)
    with nothing_stored(), pytest.raises(MembershipEnded):
        leave(id_)


def test_nobody_leaves_for_another_account(app: Flask) -> None:
    id_ = a_member()
    a_member(BEN)
    with nothing_stored(), pytest.raises(MembershipUnknown):
        leave(id_, BEN)
    assert [m for m in all_of(OutgoingMail) if m.kind == "membership_ended_by_member"] == []
