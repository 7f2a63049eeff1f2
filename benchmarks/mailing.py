"""(f) mails a second: our worker beside smtplib alone, one kept connection to the same sink."""

from __future__ import annotations

import multiprocessing
import smtplib
import socketserver
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from multiprocessing.connection import Connection
from statistics import median

import sqlalchemy as sa

from benchmarks import apps
from benchmarks.filling import ID, copies
from benchmarks.serving import Place
from memberships.database import db
from memberships.mails.delivery import BATCH, deliver_due_mails
from memberships.mails.models import OutgoingMail
from tests.factories import submitted


class _Sink(socketserver.StreamRequestHandler):
    """Accepts everything and forgets it."""

    disable_nagle_algorithm = True

    def handle(self) -> None:
        self._say("220 sink.example.org")
        while line := self.rfile.readline():
            verb = line[:4].upper()
            if verb == b"DATA":
                self._say("354 go on")
                while self.rfile.readline() != b".\r\n":
                    pass
            self._say("221 bye" if verb == b"QUIT" else "250 ok")

    def _say(self, answer: str) -> None:
        self.wfile.write(f"{answer}\r\n".encode())


def _serve(told: Connection) -> None:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Sink) as server:
        told.send(server.server_address[1])
        server.serve_forever()


@contextmanager
def _sink() -> Iterator[int]:
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(there,))
    process.start()
    yield here.recv()
    process.terminate()
    process.join()


def run(where: Place, *, mails: int, rounds: int) -> str:
    """Whole batches as the worker sends them, claim and marks included, in alternating series."""
    ours, bare, sent = [], [], 0
    with _sink() as port:
        app = apps.ours(smtp_url=f"smtp://127.0.0.1:{port}")
        with app.app_context():
            submitted()
            texts = db.session.scalars(sa.select(OutgoingMail.body)).all()
            db.session.rollback()
            for _ in range(rounds):
                db.session.rollback()  # what was read last hides what is queued now
                _queue(where, sent, mails, str(texts[0]))
                began = time.perf_counter()
                while deliver_due_mails().taken:
                    pass
                ours.append(mails / (time.perf_counter() - began))
                bare.append(_by_hand(port, str(texts[0]), mails))
                sent += mails
            db.session.remove()
            db.engine.dispose()
    worker, alone = median(ours), median(bare)
    return (
        f"worker {worker:.0f} mails/s in batches of {BATCH}, smtplib alone {alone:.0f}, "
        f"ratio {worker / alone:.2f}"
    )


def _queue(where: Place, first: int, number: int, text: str) -> None:
    changes = {
        "id": ID[where.engine].format(head="019b"),
        "to_address": "'person' || i || '@example.org'",
        "message_id": "'<' || i || '@example.org>'",
        "state": "'queued'",
        "body": ":text",
        "due_at": "created_at",
        "finished_at": "NULL",
        "attempts": "0",
    }
    with db.engine.begin() as connection:
        span = {"first": first + 1, "last": first + number, "text": text}
        connection.execute(copies(OutgoingMail, changes), span)


def _by_hand(port: int, text: str, number: int) -> float:
    began = time.perf_counter()
    with smtplib.SMTP("127.0.0.1", port) as connection:
        for n in range(number):
            mail = EmailMessage()
            mail["From"], mail["To"] = "netzwerke@example.org", f"person{n}@example.org"
            mail["Subject"] = "Bitte bestätigen"
            mail.set_content(text)
            connection.send_message(mail)
    return number / (time.perf_counter() - began)
