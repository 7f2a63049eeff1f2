"""Every event in words that a person reads."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from uuid import UUID

from memberships.events.models import Event
from memberships.events.models import EventTag as Tag


class Group(StrEnum):
    """What the log can be narrowed to; the values stand in addresses."""

    APPLICATIONS = "antraege"
    MEMBERSHIPS = "mitgliedschaften"
    SEATS = "sitze"
    ORGANISATIONS = "organisationen"
    MANY = "sammelvorgaenge"
    EXPORTS = "exporte"
    ERASURE = "loeschung"
    TEAM = "team"
    TEXTS = "texte"
    BARRIERS = "barrieren"


GROUP_WORDS = {
    Group.APPLICATIONS: "Anträge",
    Group.MEMBERSHIPS: "Mitgliedschaften",
    Group.SEATS: "Sitze und Übergaben",
    Group.ORGANISATIONS: "Organisationen",
    Group.MANY: "Sammelvorgänge",
    Group.EXPORTS: "Exporte",
    Group.ERASURE: "Löschung",
    Group.TEAM: "Team und Zugang",
    Group.TEXTS: "Texte und Bausteine",
    Group.BARRIERS: "Barrieren",
}
_OF_SUBJECT = {
    "application": Group.APPLICATIONS,
    "membership": Group.MEMBERSHIPS,
    "members": Group.EXPORTS,
    "seat": Group.SEATS,
    "organisation": Group.ORGANISATIONS,
    "bulk": Group.MANY,
    "retention": Group.ERASURE,
    "staff": Group.TEAM,
    "account": Group.TEAM,
    "network": Group.TEXTS,
    "reply": Group.TEXTS,
    "feedback": Group.BARRIERS,
}
WORDS = {
    Tag.APPLICATION_SUBMITTED: "Formular abgesendet",
    Tag.APPLICATION_CONFIRMATION_RESENT: "Bestätigungsmail erneut angefordert",
    Tag.APPLICATION_ADDRESS_CORRECTED: "E-Mail-Adresse berichtigt",
    Tag.APPLICATION_CONFIRMED: "E-Mail-Adresse bestätigt",
    Tag.APPLICATION_ENTERED: "Antrag von der Koordination erfasst",
    Tag.APPLICATION_CLAIMED: "Antrag übernommen",
    Tag.APPLICATION_HANDED_ON: "Antrag an jemand anderen übergeben",
    Tag.APPLICATION_RELEASED: "Antrag wieder freigegeben",
    Tag.APPLICATION_NOTE_WRITTEN: "Notiz geschrieben",
    Tag.APPLICATION_RECOMMENDED: "Empfehlung abgegeben",
    Tag.APPLICATION_INFORMATION_REQUESTED: "Rückfrage gestellt",
    Tag.APPLICATION_INFORMATION_REMINDED: "An die Rückfrage erinnert",
    Tag.APPLICATION_INFORMATION_RECEIVED: "Antwort auf die Rückfrage eingegangen",
    Tag.APPLICATION_ORGANISATION_LINKED: "Antrag einer Organisation zugeordnet",
    Tag.APPLICATION_ORGANISATION_UNLINKED: "Zuordnung zur Organisation aufgehoben",
    Tag.APPLICATION_ORGANISATION_RULED_OUT: "Organisation des Verzeichnisses ausgeschlossen",
    Tag.APPLICATION_ANOTHER_SEAT_GRANTED: "Weiteren Sitz begründet",
    Tag.APPLICATION_SUCCESSION_BEGUN: "Übergabe des Sitzes durch einen Antrag begonnen",
    Tag.APPLICATION_ANSWERS_CORRECTED: "Angaben im Antrag geändert",
    Tag.APPLICATION_DECISION_MADE: "Entschieden, noch nicht wirksam",
    Tag.APPLICATION_DECISION_TAKEN_BACK: "Entscheidung zurückgenommen",
    Tag.APPLICATION_DECISION_DROPPED: "Entscheidung nicht ausgeführt",
    Tag.APPLICATION_REOPENED: "Abgelehnten Antrag wieder aufgenommen",
    Tag.APPLICATION_APPROVED: "Antrag angenommen",
    Tag.APPLICATION_DECLINED: "Antrag abgelehnt",
    Tag.APPLICATION_WITHDRAWN: "Antrag zurückgezogen",
    Tag.APPLICATION_CLOSED: "Antrag ohne Antwort geschlossen",
    Tag.APPLICATION_RESTRICTED: "Verarbeitung des Antrags eingeschränkt",
    Tag.APPLICATION_RESTRICTION_LIFTED: "Einschränkung des Antrags aufgehoben",
    Tag.APPLICATION_CONSENT_WITHDRAWN: "Einwilligung zum Antrag widerrufen",
    Tag.MEMBERSHIP_STARTED: "Mitgliedschaft begonnen",
    Tag.MEMBERSHIP_ANSWERS_RENEWED: "Angaben aus einem neuen Antrag übernommen",
    Tag.MEMBERSHIP_REPRESENTATIVE_ADDED: "Ansprechperson hinzugekommen",
    Tag.MEMBERSHIP_REPRESENTATIVE_LEFT: "Ansprechperson ausgeschieden",
    Tag.MEMBERSHIP_REPRESENTATIVE_RETURNED: "Ansprechperson zurückgekehrt",
    Tag.MEMBERSHIP_LEFT: "Ausgetreten",
    Tag.MEMBERSHIP_RETURNED: "Austritt zurückgenommen",
    Tag.MEMBERSHIP_ENDED: "Mitgliedschaft beendet",
    Tag.MEMBERSHIP_CHANGED: "Angaben der Mitgliedschaft geändert",
    Tag.MEMBERSHIP_CHECKED: "Angaben bestätigt",
    Tag.MEMBERSHIP_ADDRESS_CHANGED: "E-Mail-Adresse der Mitgliedschaft geändert",
    Tag.MEMBERSHIP_CONSENT_WITHDRAWN: "Einwilligung widerrufen",
    Tag.MEMBERSHIP_OBJECTED: "Rundmails widersprochen",
    Tag.MEMBERSHIP_OBJECTION_TAKEN_BACK: "Widerspruch gegen Rundmails zurückgenommen",
    Tag.MEMBERSHIP_RESTRICTED: "Verarbeitung der Mitgliedschaft eingeschränkt",
    Tag.MEMBERSHIP_RESTRICTION_LIFTED: "Einschränkung der Mitgliedschaft aufgehoben",
    Tag.MEMBERSHIP_QUESTIONS_DECLINED: "Freiwillige Fragen abgelehnt",
    Tag.MEMBERSHIP_DIRECTORY_JOINED: "In das Verzeichnis für Mitglieder aufgenommen",
    Tag.MEMBERSHIP_ENTRY_SUBMITTED: "Öffentlichen Eintrag eingereicht",
    Tag.MEMBERSHIP_ENTRY_CHANGED: "Öffentlichen Eintrag geändert",
    Tag.MEMBERSHIP_ENTRY_RELEASED: "Öffentlichen Eintrag freigegeben",
    Tag.MEMBERSHIP_ENTRY_REFUSED: "Öffentlichen Eintrag nicht freigegeben",
    Tag.MEMBERSHIP_ENTRY_CHECKED: "Öffentlichen Eintrag geprüft",
    Tag.MEMBERSHIP_ENTRY_WITHDRAWN: "Öffentlichen Eintrag zurückgezogen",
    Tag.MEMBERSHIP_HANDED_OVER: "Mitgliedschaft an eine neue Ansprechperson übergeben",
    Tag.MEMBERS_EXPORTED: "Datei exportiert",
    Tag.SEAT_HANDOVER_PROPOSED: "Übergabe eines Sitzes vorgeschlagen",
    Tag.SEAT_HANDOVER_ACCEPTED: "Übergabe angenommen",
    Tag.SEAT_HANDOVER_DECLINED: "Übergabe von der vorgeschlagenen Person abgelehnt",
    Tag.SEAT_HANDOVER_CONFIRMED: "Übergabe vom bisherigen Sitz bestätigt",
    Tag.SEAT_HANDOVER_UNOPPOSED: "Frist zum Widerspruch gegen die Übergabe abgelaufen",
    Tag.SEAT_HANDOVER_CONTESTED: "Übergabe widersprochen",
    Tag.SEAT_HANDOVER_DECIDED: "Strittige Übergabe entschieden",
    Tag.SEAT_HANDOVER_REFUSED: "Übergabe gestoppt",
    Tag.SEAT_HANDOVER_WITHDRAWN: "Übergabe zurückgezogen",
    Tag.SEAT_HANDOVER_EXPIRED: "Übergabe verfallen",
    Tag.SEAT_DEPUTY_INVITED: "Vertretung eingeladen",
    Tag.SEAT_DEPUTY_ACCEPTED: "Vertretung angenommen",
    Tag.SEAT_DEPUTY_ENDED: "Vertretung beendet",
    Tag.SEAT_HANDED_OVER: "Sitz übergeben",
    Tag.SEAT_CLOSED: "Sitz geschlossen",
    Tag.ORGANISATION_NAME_ADDED: "Namen einer Organisation ergänzt",
    Tag.ORGANISATION_NAME_REMOVED: "Namen einer Organisation entfernt",
    Tag.ORGANISATION_TOLD_APART: "Zwei Organisationen unterschieden",
    Tag.ORGANISATIONS_MERGED: "Organisationen zusammengeführt",
    Tag.ORGANISATIONS_MERGE_UNDONE: "Zusammenführung rückgängig gemacht",
    Tag.BULK_STARTED: "Sammelvorgang begonnen",
    Tag.BULK_STOPPED: "Sammelvorgang angehalten",
    Tag.BULK_CONTINUED: "Sammelvorgang fortgesetzt",
    Tag.BULK_GIVEN_UP: "Sammelvorgang abgebrochen",
    Tag.RETENTION_STOPPED: "Löschlauf angehalten",
    Tag.RETENTION_RELEASED: "Löschlauf freigegeben",
    Tag.RETENTION_HELD: "Von der Löschung zurückgestellt",
    Tag.RETENTION_ARCHIVE_OFFERED: "Dem Archiv angeboten",
    Tag.RETENTION_ERASED: "Auf Verlangen gelöscht",
    Tag.REPLY_SAVED: "Textbaustein gespeichert",
    Tag.REPLY_CHANGED: "Textbaustein geändert",
    Tag.REPLY_REMOVED: "Textbaustein entfernt",
    Tag.STAFF_INVITED: "Jemanden in das Team eingeladen",
    Tag.STAFF_ROLE_CHANGED: "Rolle im Team geändert",
    Tag.STAFF_REMOVED: "Jemanden aus dem Team entfernt",
    Tag.ACCOUNT_ADDRESS_CHANGED: "E-Mail-Adresse eines Zugangs geändert",
    Tag.ACCOUNT_SIGNED_OUT_EVERYWHERE: "Überall abgemeldet",
    Tag.ACCOUNT_FACTOR_ADDED: "Zweiten Faktor eingerichtet",
    Tag.ACCOUNT_FACTOR_REMOVED: "Zweiten Faktor entfernt",
    Tag.ACCOUNT_RECOVERY_CODES_MADE: "Wiederherstellungscodes gedruckt",
    Tag.ACCOUNT_RECOVERY_CODE_USED: "Wiederherstellungscode benutzt",
    Tag.ACCOUNT_FACTOR_RESET: "Zweiten Faktor zurückgesetzt",
    Tag.NETWORK_TEXTS_CHANGED: "Texte des Netzwerks geändert",
    Tag.FEEDBACK_RECEIVED: "Barriere gemeldet",
    Tag.FEEDBACK_CLOSED: "Gemeldete Barriere beantwortet",
}


def group_of(tag: str) -> Group:
    """Where the log files an event."""
    return _OF_SUBJECT[tag.partition(":")[0]]


def tags_of(group: Group) -> list[str]:
    """The events of a group."""
    return [tag.value for tag in Tag if group_of(tag) is group]


KINDS_OF_ACTORS = {
    "applicant": "antragstellende Person",
    "member": "Mitglied",
    "system": "die Anlage",
    "staff": "Koordination",
}
GONE = "ein gelöschter Zugang"


def said(event: Event) -> str:
    """What happened."""
    return WORDS[Tag(event.tag)]


def acted(event: Event, names: Mapping[UUID, str]) -> str:
    """Who did it, by name where an account did."""
    if event.actor_id:
        return names.get(event.actor_id, GONE)
    return KINDS_OF_ACTORS[event.actor_kind]
