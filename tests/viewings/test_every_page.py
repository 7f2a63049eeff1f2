"""Every page of the staff either records who saw it, or says here why not."""

from __future__ import annotations

from flask import Flask

from memberships.permissions import Access
from memberships.viewings.wording import PAGES
from tests.test_permissions import _guarded

# Endpoint and the reason why nobody's data is on it.
SHOWS_NONE = {
    "audit.export_log": "a number; the file is in the register of exports",
    "audit.show_log": "who of the team, and ids",
    "review.begin_walk": "leads to a case",
    "review.skip_case": "leads to a case",
    "accounts.team": "names of the team, for its lead",
    "bulk.list_runs": "actions, times, numbers, and who of the team",
    "figures.csv_file": "numbers",
    "figures.overview": "numbers",
    "figures.xlsx_file": "numbers",
    "members.export_members": "a number; the file is in the register of exports",
    "members.exports": "purposes and who of the team",
    "notices.my_notices": "one's own settings",
    "organisations.choose_other": "names of organisations",
    "organisations.registry": "names of organisations",
    "replies.change_reply": "texts of the office",
    "replies.list_replies": "texts of the office",
    "retention.overview": "numbers and days",
    "review.enter_application": "an empty form",
    "review.list_filters": "one's own filters",
    "seats.seat_of_membership": "leads to the page of the seat",
    "texts.edit": "texts of the office",
    "texts.edits": "texts of the office",
    "texts.mail_words": "texts of the office",
    "texts.overview": "texts of the office",
    "texts.processing_record": "rules, no rows",
    "viewings.list_viewings": "who of the team, and ids",
}


def shown_pages(app: Flask) -> dict[str, str | None]:
    """What each page of the staff records; pages of accounts show their owner what is theirs."""
    return {
        rule.endpoint: getattr(app.view_functions[rule.endpoint], "shows", None)
        for rule, method, access in _guarded(app)
        if method == "GET" and access is not Access.ACCOUNT
    }


def test_every_page_of_the_staff_is_recorded_or_shows_nobody(app: Flask) -> None:
    pages = shown_pages(app)

    assert len(pages) > 40
    assert {name for name, page in pages.items() if page is None} == SHOWS_NONE.keys()


def test_every_recorded_page_has_words(app: Flask) -> None:
    assert {page for page in shown_pages(app).values() if page} == PAGES.keys()
