"""One file is one network: every mistake is told at once, and a case keeps its version."""

from __future__ import annotations

import json
import shutil
import tomllib
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from memberships import create_app
from memberships.applications.models import Application
from memberships.cli import cli
from memberships.database import db, unit_of_work
from memberships.members.models import Membership
from memberships.networks.definition import Definition
from memberships.networks.loading import DefinitionsInvalid, load_definitions
from memberships.networks.models import DefinitionVersion, Network
from memberships.networks.queries import definition_of
from memberships.networks.services import publish_definition
from memberships.privacy.models import ConsentEvent
from memberships.settings import ROOT
from tests.factories import PERSON, confirmed, network, newest_mail, submitted, token_in
from tests.pages import FORM, SLUG, apply, get, new_stamp, page_token, post
from tests.tables import all_of, is_empty, nothing_stored, only

FILE = f"{SLUG}.toml"
ORIGINAL = tomllib.loads((ROOT / "config" / "networks" / FILE).read_text("utf-8"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the installation's common definitions and of one network, to be changed."""
    shutil.copytree(ROOT / "config", tmp_path / "config")
    copies = tmp_path / "config" / "networks"
    for file in copies.glob("*.toml"):
        if file.name != FILE:
            file.unlink()
    return copies


def change(folder: Path, old: str, new: str, *, file: str = FILE) -> None:
    text = (folder / file).read_text("utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new), "utf-8")


def add_network(folder: Path, slug: str, name: str) -> None:
    shutil.copyfile(folder / FILE, folder / f"{slug}.toml")
    change(folder, f'slug = "{SLUG}"', f'slug = "{slug}"', file=f"{slug}.toml")
    change(folder, "Netzwerk Bürgerhaushalt", name, file=f"{slug}.toml")


def check(folder: Path) -> tuple[int, list[str]]:
    result = CliRunner().invoke(cli, ["networks", "check", str(folder)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output.splitlines()


def mistakes(folder: Path) -> dict[str, str]:
    """What is wrong and what would be right, by key; proof that the command says the same."""
    with pytest.raises(DefinitionsInvalid) as found:
        load_definitions(folder)
    assert check(folder) == (1, [str(mistake) for mistake in found.value.mistakes])
    assert {m.file for m in found.value.mistakes} == {FILE}
    assert all(m.right for m in found.value.mistakes)
    return {m.key: f"{m.wrong} – {m.right}" for m in found.value.mistakes}


def test_our_own_definitions_are_good() -> None:
    status, said = check(ROOT / "config" / "networks")
    assert status == 0
    assert len(said) == len(list((ROOT / "config" / "networks").glob("*.toml")))
    assert any(line.startswith(f"{FILE}: good, 8 fields, ") for line in said)


def test_every_mistake_of_every_file_is_told_at_once(folder: Path) -> None:
    add_network(folder, "another", "Anderes Netzwerk")
    change(folder, 'noun = "Anmeldung"', 'noun = "Bitte"')
    change(folder, 'hue = "lime"', "")
    change(folder, 'email = "buergerhaushalt@example.org"', 'email = "kontakt"')
    change(folder, 'hue = "lime"', 'hue = "lime"\ncolour = "red"', file="another.toml")
    (folder / "third.toml").write_text("slug = ", "utf-8")

    status, said = check(folder)

    assert status == 1
    told = [line.split(": ")[:2] for line in said]
    for file, key in [
        (FILE, "noun"),
        (FILE, "hue"),
        (FILE, "office.email"),
        ("another.toml", "colour"),
        ("third.toml", "(file)"),
    ]:
        assert [file, key] in told
    assert len(told) == 5
    assert f"{FILE}: hue: is missing – give it a value" in said


def test_an_installation_with_a_mistake_does_not_start(folder: Path, migrated: Any) -> None:
    change(folder, 'hue = "lime"', "")
    with pytest.raises(DefinitionsInvalid, match=f"{FILE}: hue: is missing"):
        create_app(migrated.model_copy(update={"networks_dir": folder}))


def test_a_folder_without_networks_is_a_mistake(folder: Path) -> None:
    (folder / FILE).unlink()
    status, said = check(folder)
    assert status == 1
    assert "no network is defined – add one file per network" in said[0]


def test_a_misspelt_key_is_answered_with_the_right_one(folder: Path) -> None:
    change(folder, "member_term =", "member_trem =")
    assert mistakes(folder)["member_trem"] == "no such key – did you mean member_term?"


@pytest.mark.parametrize(
    ("key", "why"),
    [
        ("stamp", "is used by the form itself"),
        ("feld_b7", "is used by the form itself"),
        ("code", "is used by the form itself"),
        ("no_newsletter", "is used by the form itself"),
        ("date_of_birth", "must not be asked"),
        ("gender", "must not be asked"),
        ("religion", "must not be asked"),
        ("disability", "must not be asked"),
        ("private_address", "must not be asked"),
        ("email", "email is asked twice"),
    ],
)
def test_a_key_that_must_not_be_asked_is_refused(folder: Path, key: str, why: str) -> None:
    field = f'key = "{key}"\ntype = "text"\nlabel = "Frage"\nmax = 10\npurpose = "Zweck"'
    change(folder, "[[admission]]", f"[[sections.fields]]\n{field}\n\n[[admission]]")
    (told,) = [text for where, text in mistakes(folder).items() if where.endswith(".key")]
    assert why in told


def test_a_field_without_a_purpose_is_refused(folder: Path) -> None:
    change(folder, '\npurpose = "Anrede und Mitgliederliste."', "")
    assert mistakes(folder) == {
        "sections.2.fields.0.purpose": "is missing – a sentence: what the answer is used for",
        "sections.2.fields.1.purpose": "is missing – a sentence: what the answer is used for",
    }


def test_a_blank_purpose_is_none(folder: Path) -> None:
    change(folder, '\npurpose = "Anrede und Mitgliederliste."', '\npurpose = "  "')
    assert len(mistakes(folder)) == 2


@pytest.mark.parametrize("key", ["first_name", "last_name", "email"])
def test_what_every_network_asks_must_be_required(folder: Path, key: str) -> None:
    change(folder, f'key = "{key}"\nrequired = true', f'key = "{key}"')
    assert f"{key} is not asked as required" in mistakes(folder)["sections"]


@pytest.mark.parametrize("key", ["first_name", "email"])
def test_what_every_network_asks_has_no_condition(folder: Path, key: str) -> None:
    when = 'when = { applicant_kind = ["person"] }'
    change(folder, f'key = "{key}"', f'key = "{key}"\n{when}')
    assert f"{key} is not asked as required" in mistakes(folder)["sections"]


def test_where_two_kinds_may_join_the_form_asks_which(folder: Path) -> None:
    change(folder, 'key = "applicant_kind"\nrequired = true', 'key = "applicant_kind"')
    assert "applicant_kind is not asked as required" in mistakes(folder)["sections"]


def test_where_organisations_may_join_the_form_asks_their_name(folder: Path) -> None:
    change(folder, 'key = "organisation_name"\nrequired = true', 'key = "organisation_name"')
    assert "though organisations may join" in mistakes(folder)["sections"]


@pytest.mark.parametrize(
    ("key", "more", "told"),
    [
        ("first_name", "max = 81", {"max": "81 is longer than can be stored – at most 80"}),
        ("last_name", "max = 500", {"max": "500 is longer than can be stored – at most 80"}),
        (
            "email",
            'type = "text"\nmax = 80',
            {"type": "'text' is not the type of email – \"email\""},
        ),
    ],
)
def test_what_has_a_column_of_its_own_must_fit_into_it(
    folder: Path, key: str, more: str, told: dict[str, str]
) -> None:
    change(folder, f'key = "{key}"', f'key = "{key}"\n{more}')
    found = mistakes(folder)
    assert {where.rpartition(".")[2]: text for where, text in found.items()} == told


def test_an_unknown_vocabulary_is_named(folder: Path) -> None:
    change(folder, 'key = "budget_relation"', 'key = "budget_relation"\nvocabulary = "colours"')
    told = mistakes(folder)
    assert (
        told["sections.2.fields.3.vocabulary"]
        == "'colours' is not known – a name from config/vocabularies.toml"
    )


@pytest.mark.parametrize(
    ("condition", "told"),
    [
        ('{ colour = ["red"] }', "is not asked before – an earlier field: applicant_kind"),
        ('{ email = ["a"] }', "is not asked before – an earlier field: applicant_kind"),
        (
            '{ applicant_kind = ["castle"] }',
            "castle is no answer of applicant_kind – some of: person, organisation",
        ),
    ],
)
def test_a_condition_that_can_never_hold_is_refused(
    folder: Path, condition: str, told: str
) -> None:
    change(folder, '{ applicant_kind = ["organisation"] }', condition)
    assert told in mistakes(folder).values()


def test_the_last_admission_rule_has_no_condition(folder: Path) -> None:
    change(folder, 'policy = "open"', 'policy = "open"\nwhen = { applicant_kind = ["person"] }')
    assert mistakes(folder) == {
        "admission.0.when": "answers may fit no rule – a last rule without a condition"
    }


def test_an_unknown_policy_is_refused(folder: Path) -> None:
    change(folder, 'policy = "open"', 'policy = "lottery"')
    assert "open" in mistakes(folder)["admission.0.policy"]


def test_a_file_is_named_like_its_network(folder: Path) -> None:
    (folder / FILE).rename(folder / "other.toml")
    status, said = check(folder)
    assert status == 1
    assert said == [f"other.toml: slug: '{SLUG}' is not the file's name – slug = \"other\""]


@pytest.mark.parametrize("content", [b"slug = ", b"\xff\xfe", b"[[a]]\n[a]\n"])
def test_a_file_that_is_no_toml_is_named(folder: Path, content: bytes) -> None:
    (folder / FILE).write_bytes(content)
    assert "a readable TOML file in UTF-8" in mistakes(folder)["(file)"]


# Anything at all in a file

ANYTHING = st.recursive(
    st.none().map(lambda _: "") | st.booleans() | st.integers(-9, 9) | st.text("aé", max_size=4),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text("ab"), inner, max_size=2),
    max_leaves=4,
)


def toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(k)} = {toml(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to every value inside."""
    if not isinstance(value, dict | list):
        return [path]
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    below = [place for key, child in inner for place in places(child, (*path, key))]
    return [path, *below] if path else below


KEYS_OF_FIELDS = ("options", "vocabulary", "when", "type", "max")
IN_TABLES = [
    (*place[:-1], key)
    for place in places(ORIGINAL)
    if isinstance(place[-1], str)
    for key in KEYS_OF_FIELDS
]


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(place=st.sampled_from(places(ORIGINAL) + IN_TABLES), value=ANYTHING)
def test_no_content_whatever_stops_the_check_itself(
    folder: Path, place: tuple[Any, ...], value: Any
) -> None:
    content = json.loads(json.dumps(ORIGINAL))
    inside = content
    for step in place[:-1]:
        inside = inside[step]
    inside[place[-1]] = value
    lines = [f"{json.dumps(key)} = {toml(part)}" for key, part in content.items()]
    (folder / FILE).write_text("\n".join(lines), "utf-8")
    status, said = check(folder)
    assert status in {0, 1}
    assert all(line.startswith(f"{FILE}: ") for line in said)


# Versions


def app_with(app: Flask, folder: Path) -> Flask:
    """The same installation, started again with other files."""
    return create_app(app.config["SETTINGS"].model_copy(update={"networks_dir": folder}))


def test_equal_content_is_one_version(app: Flask, folder: Path) -> None:
    confirmed()
    submitted()
    assert load_definitions(folder)[SLUG].digest == network().digest
    assert only(DefinitionVersion).version == 1
    assert Definition.model_validate(only(DefinitionVersion).content) == network()


def test_a_changed_file_becomes_a_new_version_and_old_cases_keep_theirs(
    app: Flask, client: FlaskClient, folder: Path
) -> None:
    old = confirmed(PERSON, newsletter=True, budget_relation="planning")
    case = f"/vorgang/{token_in(newest_mail(old.id))}"
    waiting = submitted(newsletter=True)
    change(
        folder, 'key = "budget_relation"', 'key = "budget_relation"\nlabel = "Was führt Sie her?"'
    )
    change(folder, 'text_version = "2026-11"', 'text_version = "2027-01"')
    change(folder, "next_steps =", 'next_steps = "Neu."\n#')

    app = app_with(app, folder)
    with app.app_context():
        visitor = app.test_client()
        assert "Was führt Sie her?" in get(visitor, FORM).words
        page = get(visitor, case)
        assert "Bezug zum Bürgerhaushalt Wir planen einen" in page.words
        assert "Zum nächsten Netzwerktreffen" in page.words
        # Who filled in the old form agrees to the old text, even if the proof comes later.
        assert post(visitor, waiting.confirm).status == 303
        assert {c.text_version for c in all_of(ConsentEvent)} == {"2026-11"}

        new = apply(visitor, PERSON | {"newsletter_consent": "y"})
        assert all_of(ConsentEvent)[-1].text_version == "2027-01"
        assert page_token(new)
        assert [v.version for v in all_of(DefinitionVersion)] == [1, 2]
        assert len(all_of(Network)) == 1
        db.session.remove()
        db.engine.dispose()


def test_a_form_opened_before_the_change_is_asked_to_look_again(
    app: Flask, client: FlaskClient, folder: Path
) -> None:
    stamp = new_stamp(client)
    change(folder, 'scope = "bundesweit"', 'scope = "überall"')
    app = app_with(app, folder)
    page = post(app.test_client(), FORM, PERSON | {"stamp": stamp})
    assert page.status == 422
    assert "inzwischen geändert" in page.notice
    assert post(app.test_client(), FORM, page.form("/antrag").fields).status == 303
    with app.app_context():
        db.engine.dispose()


def test_going_back_to_an_older_file_goes_back_to_its_version(app: Flask) -> None:
    newer = network().model_copy(update={"scope": "überall"})
    newer = Definition.model_validate(newer.model_dump())
    for definition in (network(), newer, network(), newer):
        with unit_of_work():
            version = publish_definition(definition)
            assert definition_of(version) == definition
    assert [v.version for v in all_of(DefinitionVersion)] == [1, 2]


# Two networks


def test_networks_stay_apart(app: Flask, client: FlaskClient, folder: Path) -> None:
    add_network(folder, "another", "Anderes Netzwerk")
    app = app_with(app, folder)
    with app.app_context():
        visitor = app.test_client()
        start = get(visitor, "/")
        assert "Anderes Netzwerk" in start.words
        assert "Netzwerk Bürgerhaushalt" in start.words

        here = confirmed(email="mara@example.org", first_name="Mara")
        there = confirmed(email="mara@example.org", first_name="Marlene", slug="another")

        first, second = all_of(Membership)
        assert first.account_id == second.account_id
        assert first.network_id != second.network_id
        assert here.row.membership_id != there.row.membership_id
        for applied, own, foreign in (
            (here, "Mara", "Marlene"),
            (there, "Marlene", "Mara"),
        ):
            mail = newest_mail(applied.id)
            assert mail.kind == "application_approved"
            page = get(visitor, f"/vorgang/{token_in(mail)}")
            assert own in page.words.split()
            assert foreign not in page.words.split()
        assert newest_mail(there.id).from_name == "Anderes Netzwerk"
        db.session.remove()
        db.engine.dispose()


def test_a_stamp_of_another_network_is_refused(
    app: Flask, client: FlaskClient, folder: Path
) -> None:
    add_network(folder, "another", "Anderes Netzwerk")
    app = app_with(app, folder)
    with app.app_context():
        visitor = app.test_client()
        stamp = new_stamp(visitor, "/netzwerke/another/antrag")
        with nothing_stored():
            assert post(visitor, FORM, PERSON | {"stamp": stamp}).status == 422
        assert is_empty()
        db.session.remove()
        db.engine.dispose()


def test_an_unknown_network_is_not_found(client: FlaskClient) -> None:
    for page in ("", "/antrag", "/impressum", "/datenschutz", "/antrag/abc.css"):
        assert get(client, f"/netzwerke/nowhere{page}").status == 404
    assert post(client, "/netzwerke/nowhere/antrag", PERSON).status == 404
    assert all_of(Application) == []
