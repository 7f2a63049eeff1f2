"""Several workers at once: each mail is sent by one of them."""

from __future__ import annotations

import threading
from collections import Counter

from memberships.database import unit_of_work
from memberships.mails.delivery import deliver_due_mails, take_due_mails
from memberships.mails.models import MailState
from tests.mails.cases import stored


def test_a_mail_is_claimed_by_one_worker_only(app, queue):
    mail_ids = {queue() for _ in range(60)}
    claimed: Counter[object] = Counter()
    begin = threading.Barrier(4)

    def claim() -> None:
        begin.wait()
        taken = None
        while taken != []:
            with app.app_context(), unit_of_work():
                taken = take_due_mails(5).mail_ids
            claimed.update(taken)

    run_together(claim, 4)

    assert claimed == dict.fromkeys(mail_ids, 1)


def test_four_workers_send_every_mail_once(app, queue, inbox):
    mail_ids = [queue() for _ in range(60)]
    begin = threading.Barrier(4)

    def deliver() -> None:
        begin.wait()
        taken = -1
        while taken:
            with app.app_context():
                taken = deliver_due_mails(limit=5).taken

    run_together(deliver, 4)

    assert Counter(inbox.ids()) == {stored(mail_id).message_id: 1 for mail_id in mail_ids}
    assert {stored(mail_id).state for mail_id in mail_ids} == {MailState.SENT}


def run_together(work: object, count: int) -> None:
    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
