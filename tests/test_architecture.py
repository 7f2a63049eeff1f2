"""What the house rules say about the code, read from the code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from memberships.settings import ROOT

PACKAGE = ROOT / "memberships"
MODULES = sorted(PACKAGE.rglob("*.py"))
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
# Who may touch the request: views, what surrounds them, and the transaction mode of a request.
KNOW_THE_REQUEST = {
    "views.py", "case_views.py", "membership_views.py", "address_views.py", "profile_views.py",
    "data_views.py", "organisation_views.py", "office_views.py", "deputy_views.py",
    "visibility_views.py", "entry_views.py", "public_views.py",
    "text_views.py", "deciding_views.py", "meeting_views.py", "factor_views.py", "passkey_views.py",
    "filter_views.py",
    "question_views.py",
    "web.py", "guard.py", "limiting.py", "database.py",
}  # fmt: skip
OF_A_REQUEST = {"request", "session", "g", "current_user"}


def name_of(module: Path) -> str:
    return str(module.relative_to(PACKAGE))


def nodes(module: Path) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(module.read_text("utf-8")))


def test_there_is_something_to_read() -> None:
    assert len(MODULES) > 40
    assert len(TEMPLATES) > 10


def test_nothing_commits_but_the_unit_of_work() -> None:
    committing = {
        name_of(module)
        for module in MODULES
        for node in nodes(module)
        if isinstance(node, ast.Attribute) and node.attr in {"commit", "begin_nested"}
    }
    assert committing == {"database.py"}


def test_a_status_is_changed_in_services_only() -> None:
    assigning = {
        name_of(module)
        for module in MODULES
        for node in nodes(module)
        if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Attribute) and target.attr == "status"
    }
    assert assigning
    assert all(
        name.startswith(("applications/services/", "members/services/")) for name in assigning
    )


def test_only_views_know_the_request() -> None:
    knowing = {
        name_of(module)
        for module in MODULES
        for node in nodes(module)
        if isinstance(node, ast.ImportFrom)
        and node.module in {"flask", "flask_login"}
        and OF_A_REQUEST & {alias.name for alias in node.names}
    }
    assert {Path(name).name for name in knowing} <= KNOW_THE_REQUEST


def test_only_one_clock_is_read() -> None:
    reading = {
        name_of(module)
        for module in MODULES
        for node in nodes(module)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"now", "utcnow", "today"}
    }
    assert reading == {"database.py"}


def test_nothing_prints() -> None:
    printing = {
        name_of(module)
        for module in MODULES
        for node in nodes(module)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "print"
    }
    assert printing == set()


UNWANTED = {
    "a style attribute": r"\sstyle\s*=",
    "a style element": r"<style",
    "a script of its own": r"<script(?![^>]*\ssrc=)",
    "an event attribute": r"\son[a-z]+\s*=",
    "a script address": r"javascript:",
    "something from elsewhere": r"(?:src|href|action)\s*=\s*[\"']?(?:https?:)?//",
    # Our own icons are the exception: nobody types them.
    "text that is not escaped": r"(?<!_icons\[name\] )\|\s*safe\b|autoescape\s+false",
}


@pytest.mark.parametrize("what", UNWANTED)
def test_no_template_holds(what: str) -> None:
    """The content security policy would block it, or it would leave the machine."""
    found = {
        str(template.relative_to(ROOT)): hit[0]
        for template in TEMPLATES
        if (hit := re.search(UNWANTED[what], template.read_text("utf-8"), re.IGNORECASE))
    }
    assert found == {}


def test_no_style_sheet_of_ours_brings_anything_from_elsewhere() -> None:
    for sheet in (ROOT / "static").glob("*.css"):
        text = sheet.read_text("utf-8")
        assert not re.search(r"@import|url\(\s*[\"']?(?:https?:)?//", text), sheet.name


def test_every_mail_is_plain_text() -> None:
    mails = list((ROOT / "templates" / "mails").glob("*.txt"))
    assert len(mails) >= 3
    for mail in mails:
        assert not re.search(r"<\w+[^>]*>", mail.read_text("utf-8")), mail.name
