"""Many cases at once: nothing before it is confirmed, each once, and an honest end."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from memberships.accounts.models import StaffRole
from memberships.applications.cli import carry_out_decisions
from memberships.applications.models import Application, ApplicationStatus
from memberships.applications.services import claim_application, receive_information
from memberships.bulk.models import BulkItem, BulkRun, RunState
from memberships.bulk.running import erase_old_runs, work_on_runs
from memberships.database import db, unit_of_work, utcnow
from memberships.events.queries import check_log
from memberships.members.models import Export, Membership
from memberships.networks.models import Network
from memberships.permissions import Role
from memberships.replies.models import SavedReply, Use
from memberships.replies.services import save_reply
from memberships.retention.models import Kind
from memberships.retention.queries import exports_that_held, times_listed
from memberships.retention.services import erase_on_request
from memberships.rights.services import party_of_case, restrict
from memberships.settings import Settings
from tests.bulk.cases import (
    QUEUE,
    RUNS,
    begun,
    chosen,
    ends,
    planned,
    press,
    run_at,
    session_token,
    worked,
)
from tests.pages import get
from tests.review.cases import (
    BIPAR,
    CHECK,
    FORUM,
    approve,
    ask,
    case,
    decline,
    locked,
    mails_of,
    signed_in,
    staff,
    tags,
    withdraw,
)
from tests.tables import all_of, nothing_stored, only, statements


def claimed(applied, by) -> None:
    with unit_of_work():
        claim_application(locked(applied), by=by.actor)


def restricted(applied, by) -> None:
    with unit_of_work():
        restrict(party_of_case(locked(applied)), by=by.actor)


def test_preparing_shows_what_will_happen_and_changes_no_case(kim, browser) -> None:
    other = staff(name="Toni Muster")
    ready, taken = case(last_name="Frei"), case(last_name="Vergeben")
    claimed(taken, other)
    decided, asked = case(last_name="Entschieden"), case(last_name="Gefragt")
    approve(decided, other)
    ask(asked, other)
    kept = case(last_name="Beschränkt")
    restricted(kept, other)
    cases = [ready, taken, decided, asked, kept]
    before = [applied.row.version for applied in cases]

    address = planned(browser, "approve", cases)

    assert ends(address) == [
        ("ready", ""),
        ("ready", ""),
        ("impossible", "decided"),
        ("impossible", "asked"),
        ("impossible", "restricted"),
    ]
    page = get(browser, address)
    assert page.heading == "5 Anträge aufnehmen"
    assert "Ein Fall wird aufgenommen, wenn Sie bestätigen" in page.words
    assert "Ein Fall ist bei jemand anderem in Arbeit" in page.words
    assert "Ein Fall: in Arbeit bei Toni Muster" in page.words
    assert "3 Fälle bleiben, wie sie sind" in page.words
    assert "Ein Fall: schon entschieden von Toni Muster" in page.words
    assert "Ein Fall: eine Rückfrage ist offen" in page.words
    assert "Auch den einen Fall aufnehmen, der bei jemand anderem in Arbeit ist." in page.words
    assert "So sieht eine dieser E-Mails aus" in page.words
    assert [applied.row.version for applied in cases] == before
    assert work_on_runs() is False
    assert [applied.row.version for applied in cases] == before


def test_approving_many_does_for_each_what_a_single_click_does(kim, browser) -> None:
    cases = [case() for _ in range(3)]

    address = begun(browser, "approve", cases, message="Willkommen, {{full_name}}.")
    worked()

    assert ends(address) == [("done", "")] * 3
    assert len(all_of(Membership)) == 3
    for applied in cases:
        row = applied.row
        assert row.status is ApplicationStatus.APPROVED
        assert row.decided_by_id == kim.account_id
        (mail,) = mails_of(applied, "application_approved")
        assert f"Willkommen, {row.full_name}." in mail.body
        assert tags(applied).count("approved") == 1
    page = get(browser, address)
    assert "3 erledigt." in page.words
    assert run_at(address).state is RunState.FINISHED
    assert "Refresh" not in page.headers
    assert check_log().faults == []


def test_declining_needs_a_reason_and_mails_it(kim, browser) -> None:
    cases = [case(), case()]
    address = planned(browser, "decline", cases)

    page = press(browser, address, "beginnen", message="Leider nicht.")
    assert page.status == 422
    assert ("#reason-0", "Wählen Sie einen Grund aus.") in page.summary
    assert run_at(address).state is RunState.PLANNED
    page = press(browser, address, "beginnen", reason="not_eligible", ansehen="1")
    assert page.status == 200
    assert run_at(address).state is RunState.PLANNED

    assert press(browser, address, "beginnen", reason="not_eligible").status == 303
    worked()
    assert {applied.row.decline_reason for applied in cases} == {"not_eligible"}
    assert all(len(mails_of(applied, "application_declined")) == 1 for applied in cases)


def test_a_placeholder_that_nobody_knows_is_told_before_anything_is_mailed(kim, browser) -> None:
    address = planned(browser, "approve", [case()])
    page = press(browser, address, "beginnen", message="Hallo {{vorname}}")
    assert page.status == 422
    assert "Das kennen wir nicht: vorname." in page.words


def test_what_changes_between_preview_and_execution_is_skipped_with_the_reason(
    kim, browser
) -> None:
    other = staff(name="Toni Muster")
    cases = [case(), case(), case(), case()]
    address = planned(browser, "approve", cases)
    claimed(cases[1], other)
    decline(cases[2], other)
    withdraw(cases[3])

    press(browser, address, "beginnen")
    worked()

    assert ends(address) == [
        ("done", ""),
        ("skipped", "changed"),
        ("skipped", "decided"),
        ("skipped", "withdrawn"),
    ]
    page = get(browser, address)
    assert "1 erledigt, 3 übersprungen." in page.words
    assert "Ein Fall: schon entschieden von Toni Muster" in page.words
    links = [e.get("href") for e in page.root if e.has_class("app-rowtitle")]
    assert links == [f"{QUEUE}/{applied.id}" for applied in cases[1:]]
    assert mails_of(cases[2], "application_approved") == []


def test_cases_of_colleagues_are_done_only_when_that_is_ticked(kim, browser) -> None:
    other = staff(name="Toni Muster")
    cases = [case(), case()]
    claimed(cases[1], other)
    left = begun(browser, "approve", cases)
    worked()
    assert ends(left) == [("done", ""), ("skipped", "claimed")]
    assert "in Arbeit bei Toni Muster" in get(browser, left).words
    done = begun(browser, "approve", cases[1:], with_claimed="y")
    worked()
    assert ends(done) == [("done", "")]


def test_claiming_many_takes_over_what_is_open(kim, browser) -> None:
    cases = [case(), case()]
    claimed(cases[1], kim)
    address = planned(browser, "claim", cases)
    assert ends(address) == [("ready", ""), ("impossible", "own")]
    press(browser, address, "beginnen")
    worked()
    assert cases[0].row.claimed_by_id == kim.account_id
    assert ends(address)[0] == ("done", "")


def test_all_that_a_filter_finds_are_meant_across_pages(kim, browser, monkeypatch) -> None:
    cases = [case(last_name="Gesucht") for _ in range(4)]
    case(last_name="Anders")
    monkeypatch.setattr("memberships.review.queries.PAGE_SIZE", 2)
    page = get(browser, f"{QUEUE}?suche=gesucht")
    assert "Alle 4, auf die dieser Filter passt, auch auf anderen Seiten" in page.words
    address = planned(browser, "claim", query="?suche=gesucht", umfang="alle")
    meant = {item.application_id for item in all_of(BulkItem)}
    assert meant == {applied.id for applied in cases}
    assert run_at(address).filter == {"ansicht": "offen", "text": True}
    planned(browser, "claim", query="?suche=gesucht", umfang="seite")
    assert run_at(address).total == 4
    assert sorted(run.total for run in all_of(BulkRun)) == [2, 4]


def test_without_a_choice_nothing_is_prepared(kim, browser) -> None:
    case()
    with nothing_stored():
        page = chosen(browser, "approve")
        assert page.status == 422
        assert "Kreuzen Sie in der Liste an" in page.words
        assert chosen(browser, "take_back").status == 422
        assert chosen(browser, "").status == 422


def test_more_than_two_thousand_are_refused(kim, browser, monkeypatch) -> None:
    cases = [case() for _ in range(3)]
    monkeypatch.setattr("memberships.bulk.services.MOST_AT_ONCE", 2)
    with nothing_stored():
        page = chosen(browser, "claim", cases)
        assert page.status == 422
        assert "Fälle gehen nicht auf einmal" in page.words


def test_where_a_body_decides_nobody_decides_for_many(app) -> None:
    person = staff(Role.LEAD, BIPAR)
    applied = case(BIPAR)
    browser = signed_in(app, person)
    page = get(browser, f"/koordination/{BIPAR}/antraege")
    form = next(form for form in page.forms if "/sammelvorgaenge" in form.action)
    page = browser.post(
        form.action, data=form.fields | {"aktion": "approve", "fall": str(applied.id)}
    )
    address = page.headers["Location"]
    assert ends(address) == [("impossible", "body")]
    assert "Mit keinem dieser Fälle geht das." in get(browser, address).words


def test_who_is_a_member_already_is_told_before_and_gets_the_fitting_mail(kim, browser) -> None:
    first = case(email="joern@example.org")
    again = case(email="joern@example.org")
    approve(first, kim)
    address = planned(browser, "approve", [again, case()])
    page = get(browser, address)
    assert "Davon besteht bei einem die Mitgliedschaft schon" in page.words
    press(browser, address, "beginnen")
    worked()
    assert ends(address) == [("done", "")] * 2
    assert len(mails_of(again, "application_repeated")) == 1
    assert mails_of(again, "application_approved") == []


def test_two_cases_of_one_person_in_one_run_make_one_member(kim, browser) -> None:
    cases = [case(email="joern@example.org") for _ in range(2)]
    address = begun(browser, "approve", cases)
    worked()
    assert ends(address) == [("done", ""), ("skipped", "changed")]
    assert len(all_of(Membership)) == 1


def test_what_takes_long_to_look_at_the_worker_looks_at(kim, browser, monkeypatch) -> None:
    monkeypatch.setattr("memberships.bulk.views.look_at", lambda _run_id: None)
    address = planned(browser, "approve", [case(), case()])
    page = get(browser, address)
    assert "0 von 2 sind geprüft. Noch ist nichts geschehen." in page.words
    assert page.headers["Refresh"] == "4"
    with nothing_stored():
        assert press(browser, address, "beginnen").status == 303
    worked()
    assert run_at(address).state is RunState.PLANNED
    assert ends(address) == [("ready", "")] * 2
    assert "2 Fälle werden aufgenommen" in get(browser, address).words


def test_a_long_run_keeps_a_short_one_not_waiting(kim, browser, monkeypatch) -> None:
    long = begun(browser, "claim", [case() for _ in range(4)])
    short = begun(browser, "claim", [case()])
    monkeypatch.setattr("memberships.bulk.running.ROUND_SECONDS", 0)
    assert work_on_runs() is True
    assert ends(short) == [("done", "")]
    assert [state for state, _ in ends(long)].count("done") == 1
    worked()
    assert ends(long) == [("done", "")] * 4


def test_a_saved_reply_is_put_in_with_its_placeholders(kim, browser) -> None:
    with unit_of_work():
        network = db.session.scalars(sa.select(Network).where(Network.slug == CHECK)).one()
        save_reply(network, Use.APPROVAL, "Gruß", "Guten Tag {{full_name}}.", by=kim.actor)
    address = planned(browser, "approve", [case(last_name="Blau")])
    reply = only(SavedReply)
    page = press(browser, address, "beginnen", einfuegen="1", baustein=str(reply.id))
    assert page.form("/beginnen").fields["message"].strip() == "Guten Tag {{full_name}}."
    assert "Guten Tag Jörn Blau." in page.words


# Who may


def test_a_reader_can_prepare_nothing_and_a_decider_claims_nothing(app, kim) -> None:
    applied = case()
    reader, decider = staff(Role.READER), staff(Role.DECIDER)
    with nothing_stored():
        for action in ("approve", "decline", "claim", "export"):
            assert chosen(signed_in(app, reader), action, [applied]).status == 403
        for action in ("claim", "export"):
            assert chosen(signed_in(app, decider), action, [applied]).status == 403
    assert chosen(signed_in(app, decider), "approve", [applied]).status == 303


def test_cases_of_another_network_are_not_found(app, kim, browser) -> None:
    foreign = case(FORUM)
    with nothing_stored():
        assert chosen(browser, "approve", [foreign]).status == 422
    own = planned(browser, "claim", [case()])
    elsewhere = signed_in(app, staff(Role.LEAD, FORUM))
    moved = own.replace(CHECK, FORUM)
    assert get(elsewhere, moved).status == 404
    assert get(elsewhere, own).status == 404


def test_a_plan_is_its_makers_own_and_a_run_is_seen_by_colleagues(app, kim, browser) -> None:
    address = planned(browser, "claim", [case(), case()])
    other = signed_in(app, staff())
    assert get(other, address).status == 404
    assert "Anträge übernehmen" not in get(other, RUNS).words
    press(browser, address, "beginnen")
    page = get(other, address)
    assert page.status == 200
    for verb in ("fortsetzen", "verwerfen", "beginnen"):
        assert press(other, address, verb).status == 403
    assert press(signed_in(app, staff(Role.READER)), address, "anhalten").status == 403
    assert press(other, address, "anhalten").status == 303
    assert run_at(address).state is RunState.STOPPED
    assert "2 Anträge übernehmen" in get(other, RUNS).words


def test_whose_role_is_taken_away_does_nothing_more(kim, browser) -> None:
    cases = [case() for _ in range(3)]
    address = begun(browser, "approve", cases)
    with unit_of_work():
        db.session.execute(
            sa.update(StaffRole)
            .where(StaffRole.account_id == kim.account_id)
            .values(role=Role.READER)
        )
    worked()
    assert ends(address) == [("skipped", "no_right")] * 3
    assert run_at(address).state is RunState.FINISHED
    assert all(applied.row.status is ApplicationStatus.IN_REVIEW for applied in cases)


# Stopping, going on, giving up


def test_a_run_is_stopped_continued_and_given_up(kim, browser, monkeypatch) -> None:
    cases = [case() for _ in range(3)]
    address = begun(browser, "approve", cases)
    page = get(browser, address)
    assert page.headers["Refresh"] == "4"
    assert "Refresh" not in get(browser, f"{address}?ruhig=1").headers
    monkeypatch.setattr("memberships.bulk.running.ROUND_SECONDS", 0)
    assert work_on_runs() is True
    press(browser, address, "anhalten")
    worked()
    assert [state for state, _ in ends(address)] == ["done", "ready", "ready"]
    assert "1 erledigt, 2 offen." in get(browser, address).words

    press(browser, address, "fortsetzen")
    work_on_runs()
    press(browser, address, "anhalten")
    press(browser, address, "verwerfen")
    worked()
    assert [state for state, _ in ends(address)] == ["done", "done", "ready"]
    assert run_at(address).state is RunState.GIVEN_UP
    assert "2 erledigt, 1 nicht bearbeitet." in get(browser, address).words
    press(browser, address, "fortsetzen")
    assert run_at(address).state is RunState.GIVEN_UP


def test_a_plan_is_discarded(kim, browser) -> None:
    address = planned(browser, "approve", [case()])
    assert press(browser, address, "verwerfen").headers["Location"].endswith("/antraege")
    assert all_of(BulkItem) == []
    assert get(browser, address).status == 404


def test_a_second_click_on_start_starts_nothing_more(kim, browser) -> None:
    address = begun(browser, "approve", [case()])
    worked()
    with nothing_stored():
        assert press(browser, address, "beginnen").status == 303
        worked()


def test_a_case_that_fails_keeps_no_other_waiting(kim, browser, monkeypatch) -> None:
    cases = [case() for _ in range(3)]
    address = begun(browser, "claim", cases)
    real = claim_application

    def claim(application: Application, **options) -> None:
        real(application, **options)
        if application.id == cases[1].id:
            raise ZeroDivisionError

    monkeypatch.setattr("memberships.applications.services.claim_application", claim)
    worked()
    assert ends(address) == [("done", ""), ("skipped", "failed"), ("done", "")]
    assert cases[1].row.claimed_by_id is None


# Files


def test_an_export_needs_a_purpose_is_registered_and_runs_no_formula(kim, browser) -> None:
    cases = [case(last_name="=1+1"), case(last_name="Zwei"), case()]
    restricted(cases[2], kim)
    address = planned(browser, "export", cases)
    assert ends(address)[2] == ("impossible", "restricted")
    fields = {"columns": ["name", "stand", "frage-portfolio"], "format": "csv"}
    assert press(browser, address, "datei", **fields).status == 422
    assert all_of(Export) == []
    file = downloaded(browser, address, **fields, purpose="Sitzung im März")
    lines = file.decode("utf-8-sig").splitlines()
    assert lines[0] == '"Name";"Stand";"Erfahrung und Kompetenzen"'
    assert lines[1].startswith('"Jörn =1+1";"Zu prüfen";"Bürgerräte')
    assert len(lines) == 3
    export = only(Export)
    assert (export.content, export.purpose, export.row_count) == (
        "applications",
        "Sitzung im März",
        2,
    )
    assert export.columns == ["Name", "Stand", "Erfahrung und Kompetenzen"]
    lead = signed_in_lead(browser)
    words = get(lead, f"/koordination/{CHECK}/exporte").words
    assert "Liste von Anträgen" in words
    assert "Sitzung im März" in words
    again = fields | {"format": "xlsx", "purpose": "Noch einmal"}
    assert downloaded(browser, address, **again).startswith(b"PK")
    assert len(all_of(Export)) == 2


def downloaded(browser, address: str, **typed) -> bytes:
    data = session_token(browser) | typed
    with browser.post(f"{address}/datei", data=data, buffered=True) as answer:
        assert answer.status_code == 200, answer.text
        return answer.data


def signed_in_lead(browser):
    return signed_in(browser.application, staff(Role.LEAD))


# Time


def test_old_plans_and_runs_are_erased_and_a_case_takes_its_items_along(kim, browser) -> None:
    plan = planned(browser, "claim", [case()])
    run = begun(browser, "claim", [case(), case()])
    worked()
    erase_old_runs()
    assert len(all_of(BulkRun)) == 2
    with time_machine.travel(utcnow() + timedelta(days=1, minutes=1)):
        erase_old_runs()
    assert only(BulkRun).id == run_at(run).id
    assert plan != run
    with time_machine.travel(utcnow() + timedelta(days=90, minutes=1)):
        erase_old_runs()
    assert all_of(BulkRun) == []
    assert all_of(BulkItem) == []


def test_an_answer_that_comes_meanwhile_is_no_decision(kim, browser) -> None:
    applied = case()
    address = planned(browser, "approve", [applied])
    ask(applied, kim)
    with unit_of_work():
        receive_information(locked(applied), "In Öderan.")
    press(browser, address, "beginnen")
    worked()
    assert ends(address) == [("skipped", "changed")]


def asked_of_tables(seen: list[str]) -> int:
    kinds = ("SELECT", "INSERT", "UPDATE", "DELETE")
    return sum(statement.lstrip().startswith(kinds) for statement in seen)


def test_looking_at_a_case_costs_three_statements_and_doing_it_thirteen(kim, browser) -> None:
    few, many = [case()], [case() for _ in range(11)]
    costs = []
    for cases in (few, many):
        with statements() as looked:
            address = planned(browser, "approve", cases)
        press(browser, address, "beginnen")
        with statements() as done:
            worked()
        costs.append((asked_of_tables(looked), asked_of_tables(done)))
    (one_look, one_done), (all_looks, all_done) = costs
    assert all_looks - one_look <= 3 * 10
    assert all_done - one_done <= 13 * 10


class TestGrace:
    """Where a decision can be taken back for a while, so can a run."""

    @pytest.fixture
    def settings(self, networks_settings: Settings) -> Settings:
        return networks_settings.model_copy(update={"grace_minutes": 10})

    def test_one_click_takes_back_all_that_is_not_in_effect(self, kim, browser) -> None:
        cases = [case() for _ in range(3)]
        address = begun(browser, "approve", cases)
        worked()
        assert "Alle 3 Entscheidungen zurücknehmen" in get(browser, address).words
        assert all(applied.row.pending for applied in cases)
        single = f"{QUEUE}/{cases[0].id}"
        page = get(browser, single)
        browser.post(page.form("/zuruecknehmen").action, data=page.form("/zuruecknehmen").fields)

        page = press(browser, address, "zuruecknehmen")
        back = page.headers["Location"]
        assert back != address
        assert press(browser, address, "zuruecknehmen").headers["Location"] == back
        worked()
        assert ends(back) == [("done", "")] * 2
        assert all(applied.row.pending is None for applied in cases)
        assert all(mails_of(applied, "application_approved") == [] for applied in cases)
        page = press(browser, address, "zuruecknehmen")
        assert page.status == 409
        assert "Zurückzunehmen ist hier nichts mehr" in page.words
        assert check_log().faults == []

    def test_deciding_costs_seven_statements_a_case(self, kim, browser) -> None:
        cases = [case() for _ in range(10)]
        begun(browser, "approve", cases)
        with statements() as done:
            worked()
        assert asked_of_tables(done) <= 7 * 10 + 5

    def test_what_took_effect_meanwhile_stays(self, kim, browser) -> None:
        cases = [case() for _ in range(2)]
        address = begun(browser, "approve", cases)
        worked()
        back = press(browser, address, "zuruecknehmen").headers["Location"]
        with time_machine.travel(utcnow() + timedelta(minutes=11), tick=False):
            carry_out_decisions()
        worked()
        assert ends(back) == [("skipped", "nothing_pending")] * 2
        assert all(applied.row.status is ApplicationStatus.APPROVED for applied in cases)
        assert all(len(mails_of(applied, "application_approved")) == 1 for applied in cases)


def test_an_erasure_names_the_files_of_cases_that_somebody_may_be_in(kim, browser) -> None:
    applied = case()
    address = planned(browser, "export", [applied])
    file = downloaded(browser, address, columns="name", format="csv", purpose="Sitzung im März")
    assert file.endswith('"Jörn Müßig"\r\n'.encode())
    later = case()
    withdraw(applied)
    withdraw(later)
    (named,) = exports_that_held(applied.row.network_id, times_listed(Kind.WITHDRAWN, [applied.id]))
    assert named == str(only(Export).id)
    assert exports_that_held(applied.row.network_id, times_listed(Kind.WITHDRAWN, [later.id])) == []
    with unit_of_work():
        erase_on_request(locked(applied), by=kim.actor)
    assert [item for item in all_of(BulkItem) if item.application_id == applied.id] == []
    assert "1 inzwischen gelöscht" in get(browser, address).words
