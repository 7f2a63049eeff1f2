"""(a) the whole way of sending a form and (b) the form alone, beside bare Flask in the same run."""

from __future__ import annotations

import re
from itertools import count

from benchmarks.serving import HEAD, Browser, Figures, Place, run_series, served, timed

ADDRESS = "/netzwerke/beteiligungsnetzwerk-bw/antrag"
TYPED = {
    "first_name": "Jörn",
    "last_name": "Müßig",
    "organisation_kind": "association",
    "postal_code": "70173",
}
_numbers = count(1)


def stamp_on(page: str) -> str:
    found = re.search(r'name="stamp" value="([^"]+)"', page)
    assert found, page
    return found[1]


def typed() -> dict[str, str]:
    number = next(_numbers)
    return TYPED | {
        "organisation_name": f"Bürgerwerkstatt {number}",
        "email": f"person{number}@example.org",
    }


def send_form(browser: Browser, stamp: str) -> str:
    return browser.post(ADDRESS, typed() | {"stamp": stamp})


def walk(browser: Browser) -> float:
    """GET, POST, waiting page; what counts is the whole of it."""
    return timed(lambda: browser.get(send_form(browser, stamp_on(browser.get(ADDRESS)))))


def store(browser: Browser) -> float:
    return timed(lambda: browser.post("/", typed(), status=201))


def get_bare(browser: Browser) -> float:
    return timed(lambda: browser.get("/"))


def get_form(browser: Browser) -> float:
    return timed(lambda: browser.get(ADDRESS))


def run(where: Place, *, seconds: float, rounds: int) -> str:
    """Each round measures all of them one after the other: a busy neighbour hits all alike."""
    names = ["our form", "bare form", "our POST", "bare POST", "our walk of three"]
    figures = {name: Figures() for name in names}
    with served("served") as ours, served("bare") as bare:
        stamp = stamp_on(Browser(ours.port).get(ADDRESS))

        def post(browser: Browser) -> float:
            return timed(lambda: send_form(browser, stamp))

        units = [(ours, get_form), (bare, get_bare), (ours, post), (bare, store), (ours, walk)]
        for number in range(rounds + 1):
            for name, (server, unit) in zip(names, units, strict=True):
                series = run_series(server, where, unit, seconds=seconds if number else 1)
                if number:  # the first round warms up
                    figures[name].series.append(series)
        memory = max(ours.memory())
    form = figures["our form"].per_second / figures["bare form"].per_second
    sent = figures["our POST"].per_second / figures["bare POST"].per_second
    rows = [HEAD, *(figures[name].row(name) for name in names)]
    rows += [f"form {form:.2f} and POST {sent:.2f} of the bare view; {memory:.0f} MiB per worker"]
    return "\n".join(rows)
