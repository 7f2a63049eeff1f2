"""The form of a question about single fields: those fields, and what follows from them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

from werkzeug.datastructures import MultiDict

from memberships.applications.forms import ApplicationForm, BoundField, Typed
from memberships.networks.definition import ConsentField, Definition

# A field's key begins with a letter, so none of these is one.
SHOWN, REVISION, QUESTION, ANSWER = "_shown", "_revision", "_question", "_answer"


def typed_answers(answers: Mapping[str, Any]) -> MultiDict[str, str]:
    """Stored answers as a browser would send them."""
    typed: MultiDict[str, str] = MultiDict()
    for key, value in answers.items():
        for item in value if isinstance(value, list) else [value]:
            if item:
                typed.add(key, item)
    return typed


class AskedForm:
    """The fields that were asked about, filled in, and with them those that the answers open.

    All other answers stay as they are, whatever is sent; the whole is checked as the network's form
    checks it. A field that follows from what was typed has to have been on the page once: until
    then it is a new question, not a mistake.
    """

    def __init__(
        self,
        definition: Definition,
        answers: Mapping[str, Any],
        questions: Mapping[str, str],
        typed: Typed | None = None,
    ) -> None:
        self._definition = definition
        self._before = typed_answers(answers)
        self._questions = questions
        self._typed: Typed = MultiDict() if typed is None else typed
        self._shown = set(self._typed.getlist(SHOWN))
        self._opened = list(questions)
        self._is_checked = False

    @cached_property
    def _form(self) -> ApplicationForm:
        """The network's form with the new answers in the place of the old ones."""
        asked_before = set(ApplicationForm(self._definition, self._before).asked_keys)
        consents = {f.key for f in self._definition.fields if isinstance(f, ConsentField)}
        while True:
            form = ApplicationForm(self._definition, self._merged(asked_before))
            self._is_good = form.validate()
            wrong = {field.key for field, _message in form.errors}
            more = [
                key
                for key in form.asked_keys
                if key not in self._opened and (key not in asked_before or key in wrong)
                if key not in consents and key != "email"
            ]
            if not more:
                return form
            self._opened += more

    def _merged(self, asked_before: Collection[str]) -> MultiDict[str, str]:
        merged = MultiDict(self._before)
        # They were on the page when the form was filled in, answered or not.
        for key in asked_before:
            merged.setlist(key, merged.getlist(key))
        for key in self._opened:
            if key in self._typed or key in self._shown:
                merged.setlist(key, self._typed.getlist(key))
        return merged

    def validate(self) -> bool:
        """Whether the answers can be stored: all right, and nothing is asked for the first time."""
        self._is_checked = True
        return bool(self._form) and self._is_good and not self.new_questions

    @property
    def answers(self) -> dict[str, Any]:
        """All answers of the case as they are to be."""
        return self._form.answers

    @property
    def fields(self) -> list[BoundField]:
        """What the page shows, in the order of the form; the question is the field's hint."""
        return [
            replace(
                field,
                field=field.field.model_copy(update={"hint": self._hint(field)}),
                condition_id="",
                errors=field.errors if self._is_checked and not self._is_new(field) else (),
            )
            for section in self._form.sections
            for field in section.fields
            if field.key in self._questions
            or (field.key in self._opened and field.key in self._form.asked_keys)
        ]

    def _hint(self, field: BoundField) -> str:
        return "\n".join(filter(None, (self._questions.get(field.key), field.field.hint)))

    def _is_new(self, field: BoundField) -> bool:
        return field.key not in self._questions and field.key not in self._shown

    @property
    def new_questions(self) -> list[BoundField]:
        """Fields that the answers open and that were not on the page that was sent."""
        return [field for field in self.fields if self._is_new(field)] if self._is_checked else []

    @property
    def errors(self) -> list[tuple[BoundField, str]]:
        """Field and first message, in the order of the page."""
        return [(field, field.errors[0]) for field in self.fields if field.errors]

    @property
    def draft(self) -> dict[str, Sequence[str]]:
        """What was typed into the fields of the page, to go on with later."""
        keys = [field.key for field in self.fields]
        return {**{key: self._typed.getlist(key) for key in keys}, SHOWN: keys}

    def is_followed(self, field: BoundField) -> bool:
        """Whether nobody asked about the field: it follows from another answer."""
        return field.key not in self._questions
