"""A coordinator of the Allianz and of Baden-Württemberg deals with organisations."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

from tests.journeys.staff import COORDINATOR, Colleague


def opens_case(staff: Colleague, slug: str, applicant: str, title: str) -> None:
    staff.opens(f"/koordination/{slug}/antraege?suche={applicant}")
    staff.clicks(title, role="link")
    staff.sees(title)


def test_a_second_seat_is_given_for_a_reason(colleague: Any) -> None:
    staff = colleague(COORDINATOR, width=390, color_scheme="dark")
    page = staff.page
    opens_case(staff, "avd", "Hohnstein", "Forum Stadtraum Elbe gGmbH")
    expect(page.get_by_text("Sitz: Oksana Lytvyn")).to_be_visible()
    staff.looks_right("seat taken")
    staff.clicks("Aufnehmen – Mail ansehen")
    expect(page.get_by_role("region", name="Der Sitz ist besetzt")).to_be_focused()
    staff.looks_right("seat taken refused")
    staff.clicks("Begründung speichern")
    summary = page.get_by_role("group", name="Bitte prüfen Sie eine Angabe")
    expect(summary).to_be_focused()
    summary.get_by_role("link").click()
    reason = page.get_by_label("Begründung für einen weiteren Sitz")
    expect(reason).to_be_focused()
    reason.fill("Moderation und Bürgerräte sind dort getrennte Bereiche.")
    staff.clicks("Begründung speichern")
    staff.sees("Forum Stadtraum Elbe gGmbH", state="seat granted")
    staff.clicks("Aufnehmen – Mail ansehen")
    staff.clicks("Aufnehmen und Mail senden")
    expect(
        page.get_by_text("Bastian Hohnstein (Forum Stadtraum Elbe gGmbH) ist aufgenommen.")
    ).to_be_visible()


def test_an_unclear_organisation_is_settled_without_scripts(colleague: Any) -> None:
    title = "Netzwerk Gute Nachbarschaft e. V."
    staff = colleague(COORDINATOR, width=1280, java_script_enabled=False)
    page = staff.page
    opens_case(staff, "beteiligungsnetzwerk-bw", "Noori", title)
    staff.clicks("Aufnehmen – Mail ansehen")
    refused = page.get_by_role("region", name="Welche Organisation ist es?")
    expect(refused).to_be_visible()
    staff.looks_right("organisation unclear")
    staff.clicks("Neue Organisation")
    staff.sees(title, state="organisation settled")
    staff.clicks("Aufnehmen – Mail ansehen")
    staff.clicks("Aufnehmen und Mail senden")
    expect(page.get_by_text(f"({title}) ist aufgenommen.")).to_be_visible()
