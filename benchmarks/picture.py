"""The pictures of the report in README.md: the first screen of a page, in light and dark mode.

`python -m benchmarks.picture` prints their contents; `--write` draws them in headless Chromium and records their contents, so that
a test can check without a browser that they are up to date.
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
CHARTS = 2
"""The pictures end below so many charts."""


def contents() -> dict[str, Any]:
    """The contents of the pictures: the finding in words, and for each chart the bars of every account."""
    summary = show.report_summary(slantbank.load_all(ROOT / "data"), TOPIC)
    charts = {
        panel.title: {row.name: [bar.value for bar in row.bars] or row.reason for row in panel.rows}
        for panel in summary.panels[:CHARTS]
    }
    return {"title": summary.title, "finding": [sentence.text for sentence in summary.finding], "charts": charts}


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
            panels = f"[...document.querySelectorAll('.panel')].slice(0, {CHARTS})"
            bottoms = driver.execute_script(f"return {panels}.map(panel => panel.getBoundingClientRect().bottom)")
            clip = {"x": 0, "y": 0, "width": WIDTH, "height": max(bottoms) + 8, "scale": 1}
            options = {"format": "webp", "quality": 25, "captureBeyondViewport": True, "clip": clip}
            pictures[path] = base64.b64decode(driver.execute_cdp_cmd("Page.captureScreenshot", options)["data"])
    return pictures


def record(pictures: dict[Path, bytes]) -> str:
    """The contents of the pictures and their hashes, as JSON."""
    hashes = {path.name: sha256(data).hexdigest() for path, data in pictures.items()}
    return json.dumps({"shows": contents(), "pictures": hashes}, indent=1, ensure_ascii=False) + "\n"


def main() -> None:
    """Print the contents of the pictures, or draw them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="draw the pictures and write them")
    if not parser.parse_args().write:
        print(json.dumps(contents(), indent=1, ensure_ascii=False))
        return
    pictures = draw()
    for path, data in pictures.items():
        path.write_bytes(data)
    RECORD.write_text(record(pictures), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
