"""A whole definition as plain German text, for a human to read and to sign off."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from memberships.networks.definition import (
    AdmissionRule,
    AnyField,
    ChoiceField,
    ConsentField,
    ControllerProfile,
    Definition,
    MultiChoiceField,
    OnePerOrganisation,
    Policy,
    Promise,
    Purpose,
    Retention,
)
from memberships.networks.states import STATES
from memberships.networks.wording import asked_when, decided_when

WIDTH = 100
_LABEL = 22
_JOINS = {"person": "Personen", "organisation": "Organisationen und Initiativen"}
_PROFILES = {
    ControllerProfile.PRIVATE: "private Stelle",
    ControllerProfile.PUBLIC: "öffentliche Stelle",
}
_POLICIES = {
    Policy.OPEN: "sofort aufgenommen, sobald die E-Mail-Adresse bestätigt ist",
    Policy.COORDINATOR_CHECK: "die Koordination entscheidet",
    Policy.BODY_DECISION: "das Gremium entscheidet",
}
_ONE_PER_ORGANISATION = {
    OnePerOrganisation.NO: "Beliebig viele Personen einer Organisation können Mitglied werden.",
    OnePerOrganisation.SEAT: (
        "Eine Person hat den Sitz ihrer Organisation. Einen zweiten Sitz gibt es nur mit "
        "schriftlicher Begründung."
    ),
    OnePerOrganisation.REPRESENTATIVE: (
        "Die Organisation ist das Mitglied, nur einmal. Wer sich für sie noch anmeldet, wird "
        "weitere Ansprechperson, wenn die Koordination zustimmt."
    ),
}
_TYPES = {
    "text": "Textzeile",
    "long_text": "Text",
    "email": "E-Mail-Adresse",
    "phone": "Telefonnummer",
    "url": "Internetadresse",
    "postal_code": "Postleitzahl",
    "place": "Ort zur Postleitzahl",
    "district": "Kreis des Gebiets",
    "choice": "eine Antwort",
    "multi_choice": "mehrere Antworten",
    "consent": "Einwilligung, nie vorab angekreuzt",
}
_DIGESTS = {"daily": "einmal am Tag", "at_once": "sofort", "none": "keine"}
_INTERNAL = {
    "announced": (
        "für Mitglieder sichtbar 14 Tage nach der Aufnahme, angekündigt, Widerspruch möglich"
    ),
    "opt_in": "für Mitglieder sichtbar nur mit Einwilligung",
    "none": "keine",
}
_IN_DIRECTORY = "Name, Organisation, Funktion, Ort und Themen; keine E-Mail-Adresse, kein Telefon"
_RECIPIENTS = (
    "wer im Netzwerk über die Aufnahme entscheidet oder die Mitgliedschaft betreut; "
    "der Betrieb der Anwendung im Auftrag (Art. 28 DSGVO)"
)
_SHARED = (
    "; wer in anderen Netzwerken entscheidet: nur Namen, Art und Ort der Organisation "
    "(gemeinsames Verzeichnis, ohne Initiativen und freiberuflich Tätige)"
)
_PROTECTION = (
    "verschlüsselte Übertragung; Zugang nur mit bestätigter Adresse und Rolle im Netzwerk; "
    "Netzwerke getrennt; jede Entscheidung steht in einem Protokoll ohne Namen, dessen Einträge "
    "nicht geändert werden können"
)


def describe(definition: Definition) -> str:
    """The form, the rules, the texts and the record of processing (Art. 30 GDPR) of a network.

    Plain text of at most 100 columns that names the version by its digest and ends with a place
    for name, date and signature.
    """
    parts = [
        _head(definition),
        _chapter("1  Eckdaten", _facts(definition)),
        _chapter("2  Texte", _texts(definition)),
        _chapter("3  Formular", _form(definition)),
        _chapter("4  Aufnahmeregeln", _rules(definition)),
        _chapter("5  Sichtbarkeit", _visibility(definition)),
        _chapter(
            "6  Verzeichnis von Verarbeitungstätigkeiten (Art. 30 DSGVO)", _processing(definition)
        ),
        _chapter("7  Freigabe", _sign_off(definition)),
    ]
    lines = [line.rstrip() for part in parts for line in part]
    return "\n".join(lines) + "\n"


def _wrapped(text: str, first: str = "", then: str = "") -> list[str]:
    lines = textwrap.wrap(
        text, WIDTH, initial_indent=first, subsequent_indent=then, break_on_hyphens=False
    )
    return lines or [first]


def _row(label: str, text: str, indent: str = "") -> list[str]:
    """Label and text side by side; further lines stand under the text."""
    return _wrapped(text, f"{indent}{label:<{_LABEL}}", indent + " " * _LABEL)


def _item(text: str, mark: str = "-") -> list[str]:
    return _wrapped(text, f"  {mark} ", " " * (len(mark) + 3))


def _chapter(title: str, body: Iterator[list[str]]) -> list[str]:
    return ["", title, "-" * len(title), "", *(line for lines in body for line in lines)]


def _head(net: Definition) -> list[str]:
    title = _wrapped(net.name)
    return [*title, "=" * max(map(len, title)), "", *_row("Datei", f"{net.slug}.toml"),
            *_row("Fassung (SHA-256)", net.digest)]  # fmt: skip


def _facts(net: Definition) -> Iterator[list[str]]:
    yield _row("Name, kurz", net.short_name)
    yield _row("So im Satz", f"Mitgliedschaft {net.in_phrase}; {net.noun} {net.to_phrase}")
    yield _row("Mitglieder heißen", net.member_term)
    yield _row("Schaltfläche", net.apply_label)
    yield _row("Aufgenommen werden", " sowie ".join(_JOINS[kind] for kind in net.joins))
    yield _row("Wo", net.scope)
    if net.territory:
        states = ", ".join(STATES[state] for state in net.territory.states)
        yield _row("Gebiet", f"Sitz oder Tätigkeit {net.territory.phrase} ({states})")
    yield _row("Antwort", net.texts.answer)
    if net.is_reviewed:
        yield _row("Frist der Prüfung", _days(net.promise))
    yield _row("Austritt", net.texts.exit_rule)
    yield _row("Kosten", "keine")
    controller = net.controller
    yield _row("Verantwortlich", f"{controller.name} ({_PROFILES[controller.profile]})")
    yield _row(
        "Büro", ", ".join(filter(None, [net.office.name, net.office.email, net.office.phone]))
    )
    if net.decision.grace_minutes is not None:
        yield _row("Zurückzunehmen", f"{net.decision.grace_minutes} Minuten lang")
    yield _row("Sammelnachricht", f"{_DIGESTS[net.office.digest]}, an {net.office_mailbox}")


def _days(promise: Promise) -> str:
    return f"{promise.days} {'Arbeitstage' if promise.working_days else 'Tage'}"


def _texts(net: Definition) -> Iterator[list[str]]:
    texts = net.texts
    for label, text in (
        ("Wer mitmachen kann", texts.who_may_join),
        ("Einleitung", texts.lead),
        ("Voraussetzung", texts.eligibility),
        ("Antwort", texts.answer),
        ("Nach dem Absenden", texts.after_submitting),
        ("Während der Prüfung", texts.in_review),
        ("Wie es weitergeht", texts.next_steps),
        ("Eintrag, zurzeit", texts.visibility),
        ("Nach Ablehnung", net.decision.appeal_text),
    ):
        if text:
            yield _row(label, text)
    yield ["", "Was die Mitgliedschaft bedeutet"]
    for line in texts.membership:
        yield _item(line)
    phrases = net.erase_phrases
    yield ["", "„Ihre Angaben löschen wir …“, in den Mails"]
    yield _row("nach Ablehnung", phrases.declined, "  ")
    yield _row("nach Rücknahme", phrases.withdrawn, "  ")
    yield _row("ohne Antwort", phrases.closed, "  ")
    yield _row("nach dem Ende", phrases.ended, "  ")
    yield ["", "Fristen der Löschung"]
    yield from _periods(net.retention)


def _periods(kept: Retention) -> Iterator[list[str]]:
    yield _row("Ablehnung", kept.declined.phrase, "  ")
    yield _row("Rücknahme", kept.withdrawn.phrase, "  ")
    yield _row("ohne Antwort", kept.closed.phrase, "  ")
    yield _row("Ende", kept.ended.phrase, "  ")
    proof = f"{kept.consent_proof_phrase} nach dem Widerruf, bis zum Ende des Kalenderjahres"
    yield _row("Nachweis", proof, "  ")
    if kept.archive_offer:
        yield _row("Archiv", "vorher wird alles einem Archiv angeboten", "  ")


def _form(net: Definition) -> Iterator[list[str]]:
    number = 0
    for section in net.sections:
        heading = section.title or "(ohne Überschrift)"
        when = f" – {asked_when(net, section.when)}" if section.when else ""
        yield [*_wrapped(f"{heading}{when}"), ""]
        for field in section.fields:
            number += 1
            yield from _question(net, field, number)
    if net.profile:
        yield ["Nach der Aufnahme, im Profil, alles freiwillig", ""]
    for field in net.profile_fields:
        number += 1
        yield from _question(net, field, number)


def _question(net: Definition, field: AnyField, number: int) -> Iterator[list[str]]:
    need = "Pflicht" if field.required else "freiwillig"
    yield _wrapped(f"{field.label} [{need}]", f"{number:>3}  ", " " * 5)
    indent = " " * 5
    yield _row("Schlüssel, Art", f"{field.key}, {_kind(field)}", indent)
    if field.when:
        yield _row("Gefragt", asked_when(net, field.when), indent)
    if field.hint:
        yield _row("Hinweis", field.hint, indent)
    if isinstance(field, ChoiceField | MultiChoiceField):
        labels = ", ".join(option.label for option in field.options if not option.retired)
        yield _row("Antworten", labels, indent)
    if isinstance(field, ConsentField):
        yield _row("Wortlaut", f"{field.text} (Fassung {field.text_version})", indent)
    yield _row("Wozu", field.purpose, indent)
    if field.required:
        yield _row("Wenn es fehlt", field.missing, indent)
    yield [""]


def _kind(field: AnyField) -> str:
    least, most = getattr(field, "min", 0), getattr(field, "max", 0)
    sizes = [f"mindestens {least}" if least else "", f"höchstens {most} Zeichen" if most else ""]
    return ", ".join(filter(None, [_TYPES[field.type], *sizes]))


def _rules(net: Definition) -> Iterator[list[str]]:
    yield _wrapped("Die erste Regel, die passt, entscheidet. Ablehnen kann nur ein Mensch.")
    yield [""]
    for number, rule in enumerate(net.admission, start=1):
        yield _item(_rule(net, rule), f"{number}.")
    yield ["", *_wrapped(_ONE_PER_ORGANISATION[net.one_per_organisation])]
    if net.decision.body:
        yield _wrapped(f"Das Gremium heißt: {net.decision.body}.")
    yield ["", "Gründe für eine Ablehnung"]
    for reason in net.decline_reasons:
        yield _item(f"{reason.label}: {reason.text or 'der Text wird im Einzelfall geschrieben'}")


def _rule(net: Definition, rule: AdmissionRule) -> str:
    when = decided_when(net, rule.when) if rule.when else "in allen anderen Fällen"
    if rule.when == {} and len(net.admission) == 1:
        when = "immer"
    label = f" – Hinweis für die Prüfung: „{rule.label}“" if rule.label else ""
    return f"{when[0].upper()}{when[1:]}: {_POLICIES[rule.policy]}{label} ({rule.key})"


def _visibility(net: Definition) -> Iterator[list[str]]:
    yield _row("Verzeichnis", _INTERNAL[net.visibility.internal])
    if net.visibility.internal != "none":
        yield _row("Dort steht", _IN_DIRECTORY)
    entry = ", ".join(net.entry_labels.values())
    wish = (
        f"nur mit Einwilligung je Angabe, der erste wird freigegeben: {entry}; "
        "Kirche und Fraktion werden als Art der Organisation nie gezeigt"
    )
    yield _row("Öffentlicher Eintrag", wish if entry else "keiner")


Rows = list[tuple[str, str]]


def processing_record(net: Definition) -> tuple[Rows, list[tuple[str, Rows]], Rows]:
    """The record of processing (Art. 30 GDPR): who answers, each activity, what holds for all."""
    controller = net.controller
    shared = _SHARED if net.binds_organisations else ""
    return (
        [
            ("Verantwortlicher", f"{controller.name}, {controller.address}, {controller.email}"),
            ("Vertreten durch", controller.represented_by),
            ("Datenschutz", controller.data_protection_contact),
            ("Aufsicht", net.supervisory_authority),
        ],
        [
            *((purpose.title, _activity(net, purpose)) for purpose in net.purposes),
            ("Meldungen über Barrieren", _feedback(net)),
        ],
        [
            ("Empfangende", _RECIPIENTS + shared),
            ("Drittländer", "keine Übermittlung"),
            ("Schutz (Art. 32)", _PROTECTION),
        ],
    )


def _activity(net: Definition, purpose: Purpose) -> Rows:
    return [
        ("Zweck", purpose.text),
        ("Rechtsgrundlage", purpose.legal_basis),
        ("Betroffene", _people(net, purpose)),
        ("Daten", _categories(net, purpose)),
        ("Löschung", purpose.retention),
    ]


def _feedback(net: Definition) -> Rows:
    is_public = net.controller.profile is ControllerProfile.PUBLIC
    return [
        ("Zweck", "Barrieren finden und beheben, Meldungen innerhalb eines Monats beantworten."),
        ("Rechtsgrundlage", f"Art. 6 Abs. 1 Buchst. {'e' if is_public else 'f'} DSGVO"),
        ("Betroffene", "Wer eine Barriere meldet"),
        ("Daten", "Beschreibung, Seite; freiwillig Name und E-Mail-Adresse; Antwort"),
        ("Löschung", "Ein Jahr nach der Antwort."),
    ]  # fmt: skip


def _processing(net: Definition) -> Iterator[list[str]]:
    responsible, activities, general = processing_record(net)
    indent = " " * 5
    yield from (_row(label, text) for label, text in responsible)
    yield [""]
    for number, (title, rows) in enumerate(activities, start=1):
        yield _wrapped(title, f"{number:>3}  ", indent)
        yield from (_row(label, text, indent) for label, text in rows)
        yield [""]
    yield ["Für alle Tätigkeiten gilt:"]
    yield from (_row(label, text) for label, text in general)


def _people(net: Definition, purpose: Purpose) -> str:
    are_applying = purpose.key == "application"
    persons = "Antragstellende" if are_applying else "Mitglieder"
    of_organisations = "Ansprechpersonen der " + (
        "Organisationen und Initiativen, die Mitglied werden möchten"
        if are_applying
        else "Organisationen und Initiativen, die Mitglied sind"
    )
    words = {"person": persons, "organisation": of_organisations}
    return "; ".join(words[kind] for kind in net.joins)


def _categories(net: Definition, purpose: Purpose) -> str:
    proof = "; Nachweis der Einwilligung (Wortlaut, Fassung, Zeitpunkte)"
    if purpose.key == "member_directory":
        asks = net.visibility.internal == "opt_in"
        return f"{_IN_DIRECTORY}{proof if asks else '; Widersprüche'}"
    if purpose.key == "directory":
        return f"{', '.join(net.entry_labels.values())}{proof}"
    consents = {f"{purpose.key}_consent", purpose.key}
    if any(field.key in consents for field in net.fields if field.type == "consent"):
        return (
            "E-Mail-Adresse; Nachweis der Einwilligung (Wortlaut, Fassung, Zeitpunkte von Abgabe "
            "und Bestätigung)"
        )
    labels = [field.label for field in net.fields if field.type != "consent"]
    if purpose.key == "membership":
        labels += [field.label for field in net.profile_fields]
    if "postal_code" in net.conditions:
        labels.append("daraus bestimmt: Ort, Kreis, Bundesland")
    if net.binds_organisations:
        labels.append("Zuordnung zu einer Organisation im Verzeichnis, das alle Netzwerke teilen")
    if net.one_per_organisation is OnePerOrganisation.SEAT:
        labels.append("Sitz, bei einem weiteren Sitz dessen Begründung")
    more = {
        "application": "Stand, Rückfragen, Notizen und Entscheidung; Nachrichten dazu",
        "membership": "Beginn und Ende der Mitgliedschaft",
    }[purpose.key]
    return f"{', '.join(labels)}; {more}"


def _sign_off(net: Definition) -> Iterator[list[str]]:
    yield _wrapped(
        "Texte, Formular, Regeln und Verzeichnis sind in dieser Fassung geprüft und freigegeben:"
    )
    yield [net.digest, ""]
    placeholders = net.placeholders
    if placeholders:
        yield _wrapped(f"Noch Platzhalter, vor dem Betrieb zu ersetzen: {', '.join(placeholders)}.")
        yield [""]
    for label in ("Name, Aufgabe", "Datum", "Unterschrift"):
        yield [f"{label:<{_LABEL}}{'_' * 50}", ""]
