"""A page as a browser without scripts has it: what stands there, and what its forms would send."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

SLUG = "buergerhaushalt"
FORM = f"/netzwerke/{SLUG}/antrag"
_VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}
_UNSEEN = {"head", "script", "style", "template"}

PERSON = {
    "applicant_kind": "person",
    "first_name": "Mara",
    "last_name": "Hofmann",
    "email": "mara.hofmann@example.org",
}
INSTITUTION = PERSON | {
    "applicant_kind": "organisation",
    "organisation_name": "Bürgerstiftung Talheim",
    "organisation_kind": "foundation",
}


@dataclass
class Element:
    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[Element | str] = field(default_factory=list)

    def __iter__(self) -> Iterator[Element]:
        """Itself and everything inside, in the order of the page."""
        yield self
        for child in self.children:
            if isinstance(child, Element):
                yield from child

    def get(self, name: str) -> str:
        return self.attributes.get(name, "")

    def has_class(self, name: str) -> bool:
        return name in self.get("class").split()

    @property
    def text(self) -> str:
        return "".join(c if isinstance(c, str) else c.text for c in self.children)

    @property
    def words(self) -> str:
        """What can be read, without markup and repeated blanks."""
        seen = (
            c if isinstance(c, str) else "" if c.tag in _UNSEEN else f" {c.words} "
            for c in self.children
        )
        return " ".join("".join(seen).split())


class _Reader(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.root = Element("(page)")
        self.open = [self.root]
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(element)
        if tag not in _VOID:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        if tag in {element.tag for element in self.open[1:]}:
            while self.open.pop().tag != tag:
                pass

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


@dataclass(frozen=True)
class PageForm:
    action: str
    fields: dict[str, str]


class Page:
    """One answer of the server, read."""

    def __init__(self, response: TestResponse) -> None:
        self.status = response.status_code
        self.headers = response.headers
        self.html = response.get_data(as_text=True)
        self.root = _Reader(self.html).root

    @property
    def words(self) -> str:
        return self.root.words

    def element(self, name: str) -> Element | None:
        """What has that id."""
        return next((e for e in self.root if e.get("id") == name), None)

    @property
    def heading(self) -> str:
        return next(e.words for e in self.root if e.tag == "h1")

    @property
    def notice(self) -> str:
        element = self.element("hinweis")
        return element.words if element else ""

    @property
    def summary(self) -> list[tuple[str, str]]:
        """The list of mistakes at the top: where each link leads, and the message."""
        for element in self.root:
            if element.has_class("app-error-summary"):
                return [(a.get("href"), a.words) for a in element if a.tag == "a"]
        return []

    @property
    def errors(self) -> dict[str, str]:
        """The message beside each field, by the field's key."""
        found = {}
        for element in self.root:
            if element.has_class("kern-error"):
                key = element.get("id").removesuffix("-error").removeprefix("feld-")
                found[key] = element.words.removeprefix("Fehler: ")
        return found

    @property
    def forms(self) -> list[PageForm]:
        return [PageForm(e.get("action"), dict(_sent_by(e))) for e in self.root if e.tag == "form"]

    def form(self, ending: str) -> PageForm:
        """The form whose address ends so."""
        return next(form for form in self.forms if form.action.endswith(ending))


def _sent_by(form: Element) -> Iterator[tuple[str, str]]:
    for element in form:
        name = element.get("name")
        if element.tag == "input" and name:
            is_box = element.get("type") in {"radio", "checkbox"}
            if not is_box or "checked" in element.attributes:
                yield name, element.get("value")
        elif element.tag == "textarea":
            yield name, element.text.removeprefix("\n")
        elif element.tag == "select":
            options = [e for e in element if e.tag == "option"]
            chosen = [e for e in options if "selected" in e.attributes] or options[:1]
            yield name, chosen[0].get("value")


def get(client: FlaskClient, address: str, **options: Any) -> Page:
    return Page(client.get(address, **options))


def post(client: FlaskClient, address: str, typed: Any = None, **options: Any) -> Page:
    return Page(client.post(address, data=typed or {}, **options))


def new_stamp(client: FlaskClient, address: str = FORM) -> str:
    """The stamp of a form that is opened now."""
    return get(client, address).form("/antrag").fields["stamp"]


def apply(client: FlaskClient, typed: dict[str, str] = PERSON, **changes: str) -> Page:
    """Open the form, fill it in, send it."""
    return post(client, FORM, {"stamp": new_stamp(client)} | typed | changes)


def page_token(page: Page) -> str:
    """From the redirect after sending the form."""
    assert page.status == 303, page.words
    return page.headers["Location"].split("/antrag/")[1].removesuffix("/warten")
