"""The exchange with a real Label Studio: a server that the test starts and stops, its API, and its page in a browser.

It is opt-in, since the server is a large installation of its own. In another environment, `pip install label-studio`; then
`SLANTBANK_LABEL_STUDIO=<its bin>/label-studio pytest -n0 tests/exchange/test_label_studio.py`.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, Request, build_opener

import pytest
from click.testing import CliRunner

from slantbank import cli, exchange
from slantbank.bank import _article as article
from slantbank.bank._article import Quote
from tests.browser import browser
from tests.conftest import SEED

PROGRAM = os.environ.get("SLANTBANK_LABEL_STUDIO", "")
pytestmark = pytest.mark.skipif(not PROGRAM, reason="SLANTBANK_LABEL_STUDIO does not name a label-studio to start")
USER, PASSWORD, TOKEN = "anna@example.org", "a-pass-word-of-the-test", "0123456789abcdef0123456789abcdef01234567"
START_SECONDS = 300
OPEN = build_opener(ProxyHandler({}))


class Server:
    """A running Label Studio."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"

    def call(self, method: str, path: str, body: object = None) -> Any:
        headers = {"Authorization": f"Token {TOKEN}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        with OPEN.open(Request(self.url + path, data, headers, method=method), timeout=120) as answer:
            return json.loads(answer.read() or b"null")

    def project(self, config: str, tasks: list[dict[str, Any]]) -> tuple[int, list[dict[str, Any]]]:
        """Make a project with a configuration and tasks; return its number and the tasks as the server has them."""
        number = self.call("POST", "/api/projects", {"title": "A test", "label_config": config})["id"]
        self.call("POST", f"/api/projects/{number}/import", tasks)
        return number, self.call("GET", f"/api/tasks?project={number}&page_size=100&fields=all")["tasks"]

    def export(self, number: int, path: Path) -> Path:
        path.write_text(json.dumps(self.call("GET", f"/api/projects/{number}/export?exportType=JSON")), encoding="utf-8")
        return path


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with an empty database, on loopback only, without telemetry; it ends with the tests."""
    folder = tmp_path_factory.mktemp("label-studio")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    quiet = {"LATEST_VERSION_CHECK": "0", "COLLECT_ANALYTICS": "0", "SENTRY_DSN": "", "FRONTEND_SENTRY_DSN": ""}
    options = ["--no-browser", "--data-dir", str(folder), "--internal-host", "127.0.0.1", "--port", str(port)]
    login = ["--username", USER, "--password", PASSWORD, "--user-token", TOKEN, "--enable-legacy-api-token"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [PROGRAM, "start", *options, *login],
            cwd=folder,
            env={**os.environ, **quiet, "LABEL_STUDIO_BASE_DATA_DIR": str(folder)},
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        running = Server(port)
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                running.call("GET", "/api/version")
                break
            except (HTTPError, URLError, ConnectionError, TimeoutError):
                assert process.poll() is None, (folder / "log").read_text(errors="replace")[-3000:]
                assert time.monotonic() < deadline, "the server does not answer"
                time.sleep(1)
        yield running
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def test_labels_survive_a_round_trip_through_the_api(server: Server, bank: Path, tmp_path: Path) -> None:
    folder = bank / "articles" / SEED
    files = exchange.tool_files("label-studio", folder, ["gold"])
    number, tasks = server.project(files[f"{SEED}.config.xml"], json.loads(files[f"{SEED}.tasks.json"]))
    assert len(tasks) == 24
    for task in tasks:
        (prediction,) = task["predictions"]
        assert prediction["model_version"] == "gold"
        server.call("POST", f"/api/tasks/{task['id']}/annotations/", {"result": prediction["result"]})
    report = exchange.import_labels("label-studio", server.export(number, tmp_path / "export.json"), bank)
    assert report.remarks == []
    imported = article.read(folder)
    (name,) = set(imported.annotations) - {"gold", "model-a", "model-b", "model-c"}
    assert imported.annotations[name] == imported.annotations["gold"]


TEXT = "\N{GRINNING FACE}\N{WOMAN}\N{ZERO WIDTH JOINER}\N{GIRL} Tehran \N{GRINNING FACE} said that a brave, brave rally was a mess."
WORDS = """
const box = arguments[0].querySelector('.lsf-htx-richtext'), found = [];
const walker = document.createTreeWalker(box, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const node = walker.currentNode;
  for (let at = node.data.indexOf(arguments[1]); at >= 0; at = node.data.indexOf(arguments[1], at + 1)) {
    const range = document.createRange();
    range.setStart(node, at);
    range.setEnd(node, at + arguments[1].length);
    const place = range.getBoundingClientRect();
    found.push([(place.left + place.right) / 2, (place.top + place.bottom) / 2]);
  }
}
return found"""


class Page:
    """The page on which a task is annotated, in a browser."""

    def __init__(self, driver: Any, server: Server) -> None:
        self.driver = driver
        self.server = server
        driver.set_window_size(1400, 1200)
        driver.get(f"{server.url}/user/login/")
        self.one("input[name=email]").send_keys(USER)
        self.one("input[name=password]").send_keys(PASSWORD)
        self.one("button[type=submit], button[aria-label='Log In'], form button").click()
        self.until(lambda: "/login" not in driver.current_url)

    def until(self, condition: Callable[[], Any]) -> Any:
        from selenium.common.exceptions import StaleElementReferenceException
        from selenium.webdriver.support.ui import WebDriverWait

        return WebDriverWait(self.driver, 60, 0.2, [StaleElementReferenceException]).until(lambda _: condition())

    def all(self, selector: str) -> list[Any]:
        return self.driver.find_elements("css selector", selector)  # type: ignore[no-any-return]

    def one(self, selector: str, index: int = 0) -> Any:
        self.until(lambda: len(self.all(selector)) > index)
        return self.all(selector)[index]

    def open(self, project: int, task: int) -> None:
        self.driver.get(f"{self.server.url}/projects/{project}/data?task={task}")
        self.until(lambda: any(button.text.strip() == "Submit" for button in self.all("button")))

    def key(self, key: str) -> None:
        """Press a key where nothing is to be written."""
        from selenium.webdriver.common.action_chains import ActionChains

        ActionChains(self.driver).send_keys(key).perform()

    def mark(self, box: str, word: str, key: str, nth: int = 0) -> None:
        """Choose a label by its key and double-click a word."""
        from selenium.webdriver.common.action_chains import ActionChains
        from selenium.webdriver.common.actions.action_builder import ActionBuilder

        regions = len(self.all(f"{box} .htx-highlight"))
        self.key(key)
        x, y = self.driver.execute_script(WORDS, self.one(box), word)[nth]
        pointer = ActionBuilder(self.driver)
        pointer.pointer_action.move_to_location(int(x), int(y))
        pointer.perform()
        ActionChains(self.driver).double_click().perform()
        self.until(lambda: len(self.all(f"{box} .htx-highlight")) > regions)

    def submit(self, task: int) -> None:
        next(button for button in self.all("button") if button.text.strip() == "Submit").click()
        self.until(lambda: self.server.call("GET", f"/api/tasks/{task}/annotations/"))


def test_the_page_counts_an_emoji_and_a_newline_as_one_unit_each(server: Server) -> None:
    text = "\N{GRINNING FACE}\N{WOMAN}\N{ZERO WIDTH JOINER}\N{GIRL} One brave\nword \N{GRINNING FACE} brave"
    config = (
        '<View><Labels name="spans" toName="text"><Label value="loaded" hotkey="c"/></Labels>'
        '<View className="sb-text"><Text name="text" value="$text" granularity="word"/></View></View>'
    )
    number, (task,) = server.project(config, [{"data": {"text": text}}])
    with browser("127.0.0.1") as driver:
        page = Page(driver, server)
        page.open(number, task["id"])
        for word, nth in (("brave", 0), ("word", 0), ("brave", 1)):
            page.mark(".sb-text", word, "c", nth)
        page.submit(task["id"])
    (annotation,) = server.call("GET", f"/api/tasks/{task['id']}/annotations/")
    values = [result["value"] for result in annotation["result"]]
    assert [value["text"] for value in values] == ["brave", "word", "brave"]
    assert [text[value["start"] : value["end"]] for value in values] == ["brave", "word", "brave"]


def test_annotations_made_on_the_page_reach_the_bank(server: Server, bank: Path, tmp_path: Path) -> None:
    (tmp_path / "text").write_text(f"Rally\n\n{TEXT}\n", encoding="utf-8")
    shutil.rmtree(bank / "parquet")
    options = ["--id", "rally", "--topic", "free-iran-rally-2017", "--annotator", "sheet", "--bank", str(bank)]
    assert CliRunner().invoke(cli.cli, ["new", str(tmp_path / "text"), *options]).exit_code == 0
    files = exchange.tool_files("label-studio", bank / "articles" / "rally", [])
    number, tasks = server.project(files["rally.config.xml"], json.loads(files["rally.tasks.json"]))
    task = next(task["id"] for task in tasks if task["data"]["n"] == 1)
    with browser("127.0.0.1") as driver:
        page = Page(driver, server)
        page.open(number, task)
        for word, key, nth in (("Tehran", "z", 0), ("said", "x", 0), ("brave", "c", 1), ("mess", "c", 0), ("rally", "t", 0)):
            page.mark(".sb-text", word, key, nth)
            page.key("u")
        for key in ("5", "e", "d", "0"):  # evaluative, indirect, unnamed, iran-gov
            page.key(key)
        page.one(".sb-party input[name='−1']").click()
        page.one(".sb-party input[name='+1']", 1).click()
        driver.save_screenshot(str(tmp_path / "page.png"))
        page.submit(task)
    report = exchange.import_labels("label-studio", server.export(number, tmp_path / "export.json"), bank)
    assert report.remarks == []
    labels = article.read(bank / "articles" / "rally")
    (name,) = set(labels.annotations) - {"sheet"}
    sentence = labels.annotations[name].sentence[1]
    assert sentence.model_dump(include={"claim_type", "attribution", "source_type", "source_perspective", "stance"}) == {
        "claim_type": "evaluative",
        "attribution": "indirect",
        "source_type": "unnamed",
        "source_perspective": "iran-gov",
        "stance": {"ncri": -1, "iran-gov": 1},
    }
    assert (sentence.source, sentence.cue) == (Quote(text="Tehran"), Quote(text="said"))
    assert sentence.loaded == (Quote(text="brave", nth=2), Quote(text="mess"))
    assert sentence.facts == {"rally-held": Quote(text="rally")}
    assert labels.annotations[name].sentence[0].claim_type is None
