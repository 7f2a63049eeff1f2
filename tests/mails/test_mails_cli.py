from __future__ import annotations

from memberships.mails.cli import mails
from memberships.mails.models import MailState
from tests.mails.cases import stored
from tests.smtp_servers import refused_port


def test_deliver_sends_all_that_is_due_and_says_what_became_of_it(app, queue, inbox):
    mail_ids = [queue() for _ in range(25)]
    inbox.content_answers = ["554 never"]

    result = app.test_cli_runner().invoke(mails, ["deliver"])

    assert (result.exit_code, result.output) == (0, "1 refused, 24 sent\n")
    assert {stored(mail_id).state for mail_id in mail_ids} == {MailState.SENT, MailState.FAILED}


def test_deliver_does_not_knock_for_every_batch_on_a_server_that_is_down(app, queue, use_server):
    for _ in range(25):
        queue()
    with refused_port() as port:
        use_server(port)

        result = app.test_cli_runner().invoke(mails, ["deliver"])

    assert result.output == "19 given back, 1 unreachable\n"


def test_deliver_says_when_nothing_was_due(app):
    result = app.test_cli_runner().invoke(mails, ["deliver"])

    assert (result.exit_code, result.output) == (0, "nothing was due\n")


def test_list_shows_the_newest_mails_without_text_and_with_masked_addresses(app, queue, inbox):
    queue(to="erika@example.org")
    queue(to="max@example.org", kind="confirm_application")

    result = app.test_cli_runner().invoke(mails, ["list", "--limit", "2"])

    newest, oldest = result.output.splitlines()
    assert newest.endswith("queued      0 attempts  confirm_application  m…@example.org")
    assert oldest.endswith("queued      0 attempts  notice  e…@example.org")
    assert "Muster" not in result.output


def test_list_shows_no_more_than_asked(app, queue):
    queue()
    queue()

    result = app.test_cli_runner().invoke(mails, ["list", "--limit", "1"])

    assert len(result.output.splitlines()) == 1
