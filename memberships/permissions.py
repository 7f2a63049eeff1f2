"""Who may do what: one table of roles and permissions, and the mark of a view that is for all."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any, TypeVar

View = TypeVar("View", bound=Callable[..., Any])


class Role(StrEnum):
    """What somebody is in one network; an operator is it for the whole installation."""

    READER = "reader"
    COORDINATOR = "coordinator"
    DECIDER = "decider"
    LEAD = "lead"
    AUDITOR = "auditor"
    OPERATOR = "operator"


class Permission(StrEnum):
    """What a view asks for."""

    VIEW_APPLICATIONS = "view_applications"
    CLAIM_APPLICATIONS = "claim_applications"
    WRITE_NOTES = "write_notes"
    REQUEST_INFORMATION = "request_information"
    RECOMMEND_DECISIONS = "recommend_decisions"
    DECIDE_APPLICATIONS = "decide_applications"
    REOPEN_APPLICATIONS = "reopen_applications"
    RECORD_BODY_DECISIONS = "record_body_decisions"
    ENTER_APPLICATIONS = "enter_applications"
    VIEW_MEMBERS = "view_members"
    EXPORT_MEMBERS = "export_members"
    VIEW_FIGURES = "view_figures"
    END_MEMBERSHIPS = "end_memberships"
    RESTRICT_DATA = "restrict_data"
    RELEASE_ENTRIES = "release_entries"
    VIEW_LOG = "view_log"
    VIEW_VIEWINGS = "view_viewings"
    MANAGE_ORGANISATIONS = "manage_organisations"
    MANAGE_SEATS = "manage_seats"
    MANAGE_RETENTION = "manage_retention"
    VIEW_PROCESSING_RECORD = "view_processing_record"
    ANSWER_FEEDBACK = "answer_feedback"
    EDIT_TEXTS = "edit_texts"
    MANAGE_STAFF = "manage_staff"
    OPERATE = "operate"


_READER = frozenset(
    {
        Permission.VIEW_APPLICATIONS,
        Permission.VIEW_MEMBERS,
        Permission.VIEW_FIGURES,
        Permission.VIEW_PROCESSING_RECORD,
    }
)
_COORDINATOR = _READER | {
    Permission.CLAIM_APPLICATIONS,
    Permission.WRITE_NOTES,
    Permission.REQUEST_INFORMATION,
    Permission.RECOMMEND_DECISIONS,
    Permission.DECIDE_APPLICATIONS,
    Permission.ENTER_APPLICATIONS,
    Permission.EXPORT_MEMBERS,
    Permission.END_MEMBERSHIPS,
    Permission.RESTRICT_DATA,
    Permission.RELEASE_ENTRIES,
    Permission.ANSWER_FEEDBACK,
    Permission.MANAGE_SEATS,
}
_DECIDER = _READER | {
    Permission.WRITE_NOTES,
    Permission.DECIDE_APPLICATIONS,
    Permission.RECORD_BODY_DECISIONS,
}

PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.READER: _READER,
    Role.COORDINATOR: _COORDINATOR,
    Role.DECIDER: _DECIDER,
    Role.LEAD: _COORDINATOR
    | _DECIDER
    | {
        Permission.REOPEN_APPLICATIONS,
        Permission.VIEW_LOG,
        Permission.MANAGE_ORGANISATIONS,
        Permission.MANAGE_RETENTION,
        Permission.EDIT_TEXTS,
        Permission.MANAGE_STAFF,
    },
    # The last two see no application: one checks those who decide, the other keeps it running.
    Role.AUDITOR: frozenset(
        {
            Permission.VIEW_FIGURES,
            Permission.VIEW_LOG,
            Permission.VIEW_PROCESSING_RECORD,
            Permission.VIEW_VIEWINGS,
        }
    ),
    Role.OPERATOR: frozenset({Permission.OPERATE}),
}

NETWORK_ROLES = tuple(role for role in Role if role is not Role.OPERATOR)


def may(role: Role | None, permission: Permission) -> bool:
    """Whether the role holds the permission; nobody holds any."""
    return role is not None and permission in PERMISSIONS[role]


class Access(StrEnum):
    """Views that ask for no permission: for everybody, for the signed-in, for all staff."""

    PUBLIC = "public"
    ACCOUNT = "account"
    STAFF = "staff"


def public(view: View) -> View:
    """Mark a view as meant for everybody. A view without a mark is found by a test."""
    view.access = Access.PUBLIC  # type: ignore[attr-defined]  # functions carry attributes
    return view


def permissions_table() -> str:
    """The table in Markdown, as it stands in docs/permissions.md."""
    head = ["permission", *Role]
    rows = [
        [f"`{permission}`", *("x" if may(role, permission) else "" for role in Role)]
        for permission in Permission
    ]
    lines = [head, ["---", *([":-:"] * len(Role))], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
