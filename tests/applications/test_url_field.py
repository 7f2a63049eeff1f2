"""The address of a website: completed where people leave out the scheme, else http or https."""

from __future__ import annotations

import pytest
from werkzeug.datastructures import MultiDict

from memberships.applications.forms import ApplicationForm
from memberships.applications.validators import parse_url
from memberships.networks.definition import Definition
from memberships.networks.loading import load_definitions
from tests.networks.definitions import bipar, write

MESSAGE = "Geben Sie die Adresse der Website vollständig ein, zum Beispiel www.beispiel.de."


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> Definition:
    raw = bipar()
    for section in raw["profile"]:
        section["fields"] = [field for field in section["fields"] if field["key"] != "website"]
    raw["sections"][0]["fields"].append({"key": "website", "purpose": "Hilft, sie zu erkennen."})
    return load_definitions(write(raw, tmp_path_factory.mktemp("url")))["bipar"]


def typed(net: Definition, website: str) -> ApplicationForm:
    form = ApplicationForm(net, MultiDict({"website": website}))
    form.validate()
    return form


def message(form: ApplicationForm) -> str:
    return {field.key: text for field, text in form.errors}.get("website", "")


@pytest.mark.parametrize(
    ("website", "kept"),
    [
        ("https://www.stadt.de", "https://www.stadt.de"),
        ("http://stadt.de/rat?jahr=2026#oben", "http://stadt.de/rat?jahr=2026#oben"),
        ("www.stadt.de", "https://www.stadt.de"),
        ("stadt.de/beteiligung", "https://stadt.de/beteiligung"),
        ("//stadt.de", "https://stadt.de"),
        ("stadt.de:8080", "https://stadt.de:8080"),
        ("HTTPS://Stadt.DE/Rat", "https://stadt.de/Rat"),
        ("  www.stadt.de ", "https://www.stadt.de"),
        ("bürger-forum.de", "https://bürger-forum.de"),
        ("xn--brger-kva.xn--p1ai", "https://xn--brger-kva.xn--p1ai"),
    ],
)
def test_a_website_is_kept_with_its_scheme(net: Definition, website: str, kept: str) -> None:
    form = typed(net, website)

    assert message(form) == ""
    assert form.answers["website"] == kept


@pytest.mark.parametrize(
    "website",
    [
        "javascript:alert(1)",
        "mailto:rat@stadt.de",
        "ftp://stadt.de",
        "ht.tp://stadt.de",
        "data:text/html,x",
        "https://",
        "https://stadt",
        "stadt",
        "keine",
        "https://rat:geheim@stadt.de",
        "www.stadt.de, www.rathaus.de",
        "https://stadt.de/<script>",
        "https://[::1",
        "https://stadt.de:99999",
        "https:\\\\stadt.de",
        "https://-stadt.de",
        "https://stadt..de",
        f"{'a.' * 130}de",
    ],
)
def test_what_is_no_website_is_answered_with_an_example(net: Definition, website: str) -> None:
    assert message(typed(net, website)) == MESSAGE


def test_a_website_may_be_left_out(net: Definition) -> None:
    form = typed(net, "")

    assert message(form) == ""
    assert "website" not in form.answers


def test_a_website_is_never_longer_than_its_field_even_when_completed(net: Definition) -> None:
    longest = "stadt.de/" + "a" * 283

    assert len(typed(net, longest).answers["website"]) == 300
    assert message(typed(net, f"{longest}a")) == (
        "Der Text ist 1 Zeichen zu lang. Möglich sind 300 Zeichen."
    )
    assert message(typed(net, "a" * 301)) == (
        "Der Text ist 1 Zeichen zu lang. Möglich sind 300 Zeichen."
    )


def test_a_completed_website_stays_as_it_is() -> None:
    assert parse_url(parse_url("www.stadt.de")) == "https://www.stadt.de"
