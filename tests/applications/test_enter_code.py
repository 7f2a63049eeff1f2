"""The six digits from the mail: they work on the page that asked for them, and only five times."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from flask.testing import FlaskClient

from memberships.applications.models import ApplicationStatus, Confirmation
from memberships.members.models import Membership
from memberships.privacy.models import ConsentEvent, ConsentStep
from tests.factories import Applied, code_in, confirmed, newest_mail, submitted
from tests.pages import Page, get, post
from tests.tables import all_of, nothing_stored, only

WRONG = "Der Code stimmt nicht. Geben Sie die sechs Ziffern aus der neuesten E-Mail ein."
DEAD = (
    "Dieser Code gilt nicht mehr. Benutzen Sie den Link aus der E-Mail, "
    "oder lassen Sie eine neue E-Mail senden."
)
DONE = "Diese Seite ist erledigt"


def wrong_code(applied: Applied) -> str:
    return f"{(int(applied.code) + 1) % 1_000_000:06}"


def enter(client: FlaskClient, applied: Applied, code: str, **more: str) -> Page:
    return post(client, applied.at_page("code"), {"code": code} | more)


def test_the_right_code_makes_a_member_and_opens_the_page(client: FlaskClient) -> None:
    applied = submitted()
    answer = enter(client, applied, applied.code)

    assert answer.status == 303
    assert applied.row.status is ApplicationStatus.APPROVED
    page = get(client, answer.headers["Location"])
    assert page.heading == "Sie sind Mitglied im Netzwerk Bürgerhaushalt"
    assert len(all_of(Membership)) == 1


@pytest.mark.parametrize(
    "form", ["{0} {1}", " {0}{1} ", "{0}-{1}", "Code: {0}.{1}", "{0}\u00a0{1}"]
)
def test_a_code_may_be_typed_with_anything_around_it(client: FlaskClient, form: str) -> None:
    applied = submitted()
    typed = form.format(applied.code[:3], applied.code[3:])
    assert enter(client, applied, typed).status == 303


def test_a_wrong_code_says_so_beside_the_field(client: FlaskClient) -> None:
    applied = submitted()
    page = enter(client, applied, wrong_code(applied))

    assert (page.status, page.errors) == (422, {"code": WRONG})
    assert page.summary == [("#code", WRONG)]
    assert applied.row.status is ApplicationStatus.UNCONFIRMED
    assert only(Confirmation).tries_left == 4


@pytest.mark.parametrize(
    "code", ["", "12345", "1234567", "abcdef", "\u0661\u0662\u0663\u0664\u0665\u0666", "²³", "\x00"]
)
def test_nonsense_is_a_wrong_code(client: FlaskClient, code: str) -> None:
    applied = submitted()
    page = enter(client, applied, code)
    assert (page.status, page.errors) == (422, {"code": WRONG})
    assert all_of(Membership) == []


def test_after_five_wrong_codes_the_right_one_is_dead_and_the_link_still_works(
    client: FlaskClient,
) -> None:
    applied = submitted()
    pages = [enter(client, applied, wrong_code(applied)) for _ in range(5)]
    assert [page.errors.get("code") for page in pages[:4]] == [WRONG] * 4
    assert pages[4].notice == DEAD

    with nothing_stored():
        page = enter(client, applied, applied.code)
    assert (page.status, page.notice) == (422, DEAD)
    assert "code" not in [name for form in page.forms for name in form.fields]

    assert post(client, applied.confirm).status == 303
    assert applied.row.status is ApplicationStatus.APPROVED


def test_the_fifth_try_may_be_the_right_one(client: FlaskClient) -> None:
    applied = submitted()
    for _ in range(4):
        enter(client, applied, wrong_code(applied))
    assert enter(client, applied, applied.code).status == 303


def test_a_new_mail_brings_a_new_code_and_new_tries(client: FlaskClient) -> None:
    applied = submitted()
    for _ in range(5):
        enter(client, applied, wrong_code(applied))
    with time_machine.travel(applied.row.confirmation_mailed_at + timedelta(minutes=6)):
        post(client, applied.at_page("erneut"))
        code = code_in(newest_mail(applied.id))
        assert enter(client, applied, code).status == 303


def test_a_wrong_code_costs_a_try_of_every_living_code(client: FlaskClient) -> None:
    """Otherwise each mail sent again would give another five guesses at the older codes."""
    applied = submitted()
    enter(client, applied, wrong_code(applied))
    with time_machine.travel(applied.row.confirmation_mailed_at + timedelta(minutes=6)):
        post(client, applied.at_page("erneut"))
        for _ in range(4):
            page = enter(client, applied, "no code")
            assert page.errors == {"code": WRONG}
        assert [c.tries_left for c in all_of(Confirmation)] == [0, 1]
        if applied.code != code_in(newest_mail(applied.id)):
            assert enter(client, applied, applied.code).status == 422


def test_a_code_belongs_to_its_page(client: FlaskClient) -> None:
    one, other = submitted(), submitted()
    while one.code == other.code:
        other = submitted()

    assert enter(client, one, other.code).errors == {"code": WRONG}
    assert all_of(Membership) == []
    assert enter(client, other, other.code).status == 303


def test_a_second_click_with_the_right_code_opens_the_page_again(client: FlaskClient) -> None:
    applied = submitted()
    enter(client, applied, applied.code)
    again = enter(client, applied, applied.code)

    assert get(client, again.headers["Location"]).status == 200
    assert len(all_of(Membership)) == 1


def test_a_wrong_code_after_the_proof_tells_nothing(client: FlaskClient) -> None:
    applied = confirmed()
    page = enter(client, applied, wrong_code(applied))
    assert (page.status, page.heading) == (404, DONE)
    assert page.html == post(client, "/antrag/AAAAAAAAAAAAAAAAAAAAAA/code").html


@pytest.mark.parametrize("made", [submitted, confirmed])
def test_no_code_opens_anything_after_its_seven_days(client: FlaskClient, made: object) -> None:
    applied = made()  # type: ignore[operator]
    with time_machine.travel(applied.row.expires_at, tick=False), nothing_stored():
        page = enter(client, applied, applied.code)
    assert (page.status, page.heading) == (404, DONE)


def test_the_code_confirms_the_newsletter_and_can_drop_it(client: FlaskClient) -> None:
    applied, dropped = submitted(newsletter=True), submitted(newsletter=True)
    assert "Rundbrief doch nicht senden" in get(client, applied.waiting).words
    assert "Rundbrief" not in get(client, submitted().waiting).words

    enter(client, applied, applied.code)
    enter(client, dropped, dropped.code, no_newsletter="y")

    settled = {c.subject_id: c for c in all_of(ConsentEvent) if c.step is not ConsentStep.GIVEN}
    assert settled[applied.id].step is ConsentStep.CONFIRMED
    assert settled[dropped.id].step is ConsentStep.WITHDRAWN
    assert {c.channel for c in settled.values()} == {"code"}
    assert all(c.proof for c in settled.values())
