"""Somebody at a browser, and everything that may go wrong behind their back."""

from __future__ import annotations

import os
import re
import time
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Locator, Request, Response, expect

from tests.journeys.server import Product, wait_for

NETWORK = "/netzwerke/buergerhaushalt"
FORM = f"{NETWORK}/antrag"
# The stamp of the form counts whole seconds, so a little more than the two of config/default.toml.
READING_SECONDS = 3.2

LONG = 5 * 1024 * 1024

ENGLISH = re.compile(
    r"\b(the|and|your|you|this|please|with|from|field|required|invalid|submit|cancel|request|"
    r"forbidden|not found|too (large|many)|welcome|member(ship)?s?|confirm|application)\b",
    re.IGNORECASE,
)
# What a person reads, sees named or has read out: also titles, labels and hints of elements.
READABLE = """() => [document.title, document.body.innerText,
  ...[...document.querySelectorAll('[aria-label], [title], [placeholder], [alt]')].flatMap(e =>
    ['aria-label', 'title', 'placeholder', 'alt'].map(n => e.getAttribute(n) || ''))].join('\\n')"""
# Every violation of the content security policy becomes an error of the console.
REPORT_VIOLATIONS = """document.addEventListener('securitypolicyviolation', e =>
  console.error('policy violated: ' + e.violatedDirective + ' ' + e.blockedURI))"""
HAS_FOCUS_RING = """e => [e, e.parentElement, ...(e.labels || [])].some(part =>
  ['', '::before', '::after'].some(layer => {
    const style = getComputedStyle(part, layer || null);
    const isOutlined = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;
    return isOutlined || style.boxShadow !== 'none' }))"""

_visitors = count(1)
_axe = Axe()


def new_address(name: str = "person") -> str:
    return f"{name}-{uuid4().hex[:12]}@example.org"


