"""A headless browser for the tests of pages: no network, and every message of its console kept."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest


def _program(*names: str) -> str:
    for name in names:
        if path := shutil.which(name):
            return path
    pytest.skip(f"no {names[0]} on this machine")


@contextmanager
def browser(reach: str = "") -> Iterator[Any]:
    """Yield a browser that can reach no address but `reach`; skip the test if none is installed."""
    selenium = pytest.importorskip("selenium.webdriver")
    options = selenium.ChromeOptions()
    options.binary_location = _program("chromium", "chromium-browser", "google-chrome")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    exception = f", EXCLUDE {reach}" if reach else ""
    for flag in (
        *("headless=new", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-background-networking"),
        *("disable-component-update", "disable-sync", "disable-dev-shm-usage", f"host-resolver-rules=MAP * ~NOTFOUND{exception}"),
        "force-prefers-reduced-motion",
    ):
        options.add_argument(f"--{flag}")
    service = selenium.ChromeService(executable_path=_program("chromedriver"))
    driver = selenium.Chrome(options=options, service=service)
    try:
        yield driver
    finally:
        driver.quit()


def show(driver: Any, page: Path, width: int = 1300, height: int = 900, *, dark: bool = False) -> None:
    """Open the page in a window of this size, as a phone if narrower than 600 pixels, and clear the logs."""
    size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
    driver.get("about:blank")
    console(driver)
    driver.get_log("performance")
    driver.get(page.as_uri())
    if driver.execute_script("return innerWidth") > width:  # the page was laid out before the window had its size
        driver.get(page.as_uri())


def console(driver: Any) -> list[str]:
    """Return the messages that the page has written to the console."""
    return [entry["message"] for entry in driver.get_log("browser")]


def requests(driver: Any, page: Path) -> list[str]:
    """Return every address that the browser requested, except the page itself."""
    messages = [json.loads(entry["message"])["message"] for entry in driver.get_log("performance")]
    urls = [message["params"]["request"]["url"] for message in messages if message["method"] == "Network.requestWillBeSent"]
    return [url for url in urls if not url.startswith(("data:", page.as_uri()))]
