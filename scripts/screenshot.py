"""Draw docs/screenshot.png, the picture in README.md: the real product, just started.

Run by `make screenshot`, which names Chromium in CHROMIUM.
"""

import os
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.journeys.conftest import SWITCHES
from tests.journeys.server import ROOT, served

PAGE = "/netzwerke/buergerhaushalt/antrag?applicant_kind=organisation"
TARGET = ROOT / "docs" / "screenshot.png"
LARGEST = 150_000


def draw(url: str) -> bytes:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=os.environ["CHROMIUM"], args=SWITCHES)
        page = browser.new_page(
            viewport={"width": 1280, "height": 860}, color_scheme="light", locale="de-DE"
        )
        page.goto(url + PAGE)
        page.get_by_label("Organisation oder Initiative", exact=True).fill("Bürgerstiftung Talheim")
        page.get_by_label("Art der Organisation").select_option("foundation")
        # A picture before the fonts are there shows another product.
        page.evaluate("document.fonts.ready.then(() => true)")
        picture = page.screenshot()
        browser.close()
    return picture


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, served(Path(folder)) as product:
        picture = draw(product.url)
    if len(picture) > LARGEST:
        raise SystemExit(f"the picture has {len(picture)} bytes; README allows {LARGEST}")
    TARGET.write_bytes(picture)
    print(f"{TARGET.relative_to(ROOT)}: {len(picture)} bytes")


if __name__ == "__main__":
    main()
