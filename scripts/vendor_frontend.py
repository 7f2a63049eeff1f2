"""Fill static/vendor/ with the locked third-party style sheet and fonts.

Without them the product works, plainly styled. So a failed try is a warning, unless --required
is given or CI is set. Nothing half-copied is ever left behind.
"""

import re
import shutil
import sys
import tempfile
from pathlib import Path

from scripts import third_party
from scripts.third_party import ROOT, Unreachable

VENDOR = ROOT / "static" / "vendor"
STAMP = VENDOR / ".filled-from"
INPUTS = (*third_party.NPM_INPUTS, Path(__file__), Path(third_party.__file__))
WEIGHTS = (400, 500, 600)


def fill(vendor: Path, modules: Path) -> None:
    kern, fonts = vendor / "kern", vendor / "fonts"
    kern.mkdir(parents=True)
    fonts.mkdir()
    shutil.copy(modules / "@kern-ux/native/dist/kern.min.css", kern)
    shutil.copy(modules / "@kern-ux/native/LICENSE.md", kern)

    fira = modules / "@fontsource/fira-sans"
    shutil.copy(fira / "LICENSE", fonts / "OFL.txt")
    for weight in WEIGHTS:
        for file in (fira / "files").glob(f"fira-sans-*-{weight}-normal.woff2"):
            shutil.copy(file, fonts)
    css = "\n".join((fira / f"{weight}.css").read_text() for weight in WEIGHTS)
    css = re.sub(r",\s*url\([^)]*\.woff\)\s*format\('woff'\)", "", css).replace("./files/", "./")
    (fonts / "fira-sans.css").write_text(css)

    named = set(re.findall(r"url\(\./([^)]+)\)", css))
    brought = {file.name for file in fonts.glob("*.woff2")}
    if not named or named != brought:
        raise Unreachable(f"the fonts and their style sheet differ: {sorted(named ^ brought)}")


def bring(inputs: str) -> None:
    # Inside the checkout: renaming works only within one file system.
    with tempfile.TemporaryDirectory(dir=ROOT, prefix=".vendor-") as temporary:
        work = Path(temporary)
        print("Bringing the style sheet and the fonts", flush=True)
        filled = work / "vendor"
        fill(filled, third_party.node_modules(work))
        (filled / STAMP.name).write_text(inputs)
        third_party.swap_in(filled, VENDOR, aside=work / "before")


def main() -> None:
    inputs = third_party.fingerprint(INPUTS)
    if STAMP.exists() and STAMP.read_text() == inputs:
        return
    try:
        bring(inputs)
    except Unreachable as error:
        print(f"The KERN style sheet and the fonts could not be brought: {error}", file=sys.stderr)
        if third_party.is_required():
            sys.exit("They are required here. Try again with: make vendor")
        print("Going on plainly styled. Try again with: make vendor", file=sys.stderr)


if __name__ == "__main__":
    main()
