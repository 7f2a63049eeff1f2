from __future__ import annotations

import pytest
from jinja2 import UndefinedError

from memberships.database import db, unit_of_work
from memberships.mails.errors import MailTextIncomplete
from memberships.mails.models import MailClass, MailState, OutgoingMail
from memberships.mails.queries import mails_about
from memberships.mails.services import queue_mail
from tests.mails.cases import OFFICE, stored


def template(subject: str = "Hinweis", body: str = "Guten Tag") -> dict[str, str]:
    return {
        "mails/notice.txt": f"{{% block subject %}}{subject}{{% endblock %}}"
        f"{{% block body %}}{body}{{% endblock %}}"
    }


def test_a_mail_is_stored_as_it_will_leave(case, queue):
    mail = stored(queue(to="person@example.org"))

    assert (mail.subject, mail.body) == ("Hinweis", "Guten Tag Erika Muster,")
    assert (mail.subject_type, mail.subject_id, mail.network_id) == (
        "case",
        case.id,
        case.network_id,
    )
    assert (mail.to_address, mail.from_name, mail.reply_to) == (
        "person@example.org",
        "Netzwerk Bürgerhaushalt",
        "office@example.org",
    )
    assert (mail.kind, mail.mail_class, mail.state) == ("notice", MailClass.CASE, MailState.QUEUED)
    assert mail.due_at == mail.created_at
    assert mail.message_id == f"<{mail.id}@example.org>"


def test_a_mail_is_stored_with_what_caused_it_or_not_at_all(case, queue):
    def store_and_fail() -> None:
        with unit_of_work():
            context = {"about": case, "office": OFFICE, "name": ""}
            queue_mail("notice", mail_class=MailClass.CASE, to="a@example.org", **context)
            db.session.flush()
            raise LookupError

    with pytest.raises(LookupError):
        store_and_fail()

    assert mails_about(case.id) == []


def test_a_mail_with_a_value_missing_is_not_stored(case, queue, add_templates):
    add_templates(template(body="{{ nobody_gave_this }}"))

    with pytest.raises(UndefinedError):
        queue()

    assert mails_about(case.id) == []


@pytest.mark.parametrize("empty", [{"subject": " \n"}, {"body": "\n \n"}])
def test_a_mail_without_subject_or_body_is_not_stored(case, queue, add_templates, empty):
    add_templates(template(**empty))

    with pytest.raises(MailTextIncomplete, match=r"mails/notice\.txt"):
        queue()

    assert mails_about(case.id) == []


def test_a_template_without_a_block_is_incomplete(case, queue, add_templates):
    add_templates({"mails/notice.txt": "{% block body %}Guten Tag{% endblock %}"})

    with pytest.raises(MailTextIncomplete):
        queue()


def test_a_block_may_come_from_a_base_template(queue, add_templates):
    add_templates(
        {
            "mails/frame.txt": "{% block body %}{% block text %}{% endblock %}\n\n\n"
            "{{ name }}{% endblock %}",
            "mails/notice.txt": "{% extends 'mails/frame.txt' %}"
            "{% block subject %}Hinweis{% endblock %}{% block text %}Guten Tag{% endblock %}",
        }
    )

    assert stored(queue()).body == "Guten Tag\n\nErika Muster"


def test_a_subject_is_one_line(queue, add_templates):
    add_templates(template(subject="\n  Ihr {{ name }}\r\nBcc: x@example.org\u2028\x0b Ende \n"))

    assert stored(queue(name="Antrag\nX: y")).subject == "Ihr Antrag X: y Bcc: x@example.org Ende"


def test_a_subject_is_cut_at_200_characters(queue, add_templates):
    add_templates(template(subject="{{ name }}"))

    assert stored(queue(name="ä" * 200)).subject == "ä" * 200
    assert stored(queue(name="ä" * 201)).subject == "ä" * 199 + "…"


def test_a_body_has_single_blank_lines_and_no_blanks_at_the_ends(queue, add_templates):
    add_templates(template(body="\n\n  Guten Tag, \n\n\n \n\nhier:\t\nhttps://example.org/\n\n"))

    assert stored(queue()).body == "Guten Tag,\n\nhier:\nhttps://example.org/"


def test_a_text_mail_is_not_escaped_as_a_page(queue):
    assert stored(queue(name="O'Hara & <Söhne>")).body == "Guten Tag O'Hara & <Söhne>,"


def test_the_address_is_stored_as_the_wire_needs_it(queue):
    assert stored(queue(to="person@straße.de")).to_address == "person@xn--strae-oqa.de"


def test_an_address_that_no_server_takes_is_refused_at_once(case, queue):
    with pytest.raises(ValueError, match="ASCII"):
        queue(to="müller@example.org")

    assert mails_about(case.id) == []


def test_every_mail_has_a_message_id_of_its_own(queue):
    queue()
    queue()

    ids = db.session.scalars(db.select(OutgoingMail.message_id)).all()
    assert len(set(ids)) == 2