class Person:
    """Reads German, uses one browser window, and is told apart from others by address."""

    # The cookies that this person's browser may be given: none, unless somebody signs in.
    cookies: frozenset[str] = frozenset()

    def __init__(
        self, browser: Browser, product: Product, *, width: int = 1280, **wishes: Any
    ) -> None:
        self.product = product
        self.width = width
        self.has_script = wishes.get("java_script_enabled", True)
        self.runs_axe = wishes.pop("runs_axe", self.has_script)
        number = next(_visitors)
        self.context = browser.new_context(
            base_url=product.url,
            viewport={"width": width, "height": 844 if width < 600 else 900},
            locale="de-DE",
            timezone_id="Europe/Berlin",
            ignore_https_errors=True,
            reduced_motion="reduce",
            extra_http_headers={"X-Forwarded-For": f"10.{number // 250}.{number % 250}.7"},
            **wishes,
        )
        self.context.set_default_timeout(15_000)
        self.context.add_init_script(REPORT_VIOLATIONS)
        self.page = self.context.new_page()
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))
        self.page.on("request", self._note_request)
        self.page.on("response", self._note_response)
        self.faults: list[str] = []
        self.posts: list[str] = []
        self.also_visits: set[str] = set()
        self._documents: set[str] = set()
        self._form_opened = 0.0

    # What happens behind the page

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type not in {"error", "warning"}:
            return
        # Chromium also reports that the page itself came with a 404 or 422; that is expected.
        is_page = message.location.get("url") in self._documents
        if not (is_page and message.text.startswith("Failed to load resource")):
            self.faults.append(f"console: {message.text} {message.location.get('url')}")

    def _note_request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        origin = f"{parts.scheme}://{parts.netloc}"
        if parts.scheme != "data" and origin not in {self.product.url, *self.also_visits}:
            self.faults.append(f"another origin: {request.url}")
        if request.is_navigation_request():
            self._documents.add(request.url)
        if request.method == "POST":
            self.posts.append(parts.path)

    def _note_response(self, response: Response) -> None:
        if "set-cookie" in response.headers and not self.cookies:
            self.faults.append(f"cookie: {response.url}")
        if response.status >= 400 and not response.request.is_navigation_request():
            self.faults.append(f"{response.status}: {response.url}")

    # What every state of every page must keep

    def sees(self, title: str, *, state: str = "") -> None:
        """This heading; with the name of a state the whole page is judged, too."""
        self.page.get_by_role("heading", name=title, level=1).wait_for()
        if state:
            self.looks_right(state)

    def looks_right(self, state: str) -> None:
        """Whole in every way that a program can judge."""
        page = self.page
        assert page.locator("html").get_attribute("lang") == "de"
        text = page.evaluate(READABLE)
        assert not ENGLISH.search(text), f"English at {page.url}: {ENGLISH.search(text)}"
        assert {cookie["name"] for cookie in self.context.cookies()} <= self.cookies
        for width in {self.width, 320} if self.width < 600 else {self.width}:
            self._fits(width)
        if self.runs_axe:
            self._is_accessible()
        assert self.faults == []
        self._keep_picture(state)

    def _fits(self, width: int) -> None:
        page = self.page
        before = page.viewport_size
        page.set_viewport_size({"width": width, "height": 844})
        over = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        page.set_viewport_size(before)
        assert over <= 0, f"{page.url} is {over} px wider than a screen of {width}"

    def _is_accessible(self) -> None:
        # Without scripts axe cannot run; the page is the same one.
        violations = _axe.run(self.page).response["violations"]
        told = [f"{v['id']}: {v['help']}\n    {n['html']}" for v in violations for n in v["nodes"]]
        assert not told, f"{self.page.url}\n" + "\n".join(told)

    def _keep_picture(self, state: str) -> None:
        folder = os.environ.get("JOURNEY_PICTURES")
        if folder:
            name = re.sub(r"\W+", "-", state.lower()).strip("-")
            dark = self.page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
            path = Path(folder) / f"{name}-{self.width}{'-dark' if dark else ''}.png"
            self.page.screenshot(path=path, full_page=True)

    # What a person does

    def opens(self, path: str) -> None:
        self.page.goto(path)
        self._form_opened = time.monotonic()

    def clicks(self, text: str, *, role: Any = "button") -> None:
        self.page.get_by_role(role, name=text, exact=True).click()

    def takes_time(self) -> None:
        """Nobody fills in a form within two seconds; the product counts on that."""
        ready = self._form_opened + READING_SECONDS
        wait_for(lambda: time.monotonic() >= ready, "a person's pace")

    def fills_in(self, *, email: str, organisation: str = "", circular: bool = False) -> None:
        page = self.page
        if organisation:
            page.get_by_label("Für eine Organisation oder Initiative").check()
            page.get_by_label("Organisation oder Initiative", exact=True).fill(organisation)
            page.get_by_label("Art der Organisation").select_option("association")
        else:
            page.get_by_label("Für mich").check()
        page.get_by_label("Vorname").fill("Käthe")
        page.get_by_label("Nachname").fill("Ölschläger-Żak")
        page.get_by_label("E-Mail-Adresse").fill(email)
        if circular:
            page.get_by_label("Rundbrief per E-Mail").check()

    def sends(self) -> None:
        self.takes_time()
        self.clicks("Anmelden")

    def applies(self, **answers: Any) -> str:
        """From the empty form to the waiting page; returns its address."""
        self.opens(FORM)
        self.fills_in(**answers)
        self.sends()
        self.page.wait_for_url("**/warten")
        return self.page.url

    def pastes_too_much(self) -> None:
        """Five megabytes into one field, and sends."""
        self.opens(FORM)
        self.fills_in(email="kaethe@example.org")
        self.page.get_by_label("Nachname").evaluate(f"field => field.value = 'x'.repeat({LONG})")
        self.clicks("Anmelden")

    def goes_back_to_all_that_was_typed(self) -> None:
        page = self.page
        page.go_back()
        expect(page.get_by_label("Vorname")).to_have_value("Käthe")
        expect(page.get_by_label("E-Mail-Adresse")).to_have_value("kaethe@example.org")
        expect(page.get_by_label("Für mich")).to_be_checked()
        assert page.get_by_label("Nachname").evaluate("field => field.value.length") == LONG

    def mail(self, email: str, subject: str = "", *, number: int = 1) -> Locator:
        """Open the newest of `number` mails to this address, once they have arrived."""
        page = self.page
        rows = page.get_by_role("row").filter(has_text=email).filter(has_text=subject)

        def arrived() -> bool:
            page.goto("/postfach")
            return rows.count() >= number

        wait_for(arrived, f"{number} mails to {email}: {subject}", 30)
        assert rows.count() == number
        rows.first.get_by_role("link").click()
        body = page.locator("pre")
        body.wait_for()
        return body

    def link(self, email: str, **which: Any) -> str:
        """The one link in a mail that leads on: to confirm, or to one's own page."""
        links = self.mail(email, **which).get_by_role("link").all()
        return next(
            target
            for target in (link.get_attribute("href") or "" for link in links)
            if re.search(r"/bestaetigen$|/(?:vorgang|uebergabe|vertretung|sitz)/", target)
        )

    def code(self, email: str, **which: Any) -> str:
        found = re.search(r"Code ein: (\d{3} \d{3})\n", self.mail(email, **which).inner_text())
        assert found
        return found[1]

    def focus_is_visible(self) -> bool:
        return bool(self.page.locator(":focus").evaluate(HAS_FOCUS_RING))

    def leaves(self) -> None:
        self.context.close()
        assert self.faults == []
