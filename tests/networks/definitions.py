"""A small, good definition, and how to spoil it."""

from __future__ import annotations

import copy
import shutil
import tomllib
from pathlib import Path
from typing import Any

from memberships.networks.loading import DefinitionsInvalid, load_definitions
from memberships.settings import ROOT

CONFIG = ROOT / "config"
COMMON_FILES = ("fields.toml", "vocabularies.toml", "decline_reasons.toml", "controllers.toml")


def bipar() -> dict[str, Any]:
    """The network bipar as its file says, to be changed."""
    return tomllib.loads((CONFIG / "networks" / "bipar.toml").read_text("utf-8"))


def field_of(raw: dict[str, Any], key: str) -> dict[str, Any]:
    """The field of that key, in place."""
    return next(f for section in raw["sections"] for f in section["fields"] if f["key"] == key)


def write(raw: dict[str, Any], folder: Path, *, name: str = "bipar") -> Path:
    """The folder of networks that holds this one under its file's name, beside those before."""
    networks = folder / "networks"
    networks.mkdir(parents=True, exist_ok=True)
    for common in COMMON_FILES:
        shutil.copyfile(CONFIG / common, folder / common)
    lines = [f"{key} = {_toml(value)}" for key, value in copy.deepcopy(raw).items()]
    (networks / f"{name}.toml").write_text("\n".join(lines), "utf-8")
    return networks


