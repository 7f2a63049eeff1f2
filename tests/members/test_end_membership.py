"""The office ends a membership for a reason; the mail fits it, or there is none."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import IntegrityError, StatementError

from memberships.database import db, unit_of_work, utcnow
from memberships.events.queries import check_log, events_about
from memberships.mails.models import MailState
from memberships.members.errors import MembershipChanged, MembershipEnded, MembershipUnknown
from memberships.members.models import EndReason, Membership
from memberships.members.services import end_preview, membership_for_change
from memberships.privacy.models import ConsentEvent, ConsentStep
from tests.members.cases import (
    BEN,
    MARA,
    a_member,
    a_representative,
    end,
    joins_too,
    lead,
    leave,
    mails_about,
    membership,
)
from tests.tables import all_of, nothing_stored

BH = "buergerhaushalt"
SENTENCES = {
    EndReason.OWN_EXIT: "Das haben Sie uns mitgeteilt.",
    EndReason.ENDED_BY_NETWORK: "Das hat das Netzwerk entschieden.",
    EndReason.SEAT_VACANT: "Der Sitz Ihrer Organisation war längere Zeit nicht besetzt.",
    EndReason.MERGED_DUPLICATE: "Sie waren doppelt eingetragen;",
}


@pytest.mark.parametrize("reason", EndReason)
def test_each_reason_has_its_mail_or_none(app: Flask, reason) -> None:
    id_, by = a_member(newsletter=True), lead(BH)
    with app.app_context():
        preview = end_preview(membership(id_), reason, "Ein Satz dazu.")
    end(id_, reason, by, message="Ein Satz dazu.")
    ended = membership(id_)
    assert (ended.end_reason, ended.ended_by_id) == (reason, by.id)
    assert ended.ended_at is not None
    event = events_about(id_)[-1]
    assert (event.tag, event.actor_id) == ("membership:ended", by.id)
    assert f'"reason":"{reason}"' in event.record
    assert "Satz" not in event.record
    assert all_of(ConsentEvent)[-1].step is ConsentStep.WITHDRAWN
    mails = mails_about(id_)
    if reason in SENTENCES:
        (mail,) = mails
        assert (mail.kind, mail.to_address) == ("membership_ended_by_office", MARA)
        assert mail.subject == "Ihre Mitgliedschaft wurde beendet"
        assert SENTENCES[reason] in (mail.body or "")
        assert "Ein Satz dazu." in (mail.body or "")
        assert ("/profil" in (mail.body or "")) is (reason is EndReason.OWN_EXIT)
        assert preview == [(MARA, mail.subject, mail.body)]
    else:
        assert mails == preview == []
    assert check_log().faults == []


def test_everybody_who_acts_for_an_organisation_is_told(app: Flask) -> None:
    id_ = a_representative(newsletter=True)
    joins_too(id_, newsletter=True)
    end(id_, EndReason.ENDED_BY_NETWORK, lead("beteiligungsnetzwerk-bw"))
    assert sorted(mail.to_address for mail in mails_about(id_)) == [BEN, MARA]
    steps = [c.email for c in all_of(ConsentEvent) if c.step is ConsentStep.WITHDRAWN]
    assert sorted(steps) == [BEN, MARA]


def test_nobody_need_be_told(app: Flask) -> None:
    id_ = a_member()
    end(id_, EndReason.MERGED_DUPLICATE, lead(BH), notify=False)
    assert mails_about(id_) == []


def test_after_a_death_nothing_that_waits_is_sent(app: Flask) -> None:
    id_ = a_representative()
    joins_too(id_)
    by = lead("beteiligungsnetzwerk-bw")
    leave(id_)
    end(id_, EndReason.ORGANISATION_DISSOLVED, by)
    assert [mail.state for mail in mails_about(id_)] == [MailState.CANCELLED]


def test_what_has_ended_cannot_be_ended(app: Flask) -> None:
    id_, by = a_member(), lead(BH)
    leave(id_)
    with nothing_stored(), pytest.raises(MembershipEnded):
        end(id_, EndReason.DECEASED, by)


def test_the_office_changes_what_it_saw_in_its_own_network(app: Flask) -> None:
    id_, by = a_member(), lead(BH)
    row = membership(id_)
    network_id, version = row.network_id, row.version
    with unit_of_work():
        assert membership_for_change(network_id, id_, seen_version=version).id == id_
    with pytest.raises(MembershipUnknown), unit_of_work():
        membership_for_change(network_id + 1, id_, seen_version=version)
    with pytest.raises(MembershipChanged), unit_of_work():
        membership_for_change(network_id, id_, seen_version=version - 1)
    end(id_, EndReason.DECEASED, by)
    with pytest.raises(MembershipEnded), unit_of_work():
        membership_for_change(network_id, id_, seen_version=version + 1)


@pytest.mark.parametrize(
    "values",
    [{"ended_at": utcnow()}, {"end_reason": "deceased"}, {"end_reason": "tired"}],
)
def test_the_database_itself_wants_a_reason_for_every_end(app: Flask, values) -> None:
    a_member()
    wrong = (IntegrityError, StatementError)
    with nothing_stored(), pytest.raises(wrong), unit_of_work():
        db.session.execute(sa.update(Membership).values(**values))
