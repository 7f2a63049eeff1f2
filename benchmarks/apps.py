"""What the benchmarks serve: the product, and the bare Flask views that it is compared with."""

from __future__ import annotations

import gc
import os
from pathlib import Path

from flask import Flask, render_template_string, request
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

ANSWERS = "benchmark_answers"
FIELDS = [f"field_{number}" for number in range(20)]

FORM = """<!doctype html>
<html lang="de"><head><meta charset="utf-8"><title>{{ title }}</title></head><body>
<h1>{{ title }}</h1>
<form method="post">
{% for field in fields %}
<div>
  <label for="{{ field }}">{{ field }}</label>
  <p id="{{ field }}-hint">{{ hint }}</p>
  <input id="{{ field }}" name="{{ field }}" value="{{ values.get(field, '') }}"
    aria-describedby="{{ field }}-hint">
</div>
{% endfor %}
<button>Senden</button>
</form></body></html>"""


def ours(smtp_url: str = "") -> Flask:
    """The product with its limits off: all requests come from one address, and at once."""
    from memberships import create_app
    from memberships.settings import load_settings

    return create_app(
        load_settings(
            os.environ,
            env="testing",
            data_dir=Path(os.environ["BENCH_DATA"]),
            database_url=os.environ["BENCH_DATABASE"],
            form_min_seconds=0,
            posts_per_client="1000000 per minute",
            smtp_url=smtp_url,
        )
    )


def served() -> Flask:
    """The product, loaded as wsgi.py loads it."""
    gc.disable()
    app = ours()
    gc.freeze()
    gc.enable()
    return app


class _Base(DeclarativeBase):
    pass


class _Answer(_Base):
    __tablename__ = ANSWERS
    id: Mapped[int] = mapped_column(primary_key=True)
    first_name: Mapped[str]
    last_name: Mapped[str]
    email: Mapped[str]


def bare() -> Flask:
    """A form of twenty fields, and a view that stores one row and commits."""
    app = Flask(__name__)
    app.config["SQLALCHEMY_DATABASE_URI"] = os.environ["BENCH_DATABASE"]
    db = SQLAlchemy(app, model_class=_Base)
    with app.app_context():
        _Base.metadata.create_all(db.engine, checkfirst=True)
        db.engine.dispose()  # the workers share no connection

    @app.get("/")
    def form() -> str:
        return render_template_string(
            FORM, title="Antrag", fields=FIELDS, hint="Ein Hinweis.", values={}
        )

    @app.post("/")
    def store() -> tuple[str, int]:
        names = ("first_name", "last_name", "email")
        db.session.add(_Answer(**{name: request.form[name] for name in names}))
        db.session.commit()
        return "stored", 201

    return app