def _toml(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case dict():
            inner = ", ".join(f'"{key}" = {_toml(item)}' for key, item in value.items())
            return f"{{ {inner} }}"
        case list():
            return f"[{', '.join(map(_toml, value))}]"
        case str():
            escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
            return f'"{escaped}"'
    return str(value)


def mistakes_in(raw: dict[str, Any], folder: Path) -> list[str]:
    """Every mistake that is told about it, without the file's name."""
    try:
        load_definitions(write(raw, folder))
    except DefinitionsInvalid as error:
        return [str(mistake).removeprefix("bipar.toml: ") for mistake in error.mistakes]
    return []


def seventh() -> dict[str, Any]:
    """A network that exists in no file of ours and uses every feature, in a new combination.

    Persons and organisations of two Länder; a body decides on companies, nobody on who sits inside,
    the office on the rest; two consents, reasons and choices of its own; a controller of its own.
    """
    return {
        "slug": "dorfdialog",
        "name": "Netzwerk Dorfdialog",
        "short_name": "Dorfdialog",
        "in_phrase": "im Netzwerk Dorfdialog",
        "to_phrase": "auf Mitgliedschaft im Netzwerk Dorfdialog",
        "noun": "Antrag",
        "apply_label": "Mitglied werden",
        "member_term": "Dorfmitglied",
        "scope": "Thüringen und Hessen",
        "hue": "violet",
        "joins": ["person", "organisation"],
        "one_per_organisation": "representative",
        "supervisory_authority": "Die Aufsicht von Musterland",
        "controller": {
            "name": "Dorfdialog e. V.",
            "address": "Musterweg 7, 99999 Musterdorf",
            "email": "kontakt@dorfdialog.example.org",
            "profile": "private",
            "represented_by": "den Vorstand (Muster)",
            "data_protection_contact": "datenschutz@dorfdialog.example.org",
        },
        "office": {
            "name": "Büro Dorfdialog",
            "email": "dorfdialog@example.org",
            "phone": "0361 555 01 00",
            "mailbox": "sammelpost@example.org",
            "digest": "at_once",
        },
        "territory": {"states": ["TH", "HE"], "phrase": "in Thüringen oder Hessen"},
        "visibility": {"internal": "announced",
                       "public_entry": ["name", "organisation_name", "place", "village_story"]},
        "promise": {"days": 12, "working_days": True},
        "decision": {"body": "Dorfrat", "appeal_text": "Der Dorfrat antwortet auf Fragen."},
        "retention": {"declined": {"months": 1}, "ended": {"days": 45}, "consent_proof_years": 2},
        "decline_reasons": [
            {"key": "outside_territory"},
            {"key": "no_village", "label": "Kein Dorf", "text": "Es geht nicht um ein Dorf."},
        ],
        "texts": {
            "who_may_join": "Alle, die ein Dorf in Thüringen oder Hessen mitgestalten.",
            "lead": "Im Netzwerk Dorfdialog reden Dörfer miteinander.",
            "membership": ["Einladung zum Dorftag", "Beratung am Küchentisch"],
            "eligibility": "Sie gestalten ein Dorf mit.",
            "answer": "Sofort oder innerhalb von 12 Arbeitstagen",
            "after_submitting": "Wer im Gebiet sitzt, ist nach dem Bestätigen dabei.",
            "in_review": "Das Büro oder der Dorfrat sieht Ihren Antrag an.",
            "next_steps": "Wir laden Sie zum Dorftag ein.",
            "visibility": "nur für das Büro sichtbar",
            "exit_rule": "zum Monatsende",
        },
        "purposes": [_purpose("application", "b"), _purpose("membership", "b"),
                     _purpose("newsletter", "a"), _purpose("visit", "a"),
                     _purpose("member_directory", "b"), _purpose("directory", "a")],
        "profile": [{"title": "Danach",
                     "fields": [_asked("methods"), _asked("short_description")]}],
        "sections": [
            {"fields": [_asked("applicant_kind", required=True)]},
            {
                "title": "Ihre Gruppe",
                "when": {"applicant_kind": ["organisation"]},
                "fields": [
                    _asked("organisation_name", required=True),
                    _asked("organisation_kind", required=True),
                    _asked("existing_member", required=True),
                ],
            },
            {
                "title": "Ihr Dorf",
                "fields": [
                    _asked("country"),
                    _asked("postal_code", required=True),
                    _asked("city"),
                    _asked("active_in"),
                    _asked("district"),
                    _asked("website"),
                    _asked(
                        "village_size", required=True, type="choice", label="Wie groß ist es?",
                        missing="Wählen Sie eine Größe aus.", as_list=True,
                        options=[
                            {"key": "small", "label": "Bis 500", "group": "Klein"},
                            {"key": "large", "label": "Über 500", "group": "Groß"},
                            {"key": "unsure", "label": "Unklar", "retired": True},
                        ],
                    ),
                    _asked(
                        "village_story", required=True, type="long_text", min=20, max=700,
                        label="Was ist in Ihrem Dorf geplant?", when={"village_size": ["large"]},
                    ),
                    _asked("topics", required=True),
                ],
            },
            {
                "title": "Zu Ihnen",
                "fields": [
                    _asked("first_name", required=True),
                    _asked("last_name", required=True),
                    _asked("email", required=True),
                    _asked("phone"),
                    _asked("role_in_organisation", when={"applicant_kind": ["organisation"]}),
                    _asked("newsletter_consent", text="Ich möchte den Dorfbrief per E-Mail.",
                           text_version="2026-11", label="Dorfbrief erhalten"),
                    _asked("visit_consent", type="consent", label="Besuch erlauben",
                           text="Das Büro darf das Dorf besuchen.", text_version="2026-11b"),
                ],
            },
        ],
        "admission": [
            {"key": "companies", "policy": "body_decision", "label": "Unternehmen: Dorfrat",
             "when": {"applicant_kind": ["organisation"], "organisation_kind": ["company"]}},
            {"key": "inside", "policy": "open", "when": {"postal_area": ["inside"]}},
            {"key": "active", "policy": "open", "when": {"active_in": ["*"]}},
            {"key": "rest", "policy": "coordinator_check", "label": "Kein Dorf im Gebiet belegt"},
        ],
    }  # fmt: skip


def _asked(key: str, **more: Any) -> dict[str, Any]:
    return {"key": key, "purpose": f"Wozu {key} dient.", **more}


_RETENTION = {
    "application": "Das löschen wir nach einem Monat, sonst nach 30 Tagen.",
    "membership": "Das löschen wir nach 45 Tagen.",
}


def _purpose(key: str, letter: str) -> dict[str, Any]:
    return {
        "key": key,
        "title": f"Dorf: {key}",
        "text": f"Wir brauchen das für {key}.",
        "legal_basis": f"Art. 6 Abs. 1 Buchst. {letter} DSGVO",
        "retention": _RETENTION.get(key, "Den Nachweis bewahren wir zwei Jahre auf."),
    }
