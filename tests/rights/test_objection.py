"""Who objects to being written to is in no mailing, whatever was agreed before (Art. 21 GDPR)."""

from __future__ import annotations

import pytest
from flask import Flask

from memberships.members.columns import columns_of
from memberships.members.listing import MemberFilter, member_page, recipients
from memberships.members.models import Objection
from memberships.networks.queries import current_definitions
from tests.factories import INSTITUTION, confirmed
from tests.members.cases import (
    BEN,
    MARA,
    a_member,
    a_representative,
    joins_too,
    leave,
    membership,
    membership_of,
    press,
    profile,
    tags,
)
from tests.pages import get, post
from tests.tables import all_of, nothing_stored


def mailed(id_, *, news: bool) -> set[str]:
    return {person.email for person in recipients(membership(id_).network_id, news=news)}


@pytest.mark.parametrize("news", [True, False])
def test_who_objects_is_in_no_mailing_until_it_is_taken_back(app: Flask, news: bool) -> None:
    id_ = a_member(newsletter=True)
    a_member(BEN, newsletter=True)
    browser, page = profile(app)
    press(browser, page, "widerspruch")
    assert mailed(id_, news=news) == {BEN}
    page = get(browser, "/profil")
    assert "Sie haben widersprochen" in page.words
    form = page.form("widerspruch")
    post(browser, form.action, form.fields | {"zuruecknehmen": "ja"})
    assert mailed(id_, news=news) == {MARA, BEN}
    assert tags(id_)[-2:] == ["objected", "objection_taken_back"]


def test_objecting_twice_changes_nothing(app: Flask) -> None:
    a_member()
    browser, page = profile(app)
    press(browser, page, "widerspruch")
    with nothing_stored():
        press(browser, page, "widerspruch")
    assert len(all_of(Objection)) == 1


def test_of_two_representatives_only_the_one_is_meant(app: Flask) -> None:
    id_ = a_representative()
    joins_too(id_)
    browser, page = profile(app, BEN)
    press(browser, page, "widerspruch")
    assert mailed(id_, news=False) == {MARA}


def test_who_has_left_has_nothing_to_object_to(app: Flask) -> None:
    id_ = a_member()
    browser, page = profile(app)
    leave(id_)
    with nothing_stored():
        press(browser, page, "widerspruch")


def test_the_list_says_who_objects(app: Flask) -> None:
    id_ = a_member(newsletter=True)
    browser, page = profile(app)
    press(browser, page, "widerspruch")
    (row,) = member_page(membership(id_).network_id, MemberFilter()).members
    columns = columns_of(current_definitions()["buergerhaushalt"])
    assert columns["widerspruch"].cell(row) == ["gegen Mailings"]
    assert columns["rundbrief"].cell(row) == ["nein"]


def test_who_has_two_memberships_in_a_network_objects_in_both(app: Flask) -> None:
    person = a_member()
    represented = membership_of(confirmed(INSTITUTION, email=MARA))
    assert membership(person).network_id == membership(represented).network_id
    browser, page = profile(app)
    press(browser, page, "widerspruch")
    assert mailed(person, news=False) == set()
    objecting = all_of(Objection)[0].membership_id
    leave(objecting, ends_organisation=objecting == represented)
    assert mailed(person, news=False) == {MARA}
