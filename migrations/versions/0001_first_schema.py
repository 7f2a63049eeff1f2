"""The first schema: networks, applications, memberships, staff, mail, the log and its guards.

Revision: 0001
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_ERASED = "EXISTS (SELECT 1 FROM event_tombstones WHERE subject_id = {row}.subject_id)"
_FOREVER = [(t, v) for t in ("event_tombstones", "event_anchors") for v in ("UPDATE", "DELETE")]


def _sqlite(table: str, verb: str, words: str, when: str = "") -> str:
    return (
        f"CREATE TRIGGER {table}_refuse_{verb.lower()} BEFORE {verb} ON {table} {when} "
        f"BEGIN SELECT RAISE(ABORT, '{words}'); END"
    )


SQLITE = [
    _sqlite("events", "UPDATE", "events never change"),
    _sqlite(
        "events",
        "DELETE",
        "events are deleted only with a tombstone",
        f"WHEN NOT {_ERASED.format(row='OLD')}",
    ),
    _sqlite("events", "INSERT", "an erased chain cannot grow", f"WHEN {_ERASED.format(row='NEW')}"),
    *(_sqlite(table, verb, f"{table} never change") for table, verb in _FOREVER),
]


def _function(name: str, words: str, unless: str = "") -> str:
    return (
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {unless} "
        f"RAISE EXCEPTION '{words}' USING ERRCODE = 'integrity_constraint_violation'; END $$"
    )


def _postgresql(table: str, verb: str, function: str) -> str:
    each = "STATEMENT" if verb == "TRUNCATE" else "ROW"
    return (
        f"CREATE TRIGGER {table}_refuse_{verb.lower()} BEFORE {verb} ON {table} "
        f"FOR EACH {each} EXECUTE FUNCTION {function}()"
    )


POSTGRESQL = [
    _function("refuse_change", "the log never changes"),
    _function(
        "refuse_unless_erased",
        "events are deleted only with a tombstone",
        f"IF {_ERASED.format(row='OLD')} THEN RETURN OLD; END IF;",
    ),
    _function(
        "refuse_when_erased",
        "an erased chain cannot grow",
        f"IF NOT {_ERASED.format(row='NEW')} THEN RETURN NEW; END IF;",
    ),
    _postgresql("events", "UPDATE", "refuse_change"),
    _postgresql("events", "DELETE", "refuse_unless_erased"),
    _postgresql("events", "INSERT", "refuse_when_erased"),
    *(
        _postgresql(table, "TRUNCATE", "refuse_change")
        for table in ("events", "event_tombstones", "event_anchors")
    ),
    *(_postgresql(table, verb, "refuse_change") for table, verb in _FOREVER),
]

TABLES = [
    "accounts",
    "event_anchors",
    "job_runs",
    "networks",
    "definition_versions",
    "dev_inbox",
    "event_tombstones",
    "events",
    "outgoing_mails",
    "sign_in_requests",
    "staff_roles",
    "consent_events",
    "mail_attempts",
    "memberships",
    "applications",
    "answer_revisions",
    "case_tokens",
    "confirmations",
    "information_requests",
    "notes",
]


def json_object() -> sa.types.TypeEngine:
    return sa.JSON(none_as_null=True).with_variant(
        postgresql.JSONB(none_as_null=True), "postgresql"
    )


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column("session_epoch", sa.Integer(), nullable=False),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_accounts_email_is_lowercase")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("email", name=op.f("uq_accounts_email")),
    )
    op.create_table(
        "event_anchors",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("up_to_event", sa.Integer(), nullable=False),
        sa.Column("heads", sa.Text(), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("signature", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_event_anchors")),
    )
    op.create_table(
        "job_runs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("job", sa.String(length=60), nullable=False),
        sa.Column("period", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("lease", sa.Uuid(), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_runs")),
    )
    op.create_index("uq_job_runs_job_period", "job_runs", ["job", "period"], unique=True)

    op.create_table(
        "networks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(length=60), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_networks")),
        sa.UniqueConstraint("slug", name=op.f("uq_networks_slug")),
    )
    op.create_table(
        "definition_versions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("network_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("content", json_object(), nullable=False),
        sa.ForeignKeyConstraint(
            ["network_id"], ["networks.id"], name=op.f("fk_definition_versions_network_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_definition_versions")),
        sa.UniqueConstraint(
            "network_id", "digest", name=op.f("uq_definition_versions_network_id_digest")
        ),
        sa.UniqueConstraint(
            "network_id", "version", name=op.f("uq_definition_versions_network_id_version")
        ),
    )
    op.create_table(
        "dev_inbox",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("network_id", sa.Integer(), nullable=True),
        sa.Column("subject_type", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sender", sa.String(length=320), nullable=False),
        sa.Column("to_address", sa.String(length=254), nullable=False),
        sa.Column("reply_to", sa.String(length=254), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["network_id"], ["networks.id"], name=op.f("fk_dev_inbox_network_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dev_inbox")),
    )
    op.create_index("ix_dev_inbox_subject_id", "dev_inbox", ["subject_id"], unique=False)

    op.create_table(
        "event_tombstones",
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("subject_type", sa.String(length=40), nullable=False),
        sa.Column("network_id", sa.Integer(), nullable=False),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.Column("last_hash", sa.String(length=64), nullable=False),
        sa.Column("rule", sa.String(length=60), nullable=False),
        sa.Column("erased_on", sa.Date(), nullable=False),
        sa.Column("signature", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["network_id"], ["networks.id"], name=op.f("fk_event_tombstones_network_id")
        ),
        sa.PrimaryKeyConstraint("subject_id", name=op.f("pk_event_tombstones")),
    )
    op.create_index(
        "ix_event_tombstones_erased_on", "event_tombstones", ["erased_on"], unique=False
    )

    op.create_table(
        "events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("network_id", sa.Integer(), nullable=False),
        sa.Column("subject_type", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("tag", sa.String(length=60), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_kind", sa.String(length=20), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["network_id"], ["networks.id"], name=op.f("fk_events_network_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
        sa.UniqueConstraint("subject_id", "seq", name=op.f("uq_events_subject_id_seq")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_events_network_id_id", "events", ["network_id", "id"], unique=False)

    op.create_table(
        "outgoing_mails",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("network_id", sa.Integer(), nullable=True),
        sa.Column("subject_type", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column(
            "mail_class",
            sa.Enum(
                "case",
                "membership",
                "news",
                name="mailclass",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("to_address", sa.String(length=254), nullable=False),
        sa.Column("from_name", sa.String(length=160), nullable=False),
        sa.Column("reply_to", sa.String(length=254), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("message_id", sa.String(length=255), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "queued",
                "sent",
                "failed",
                "cancelled",
                "withheld",
                name="mailstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease", sa.Uuid(), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'queued') = (body IS NOT NULL)",
            name=op.f("ck_outgoing_mails_only_queued_has_a_body"),
        ),
        sa.CheckConstraint(
            "state = 'queued' OR finished_at IS NOT NULL",
            name=op.f("ck_outgoing_mails_finished_has_a_time"),
        ),
        sa.ForeignKeyConstraint(
            ["network_id"], ["networks.id"], name=op.f("fk_outgoing_mails_network_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outgoing_mails")),
        sa.UniqueConstraint("message_id", name=op.f("uq_outgoing_mails_message_id")),
    )
    op.create_index(
        "ix_outgoing_mails_address",
        "outgoing_mails",
        ["to_address", "kind", "finished_at"],
        unique=False,
    )
    op.create_index(
        "ix_outgoing_mails_due",
        "outgoing_mails",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("state = 'queued'"),
        sqlite_where=sa.text("state = 'queued'"),
    )
    op.create_index("ix_outgoing_mails_subject_id", "outgoing_mails", ["subject_id"], unique=False)

    op.create_table(
        "sign_in_requests",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("page_token_hash", sa.String(length=64), nullable=False),
        sa.Column("target", sa.String(length=500), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries_left", sa.Integer(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("mails", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("token_hash", sa.String(length=64), nullable=True),
        sa.Column("code_hash", sa.String(length=64), nullable=True),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "email = lower(email)", name=op.f("ck_sign_in_requests_email_is_lowercase")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_sign_in_requests_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_requests")),
        sa.UniqueConstraint("page_token_hash", name=op.f("uq_sign_in_requests_page_token_hash")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_sign_in_requests_token_hash")),
    )
    op.create_index(
        "ix_sign_in_requests_account_id", "sign_in_requests", ["account_id"], unique=False
    )
    op.create_index("ix_sign_in_requests_asked_at", "sign_in_requests", ["asked_at"], unique=False)
    op.create_index(
        "ix_sign_in_requests_email_answered_at",
        "sign_in_requests",
        ["email", "answered_at"],
        unique=False,
    )
    op.create_index(
        "ix_sign_in_requests_unanswered",
        "sign_in_requests",
        ["asked_at"],
        unique=False,
        postgresql_where=sa.text("answered_at IS NULL"),
        sqlite_where=sa.text("answered_at IS NULL"),
    )

    op.create_table(
        "staff_roles",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("network_id", sa.Integer(), nullable=True),
        sa.Column(
            "role",
            sa.Enum(
                "reader",
                "coordinator",
                "decider",
                "lead",
                "auditor",
                "operator",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(role = 'operator') = (network_id IS NULL)",
            name=op.f("ck_staff_roles_only_operators_have_no_network"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_staff_roles_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["network_id"], ["networks.id"], name=op.f("fk_staff_roles_network_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_roles")),
    )
    op.create_index("ix_staff_roles_network_id", "staff_roles", ["network_id"], unique=False)
    op.create_index(
        "ux_staff_roles_one_operator",
        "staff_roles",
        ["account_id"],
        unique=True,
        postgresql_where=sa.text("network_id IS NULL"),
        sqlite_where=sa.text("network_id IS NULL"),
    )
    op.create_index(
        "ux_staff_roles_one_per_network",
        "staff_roles",
        ["account_id", "network_id"],
        unique=True,
        postgresql_where=sa.text("network_id IS NOT NULL"),
        sqlite_where=sa.text("network_id IS NOT NULL"),
    )

    op.create_table(
        "consent_events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("network_id", sa.Integer(), nullable=False),
        sa.Column("definition_id", sa.Integer(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("purpose", sa.String(length=40), nullable=False),
        sa.Column(
            "step",
            sa.Enum(
                "given",
                "confirmed",
                "withdrawn",
                name="consentstep",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("text_version", sa.String(length=40), nullable=False),
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("form_url", sa.String(length=300), nullable=False),
        sa.Column("proof", sa.String(length=64), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["definition_id"],
            ["definition_versions.id"],
            name=op.f("fk_consent_events_definition_id"),
        ),
        sa.ForeignKeyConstraint(
            ["network_id"], ["networks.id"], name=op.f("fk_consent_events_network_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent_events")),
    )
    op.create_index("ix_consent_events_subject_id", "consent_events", ["subject_id"], unique=False)

    op.create_table(
        "mail_attempts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("mail_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "outcome",
            sa.Enum(
                "sent",
                "deferred",
                "refused",
                "unreachable",
                "withheld",
                name="attemptoutcome",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("code", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["mail_id"],
            ["outgoing_mails.id"],
            name=op.f("fk_mail_attempts_mail_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_attempts")),
    )
    op.create_index("ix_mail_attempts_mail_id", "mail_attempts", ["mail_id"], unique=False)

    op.create_table(
        "memberships",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("network_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("definition_id", sa.Integer(), nullable=False),
        sa.Column(
            "holder",
            sa.Enum(
                "person",
                "organisation",
                name="holder",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("first_name", sa.String(length=80), nullable=False),
        sa.Column("last_name", sa.String(length=80), nullable=False),
        sa.Column("organisation_name", sa.String(length=160), nullable=True),
        sa.Column("answers", json_object(), nullable=False),
        sa.Column("member_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "holder = 'person' OR organisation_name IS NOT NULL",
            name=op.f("ck_memberships_organisation_has_a_name"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_memberships_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["definition_id"], ["definition_versions.id"], name=op.f("fk_memberships_definition_id")
        ),
        sa.ForeignKeyConstraint(
            ["network_id"], ["networks.id"], name=op.f("fk_memberships_network_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_memberships")),
    )
    op.create_index("ix_memberships_account_id", "memberships", ["account_id"], unique=False)
    op.create_index(
        "ux_memberships_one_living",
        "memberships",
        ["network_id", "account_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
        sqlite_where=sa.text("ended_at IS NULL"),
    )

    op.create_table(
        "applications",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("network_id", sa.Integer(), nullable=False),
        sa.Column("definition_id", sa.Integer(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "unconfirmed",
                "in_review",
                "information_requested",
                "approved",
                "declined",
                "withdrawn",
                "closed",
                name="applicationstatus",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "channel",
            sa.Enum(
                "online",
                "email",
                "phone",
                "letter",
                "meeting",
                name="channel",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("submission_key", sa.String(length=64), nullable=False),
        sa.Column("page_token_hash", sa.String(length=64), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("first_name", sa.String(length=80), nullable=False),
        sa.Column("last_name", sa.String(length=80), nullable=False),
        sa.Column(
            "applicant_kind",
            sa.Enum(
                "person",
                "organisation",
                name="applicantkind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("organisation_name", sa.String(length=160), nullable=True),
        sa.Column("answers", json_object(), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmation_mails", sa.Integer(), nullable=False),
        sa.Column("confirmation_mailed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("address_corrected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("takes_effect_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("clock_stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claimed_by_id", sa.Uuid(), nullable=True),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "recommendation",
            sa.Enum(
                "approve",
                "decline",
                name="recommendation",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("recommendation_note", sa.Text(), nullable=True),
        sa.Column("recommended_by_id", sa.Uuid(), nullable=True),
        sa.Column("recommended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by_id", sa.Uuid(), nullable=True),
        sa.Column("decided_by_body", sa.String(length=120), nullable=True),
        sa.Column("body_decided_on", sa.Date(), nullable=True),
        sa.Column("decline_reason", sa.String(length=40), nullable=True),
        sa.Column("received_on", sa.Date(), nullable=True),
        sa.Column("entered_by_id", sa.Uuid(), nullable=True),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column("decided_by_rule", sa.String(length=40), nullable=True),
        sa.Column("membership_id", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(status = 'approved') = (membership_id IS NOT NULL)",
            name=op.f("ck_applications_approval_has_a_membership"),
        ),
        sa.CheckConstraint(
            "(status = 'declined') = (decline_reason IS NOT NULL)",
            name=op.f("ck_applications_decline_has_a_reason"),
        ),
        sa.CheckConstraint(
            "(status = 'information_requested') = (clock_stopped_at IS NOT NULL)",
            name=op.f("ck_applications_clock_stands_while_asked"),
        ),
        sa.CheckConstraint(
            "(status = 'unconfirmed') = (confirmed_at IS NULL)",
            name=op.f("ck_applications_confirmation_has_a_time"),
        ),
        sa.CheckConstraint(
            "(status IN ('approved', 'declined')) = (decided_at IS NOT NULL)",
            name=op.f("ck_applications_decision_has_a_time"),
        ),
        sa.CheckConstraint(
            "status <> 'declined' OR decided_by_id IS NOT NULL",
            name=op.f("ck_applications_decline_has_a_person"),
        ),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_applications_email_is_lowercase")),
        sa.ForeignKeyConstraint(
            ["claimed_by_id"], ["accounts.id"], name=op.f("fk_applications_claimed_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["accounts.id"], name=op.f("fk_applications_decided_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["definition_id"],
            ["definition_versions.id"],
            name=op.f("fk_applications_definition_id"),
        ),
        sa.ForeignKeyConstraint(
            ["entered_by_id"], ["accounts.id"], name=op.f("fk_applications_entered_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["membership_id"], ["memberships.id"], name=op.f("fk_applications_membership_id")
        ),
        sa.ForeignKeyConstraint(
            ["network_id"], ["networks.id"], name=op.f("fk_applications_network_id")
        ),
        sa.ForeignKeyConstraint(
            ["recommended_by_id"], ["accounts.id"], name=op.f("fk_applications_recommended_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_applications")),
        sa.UniqueConstraint("page_token_hash", name=op.f("uq_applications_page_token_hash")),
        sa.UniqueConstraint("submission_key", name=op.f("uq_applications_submission_key")),
    )
    op.create_index(
        "ix_applications_membership_id", "applications", ["membership_id"], unique=False
    )
    op.create_index("ix_applications_newest", "applications", ["network_id", "id"], unique=False)
    op.create_index(
        "ix_applications_queue",
        "applications",
        ["network_id", "status", "due_at", "id"],
        unique=False,
    )
    op.create_index(
        "ix_applications_unconfirmed",
        "applications",
        ["expires_at"],
        unique=False,
        postgresql_where=sa.text("status = 'unconfirmed'"),
        sqlite_where=sa.text("status = 'unconfirmed'"),
    )

    op.create_table(
        "answer_revisions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("until_version", sa.Integer(), nullable=False),
        sa.Column("answers", json_object(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["applications.id"],
            name=op.f("fk_answer_revisions_application_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answer_revisions")),
    )
    op.create_index(
        "ix_answer_revisions_application_id",
        "answer_revisions",
        ["application_id", "until_version"],
        unique=False,
    )

    op.create_table(
        "case_tokens",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=40), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["applications.id"],
            name=op.f("fk_case_tokens_application_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_case_tokens_token_hash")),
    )
    op.create_index(
        "ix_case_tokens_application_id", "case_tokens", ["application_id"], unique=False
    )

    op.create_table(
        "confirmations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("tries_left", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["applications.id"],
            name=op.f("fk_confirmations_application_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_confirmations")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_confirmations_token_hash")),
    )
    op.create_index(
        "ix_confirmations_application_id", "confirmations", ["application_id"], unique=False
    )

    op.create_table(
        "information_requests",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("asked_by_id", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer_by", sa.DateTime(timezone=True), nullable=False),
        sa.Column("close_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "answered_via",
            sa.Enum(
                "online",
                "email",
                "phone",
                "letter",
                "meeting",
                name="channel",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["applications.id"],
            name=op.f("fk_information_requests_application_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["asked_by_id"], ["accounts.id"], name=op.f("fk_information_requests_asked_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_information_requests")),
    )
    op.create_index(
        "ix_information_requests_application_id",
        "information_requests",
        ["application_id", "asked_at"],
        unique=False,
    )
    op.create_index(
        "ux_information_requests_one_open",
        "information_requests",
        ["application_id"],
        unique=True,
        postgresql_where=sa.text("answered_at IS NULL AND ended_at IS NULL"),
        sqlite_where=sa.text("answered_at IS NULL AND ended_at IS NULL"),
    )

    op.create_table(
        "notes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["applications.id"],
            name=op.f("fk_notes_application_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["author_id"], ["accounts.id"], name=op.f("fk_notes_author_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notes")),
    )
    op.create_index("ix_notes_application_id", "notes", ["application_id"], unique=False)
    for statement in SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL:
        op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        # Before a log may go, its guards must.
        for function in ("refuse_change", "refuse_unless_erased", "refuse_when_erased"):
            op.execute(f"DROP FUNCTION {function}() CASCADE")
    for table in reversed(TABLES):
        op.drop_table(table)
