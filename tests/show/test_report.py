"""The report shows what the frames say, to everyone, and hostile text in it is only text."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from slantbank.bank._article import Annotation, Article, sha256
from slantbank.bank._topic import Topic
from slantbank.frames import _tabulate as tables
from slantbank.measure import _agreement as agreement
from slantbank.measure import _compare as compare
from slantbank.measure import _differences as differences
from slantbank.show import _report as report
from slantbank.show import _terminal as table
from tests.browser import browser, console, requests, show

TOPIC = "free-iran-rally-2017"
Frames = dict[str, pl.DataFrame]


def _report(frames: Frames) -> str:
    measures = compare.compare(frames, only=TOPIC)
    return report.report(frames, TOPIC, measures, agreement.agreement(frames), differences.distances(frames, only=TOPIC))


@pytest.fixture(scope="module")
def html(frames: Frames) -> str:
    return _report(frames)


@pytest.fixture(scope="module")
def page(html: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(html, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def driver() -> Iterator[Any]:
    with browser() as running:
        yield running


def test_report_names_no_address_that_a_browser_would_load(html: str) -> None:
    assert re.findall(r"""(?:src|href)=["'](?!#)([^"']*)""", html) == []
    assert "url(" not in html
    assert "@import" not in html


def test_constructed_articles_are_marked_wherever_they_are_named(html: str, frames: Frames) -> None:
    for row in frames["articles"].filter(origin="constructed").iter_rows(named=True):
        title = row["title"].replace("'", "&#39;")
        named = [match.end() for match in re.finditer(re.escape(title), html)]
        assert len(named) == 2
        assert all(html[at:].startswith('<span class="badge">constructed</span>') for at in named)


def test_report_is_the_same_when_made_again(html: str, frames: Frames) -> None:
    assert _report(frames) == html


def test_report_of_three_articles_is_small(html: str) -> None:
    assert len(html.encode()) < 2_000_000


def test_every_fact_has_a_row_and_every_account_a_cell(html: str, frames: Frames) -> None:
    table = html.split('<table class="coverage">')[1].split("</table>", maxsplit=1)[0]
    assert table.count('<th scope="row">') == frames["facts"].height
    assert table.count("<td class=") == frames["facts"].height * frames["articles"].height
    told = frames["sentences"].explode("facts").drop_nulls("facts").select("article_id", "facts").unique().height
    assert table.count('<td class="told">') == told


def test_an_unknown_topic_is_a_value_error(frames: Frames) -> None:
    with pytest.raises(ValueError, match="no article of topic 'x'"):
        report.report(frames, "x", pl.DataFrame())


def test_page_opens_without_network_and_without_a_word_on_the_console(driver: Any, page: Path) -> None:
    show(driver, page)
    assert driver.find_element("css selector", "h1").text.startswith("The Free Iran rally")
    assert console(driver) == []
    assert requests(driver, page) == []


def test_choosing_a_fact_shows_its_sentence_in_every_account_that_tells_it(driver: Any, page: Path, frames: Frames) -> None:
    show(driver, page)
    driver.execute_script("document.querySelector('button.fact[data-fact=attendance]').click()")
    hits = driver.execute_script("return [...document.querySelectorAll('.s.hit')].map(s => s.id)")
    letters = dict(zip(table.order(frames["articles"], "article_id", frames["articles"]["article_id"]), "ABC", strict=True))
    told = frames["sentences"].filter(pl.col("facts").list.contains("attendance"))
    assert sorted(hits) == sorted(f"{letters[row['article_id']]}{row['n']}" for row in told.iter_rows(named=True))
    visible = driver.execute_script(
        "return [...document.querySelectorAll('.body')].map(b => { const h = b.querySelector('.s.hit');"
        " if (!h) return true; const o = h.offsetTop - b.scrollTop; return o >= -5 && o <= b.clientHeight; })"
    )
    assert visible == [True, True, True]
    assert driver.find_element("css selector", "output").text == f"{len(hits)} of 73 sentences"


@pytest.mark.parametrize(
    ("name", "value", "column"),
    [("claim", "causal", "claim_type"), ("voice", "direct", "attribution"), ("perspective", "side_b", "source_perspective")],
)
def test_a_filter_keeps_the_sentences_of_its_label(
    driver: Any, page: Path, frames: Frames, name: str, value: str, column: str
) -> None:
    show(driver, page)
    driver.execute_script(
        "const s = document.querySelector(`[data-filter=${arguments[0]}]`); s.value = arguments[1];"
        " s.dispatchEvent(new Event('change', {bubbles: true}))",
        name,
        value,
    )
    kept = driver.execute_script("return document.querySelectorAll('.s:not(.dim)').length")
    assert kept == frames["sentences"].filter(pl.col(column) == value).height


@pytest.mark.parametrize(("width", "height"), [(1300, 900), (390, 844)])
@pytest.mark.parametrize("dark", [False, True])
def test_page_is_accessible(driver: Any, page: Path, width: int, height: int, dark: bool) -> None:
    axe = pytest.importorskip("axe_selenium_python")
    show(driver, page, width, height, dark=dark)
    run = axe.Axe(driver)
    run.inject()
    found = run.run()["violations"]
    serious = [(one["id"], one["nodes"][0]["html"][:200]) for one in found if one["impact"] in ("serious", "critical")]
    assert serious == []


def test_page_does_not_scroll_sideways_on_a_phone(driver: Any, page: Path) -> None:
    show(driver, page, 390, 844)
    assert driver.execute_script("return document.documentElement.scrollWidth") <= 390


HOSTILE = (
    '<script>alert(1)</script> & "quotes" </title></style>',
    "<img src=x onerror=alert(2)> {{ 7*7 }} {% raw %} ${x} javascript:alert(3)",
    "right-to-left \u202etxet\u202c اِنقلاب and \u2066isolate\u2069 👩‍👩‍👧‍👦 e\u0301 \U0001f3f3\ufe0f",
    "W" * 400,
)


def test_hostile_text_is_shown_as_text_and_breaks_nothing(
    contents: tuple[list[Topic], list[Article]], tmp_path: Path, driver: Any
) -> None:
    topics, articles = contents
    first = articles[0]
    text = "Head <b>line</b>\n\n" + "\n".join(HOSTILE) + "\n"
    sentences: list[dict[str, Any]] = [{"n": 0, "text": "Head <b>line</b>"}]
    sentences += [
        {
            "n": n,
            "text": line,
            "claim_type": "factual",
            "attribution": "indirect",
            "source_type": "unnamed",
            "source_perspective": "ncri",
            "source": line[:7],
            "loaded": [line[8:13]],
            "stance": {"ncri": 1},
            "facts": {"attendance": line[:9]},
        }
        for n, line in enumerate(HOSTILE, 1)
    ]
    meta = first.meta.model_copy(
        update={
            "title": "Head <b>line</b>",
            "outlet": "</td><script>alert(4)</script>",
            "author": "\u202eevil",
            "source_sha256": sha256(text),
        }
    )
    annotation = Annotation.model_validate({"sentence": sentences})
    hostile = Article(meta, text, text, dict.fromkeys(first.annotations, annotation))
    frames = tables.tabulate(topics, [hostile, *articles[1:]])
    page = tmp_path / "hostile.html"
    page.write_text(_report(frames), encoding="utf-8")
    show(driver, page)
    assert console(driver) == []
    shown = driver.execute_script("return [...document.querySelectorAll('#text-2 .s p')].map(p => p.textContent)")
    assert [line.lstrip("▲▼◆○·").rstrip("≠") for line in shown[1:]] == list(HOSTILE)
    assert driver.execute_script("return document.scripts.length") == 1
    assert driver.execute_script("return document.querySelectorAll('img, iframe, object').length") == 0
    assert driver.execute_script("return document.documentElement.scrollWidth <= window.innerWidth")


def test_markdown_report_marks_constructed_accounts_and_holds_no_markup_of_theirs(frames: Frames) -> None:
    measures = compare.compare(frames, only=TOPIC)
    page = report.markdown(frames, TOPIC, measures)
    assert page.count("*(constructed)*") == 2
    hostile = frames["articles"].with_columns(title=pl.lit("<img src=x> *a* [b](c) | d"))
    page = report.markdown({**frames, "articles": hostile}, TOPIC, measures)
    assert r"\<img src=x\> \*a\* \[b\](c) | d" in page


@pytest.mark.parametrize(("style", "start"), [("svg", b"<svg "), ("png", b"\x89PNG")])
@pytest.mark.parametrize("name", list(report.CHARTS))
def test_every_chart_can_be_had_by_itself(frames: Frames, name: str, style: str, start: bytes) -> None:
    measures = compare.compare(frames, measures=[name])
    assert report.image(frames, TOPIC, measures, name, style).startswith(start)


def test_a_chart_that_there_is_not_is_told_with_the_nearest(frames: Frames) -> None:
    with pytest.raises(ValueError, match="did you mean 'stance'"):
        report.image(frames, TOPIC, pl.DataFrame(), "stances", "svg")
