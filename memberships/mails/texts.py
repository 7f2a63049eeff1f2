"""From a template to the subject and body of a mail."""

from __future__ import annotations

import re
from collections.abc import Mapping

from flask import current_app

from memberships.mails.errors import MailTextIncomplete
from memberships.mails.wording import MailText, default_text, fill, is_editable

LONGEST_SUBJECT = 200


def render_mail(
    kind: str, context: Mapping[str, object], text: MailText | None = None
) -> tuple[str, str]:
    """The subject (one line, at most 200 characters) and the body of a mail of that kind.

    Where offices may write it, `text` is the network's own, with placeholders; else
    templates/mails/<kind>.txt. Raises MailTextIncomplete when subject or body is empty,
    jinja2.UndefinedError when a value misses.
    """
    subject, body = _filled(kind, context, text) if is_editable(kind) else _template(kind, context)
    subject, body = one_line(subject), normal_body(body)
    if not subject or not body:
        raise MailTextIncomplete(f"mails/{kind}.txt")
    return subject, body


def _template(kind: str, context: Mapping[str, object]) -> tuple[str, str]:
    template = current_app.jinja_env.get_template(f"mails/{kind}.txt")
    values = template.new_context(dict(context))
    # Rendered whole and thrown away: only then does the context know the blocks of a base template.
    "".join(template.root_render_func(values))
    subject, body = (
        "".join(values.blocks[block][0](values)) if block in values.blocks else ""
        for block in ("subject", "body")
    )
    return subject, body


def _filled(kind: str, context: Mapping[str, object], text: MailText | None) -> tuple[str, str]:
    """Placeholders replaced by our own words; the legal end is ours, whatever the text says."""
    words = current_app.jinja_env.get_template("mails/_words.txt")
    values = words.new_context({**context, "kind": kind})

    def value_of(name: str) -> str:
        block = words.blocks.get(name)
        value = "".join(block(values)).strip() if block else values.resolve(name)
        return str(value)

    chosen = text or default_text(kind)
    end = current_app.jinja_env.get_template("mails/_imprint.txt").render(dict(context))
    return fill(chosen.subject, value_of), f"{fill(chosen.body, value_of)}\n\n{end}"


def one_line(text: str) -> str:
    """The text without line breaks and double blanks, cut with an ellipsis at 200 characters."""
    text = " ".join(text.split())
    return text if len(text) <= LONGEST_SUBJECT else text[: LONGEST_SUBJECT - 1].rstrip() + "…"


def normal_body(text: str) -> str:
    """The text with at most one blank line between paragraphs, and no blanks at the ends of lines.

    Lines are neither wrapped nor joined: a paragraph is one line, and the reader's screen wraps it.
    """
    lines = (line.strip() for line in text.splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
