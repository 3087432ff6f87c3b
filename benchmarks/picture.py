"""The picture of the report in README.md: the first screen of the page on the seed's topic, light and dark.

`python -m benchmarks.picture` prints what it shows; `--write` draws it in headless Chromium and writes that beside it, so that a
test can tell, without a browser, that the picture shows what the bank says now.
"""

import argparse
import base64
import json
import tempfile
from hashlib import sha256
from pathlib import Path
from typing import Any

import slantbank
from slantbank import show

ROOT = Path(__file__).parents[1]
TOPIC = "free-iran-rally-2017"
PICTURES = {False: ROOT / "docs" / "report-light.webp", True: ROOT / "docs" / "report-dark.webp"}
RECORD = ROOT / "docs" / "report-picture.json"
WIDTH = 1130
SHOWN = 2
"""The picture ends below so many charts."""


def shown() -> dict[str, Any]:
    """What the picture shows: the finding in words, and of each chart the bars of every account."""
    found = show.picture(slantbank.load_all(ROOT / "data"), TOPIC)
    charts = {
        panel.title: {line.name: [bar.value for bar in line.bars] or line.reason for line in panel.lines}
        for panel in found.panels[:SHOWN]
    }
    return {"title": found.title, "finding": [one.text for one in found.finding], "charts": charts}


def draw() -> dict[Path, bytes]:
    """The pictures by their paths."""
    from tests import browser

    pictures = {}
    with tempfile.TemporaryDirectory() as folder, browser.browser() as driver:
        page = Path(folder) / "report.html"
        page.write_text(slantbank.report(slantbank.load_all(ROOT / "data"), TOPIC), encoding="utf-8")
        driver.execute_cdp_cmd("Emulation.setScrollbarsHidden", {"hidden": True})
        for dark, path in PICTURES.items():
            browser.show(driver, page, WIDTH, 900, dark=dark)
            below = (
                f"return [...document.querySelectorAll('.panel')].slice(0, {SHOWN}).map(one => one.getBoundingClientRect().bottom)"
            )
            clip = {"x": 0, "y": 0, "width": WIDTH, "height": max(driver.execute_script(below)) + 8, "scale": 1}
            options = {"format": "webp", "quality": 25, "captureBeyondViewport": True, "clip": clip}
            pictures[path] = base64.b64decode(driver.execute_cdp_cmd("Page.captureScreenshot", options)["data"])
    return pictures


def record(pictures: dict[Path, bytes]) -> str:
    """What the pictures show, and which they are."""
    hashes = {path.name: sha256(found).hexdigest() for path, found in pictures.items()}
    return json.dumps({"shows": shown(), "pictures": hashes}, indent=1, ensure_ascii=False) + "\n"


def main() -> None:
    """Print what the pictures show, or draw them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="draw the pictures and write them")
    if not parser.parse_args().write:
        print(json.dumps(shown(), indent=1, ensure_ascii=False))
        return
    pictures = draw()
    for path, found in pictures.items():
        path.write_bytes(found)
    RECORD.write_text(record(pictures), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
