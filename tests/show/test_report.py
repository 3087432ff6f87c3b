"""The report agrees with the frames, is accessible, and shows hostile text as plain text."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from benchmarks import corpus
from click.testing import CliRunner

from slantbank import cli
from slantbank.bank._article import Annotation, Article, sha256
from slantbank.bank._topic import Topic
from slantbank.frames import _tabulate as tables
from slantbank.show import _chart as chart
from slantbank.show import _report as report
from tests.browser import browser, console, requests, show

TOPIC = "free-iran-rally-2017"
Frames = dict[str, pl.DataFrame]


def _report(frames: Frames) -> str:
    return report.report(frames, TOPIC)


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
    addresses = re.findall(r"""(?:src|href)=["'](?!#)([^"']*)""", html)
    assert [address for address in addresses if not address.startswith("data:")] == []
    assert "url(" not in html
    assert "@import" not in html


def test_constructed_accounts_are_marked_wherever_they_are_named(html: str, frames: Frames) -> None:
    for row in frames["articles"].filter(origin="constructed").iter_rows(named=True):
        start = row["title"][:16].replace("'", "&#39;")
        ends = [html[match.end() : match.end() + 60] for match in re.finditer(f"“{re.escape(start)}", html)]
        assert len(ends) > 10
        assert all("(constructed)" in end for end in ends)


def test_report_is_the_same_when_made_again(html: str, frames: Frames) -> None:
    assert _report(frames) == html


def test_report_of_three_articles_is_small(html: str) -> None:
    assert len(html.encode()) <= 500_000


def test_every_fact_has_a_row_and_every_account_a_mark(html: str, frames: Frames) -> None:
    assert html.count('<details class="fact"') == frames["facts"].height
    reports = frames["sentences"].explode("facts").drop_nulls("facts").select("article_id", "facts").unique().height
    assert html.count('<span class="cell reports"') == reports
    assert html.count('<span class="cell omits"') == frames["facts"].height * frames["articles"].height - reports
    assert html.index("Some leave these out") < html.index("All report these")


def test_all_report_a_fact_only_where_it_was_coded_in_all(frames: Frames) -> None:
    reports = frames["sentences"].explode("facts").drop_nulls("facts")
    counts = reports.group_by(fact="facts").agg(n=pl.col("article_id").n_unique())
    shared = counts.filter(pl.col("n") == frames["articles"].height)["fact"].to_list()
    assert shared
    asked = pl.element().struct.with_fields(facts=pl.lit([], pl.List(pl.String)))
    first = pl.int_range(pl.len()) == 0
    unasked = pl.when(first).then(pl.col("annotators").list.eval(asked)).otherwise("annotators")
    html = _report({**frames, "articles": frames["articles"].with_columns(unasked)})
    assert "All report these where that is known" in html
    assert "All report these<" not in html


def test_no_id_of_a_party_side_or_article_is_read_on_the_page(driver: Any, page: Path, frames: Frames) -> None:
    show(driver, page)
    driver.execute_script("document.querySelectorAll('details').forEach(details => { details.open = true })")
    text = driver.find_element("css selector", "body").text
    ids = [*frames["parties"]["party_id"], *frames["articles"]["article_id"], *frames["facts"]["fact_id"]]
    codes = [code for code in (*ids, "side_a", "side_b") if "-" in code or "_" in code]
    words = set(text.split())
    assert [code for code in codes if code in words] == []


def test_an_unknown_topic_is_a_value_error(frames: Frames) -> None:
    with pytest.raises(ValueError, match="no article of topic 'x'"):
        report.report(frames, "x")


def test_page_opens_without_network_and_console_messages(driver: Any, page: Path) -> None:
    show(driver, page)
    assert driver.find_element("css selector", "h1").text.startswith("The Free Iran rally")
    assert console(driver) == []
    assert requests(driver, page) == []


def _names(driver: Any) -> list[str]:
    return [button.get_attribute("textContent") for button in driver.find_elements("css selector", "[data-account]")]


def test_choosing_a_fact_shows_the_sentence_of_every_account_or_that_it_has_none(driver: Any, page: Path, frames: Frames) -> None:
    show(driver, page, 390, 844)
    rows = frames["sentences"].filter(pl.col("facts").list.contains("nuclear-deal"))
    driver.execute_script("document.querySelector('#fact-nuclear-deal > summary').click()")
    shown = driver.find_element("css selector", "#fact-nuclear-deal dl").text
    for row in rows.iter_rows(named=True):
        assert row["text"] in shown
    assert shown.count("does not report this") == frames["articles"].height - rows["article_id"].n_unique()
    driver.find_element("css selector", "#fact-nuclear-deal dd a").click()
    at = driver.execute_script(
        "const sentence = document.querySelector('.sentence[open]'); return sentence.getBoundingClientRect().top"
    )
    bar = driver.execute_script("return document.querySelector('.toolbar').getBoundingClientRect().bottom")
    assert bar - 1 <= at < 844
    driver.find_element("css selector", ".back").click()
    assert driver.switch_to.active_element.text == "in the text"


def test_every_bar_opens_the_sentences_that_it_counts(driver: Any, page: Path) -> None:
    show(driver, page)
    bars = driver.find_elements("css selector", "button.bar-area")
    assert len(bars) > 15
    for bar in bars:
        label = bar.get_attribute("aria-label")
        driver.execute_script("arguments[0].click()", bar)
        count = int(driver.find_element("css selector", "output").text.split()[0])
        if match := re.search(r", (\d+) of \d+ sentences", label):
            assert count == int(match[1]), label
        else:
            assert count > 0, label


def test_the_tip_of_a_bar_stays_where_focus_scrolls_it_into_view(driver: Any, page: Path) -> None:
    show(driver, page, height=300)
    driver.execute_script("[...document.querySelectorAll('button.bar-area')].at(-1).focus()")
    driver.execute_async_script("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))")
    assert driver.find_element("id", "tip").text == driver.switch_to.active_element.get_attribute("aria-label")
    driver.execute_script("document.activeElement.blur(); scrollTo(0, 0)")
    driver.execute_async_script("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))")
    assert not driver.find_element("id", "tip").is_displayed()


def test_a_bar_opens_by_keyboard_and_back_returns_to_it(driver: Any, page: Path) -> None:
    show(driver, page)
    driver.execute_script("document.querySelector('button.bar-area').focus()")
    label = driver.switch_to.active_element.get_attribute("aria-label")
    assert driver.find_element("id", "tip").text == label
    driver.switch_to.active_element.send_keys("\ue007")
    assert driver.find_element("css selector", "output").text.startswith("21 of 23 sentences")
    assert driver.switch_to.active_element.tag_name == "summary"
    driver.find_element("css selector", ".back").click()
    assert driver.switch_to.active_element.get_attribute("aria-label") == label


def test_intervals_are_shown_only_on_request(driver: Any, page: Path) -> None:
    show(driver, page)
    whisker = driver.find_element("css selector", ".whisker")
    assert not whisker.is_displayed()
    driver.find_element("id", "whiskers").click()
    assert whisker.value_of_css_property("display") == "block"


@pytest.mark.parametrize(("width", "texts"), [(390, 1), (900, 2), (1300, 3)])
def test_as_many_texts_stand_beside_each_other_as_there_is_room(driver: Any, page: Path, width: int, texts: int) -> None:
    show(driver, page, width)
    shown = "return [...document.querySelectorAll('[data-text]:not([hidden])')].map(text => text.querySelector('h3').textContent)"
    assert len(driver.execute_script(shown)) == texts
    driver.find_elements("css selector", "[data-account]")[-1].click()
    assert (_names(driver)[-1] in driver.execute_script(shown)) == (texts < 3)


def test_print_of_three_accounts_takes_six_pages_at_most(driver: Any, page: Path) -> None:
    import base64

    show(driver, page)
    paper = {"printBackground": True, "paperWidth": 8.27, "paperHeight": 11.69}
    printed = base64.b64decode(driver.execute_cdp_cmd("Page.printToPDF", paper)["data"])
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) <= 6


@pytest.mark.parametrize(
    ("name", "value", "column"),
    [("claim", "causal", "claim_type"), ("voice", "author", "attribution"), ("side", "side_b", "source_perspective")],
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
    kept = driver.execute_script("return document.querySelectorAll('.sentence:not(.filtered-out)').length")
    assert kept == frames["sentences"].filter(pl.col(column) == value).height


@pytest.fixture(scope="module")
def pages(page: Path, frames: Frames, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The report of 3 accounts, of 12 by 40 sentences, of 14, of withheld texts, of a single text, and the index of topics."""
    folder = tmp_path_factory.mktemp("reports")
    reports = {
        "twelve": report.report(corpus.event(12, 40), corpus.TOPICS[0]),
        "fourteen": report.report(corpus.event(14, 5), corpus.TOPICS[0]),
        "withheld": _report(_withheld(frames)),
        "single": _report(_only(frames, frames["articles"]["article_id"][0])),
        "index": report.index(frames, {TOPIC: "report.html"}),
    }
    for name, text in reports.items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    return {"three": page, **{name: folder / f"{name}.html" for name in reports}}


def _withheld(frames: Frames) -> Frames:
    kept = [pl.element().struct.field(name) for name in ("layer", "start", "end", "ref")]
    spans = pl.col("spans").list.eval(pl.struct(*kept, text=pl.lit(None, pl.String)))
    masked = frames["sentences"].with_columns(text=pl.lit(None, pl.String), spans=spans)
    return {**frames, "sentences": masked, "articles": frames["articles"].with_columns(includes_text=pl.lit(value=False))}


def _only(frames: Frames, *articles: str) -> Frames:
    return {
        name: frame.filter(pl.col("article_id").is_in(articles)) if "article_id" in frame.columns else frame
        for name, frame in frames.items()
    }


PAGES = ("three", "twelve", "fourteen", "withheld", "single", "index")


DESKTOP, PHONE = (1300, 900), (390, 844)


@pytest.mark.parametrize(
    ("name", "width", "height", "dark"),
    [
        *(("three", *size, dark) for size in (DESKTOP, PHONE) for dark in (False, True)),
        *((name, *size, dark) for name in PAGES[2:] for size, dark in ((DESKTOP, False), (PHONE, True))),
    ],
)
def test_every_page_is_accessible(driver: Any, pages: dict[str, Path], name: str, width: int, height: int, dark: bool) -> None:
    axe = pytest.importorskip("axe_selenium_python")
    show(driver, pages[name], width, height, dark=dark)
    run = axe.Axe(driver)
    run.inject()
    violations = run.run()["violations"]
    assert [(violation["id"], violation["nodes"][0]["html"][:200]) for violation in violations] == []
    assert console(driver) == []
    assert requests(driver, pages[name]) == []


def test_report_of_twelve_accounts_of_forty_sentences_is_not_large(pages: dict[str, Path]) -> None:
    assert pages["twelve"].stat().st_size <= 1_500_000


def test_more_than_twelve_accounts_are_a_table_of_the_same_bars(driver: Any, pages: dict[str, Path]) -> None:
    show(driver, pages["twelve"])
    assert len(driver.find_elements("css selector", "figure.panel")) == 6
    show(driver, pages["fourteen"])
    assert driver.find_elements("css selector", "figure.panel") == []
    assert len(driver.find_elements("css selector", ".account-table tbody tr")) == 14
    rows = driver.find_elements("css selector", ".account-table tbody tr")
    assert {len(row.find_elements("css selector", ".track, .none")) for row in rows} == {6}
    assert len(driver.find_elements("css selector", ".account-table .save")) == 6
    bar = driver.find_elements("css selector", ".account-table button.bar-area")[7]
    match = re.search(r", (\d+) of \d+ sentences", bar.get_attribute("aria-label"))
    bar.click()
    assert match
    assert driver.find_element("css selector", "output").text.startswith(f"{match[1]} of ")


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_wider_than_a_small_phone(driver: Any, pages: dict[str, Path], name: str) -> None:
    show(driver, pages[name], 320, 700)
    driver.execute_script("document.querySelectorAll('details').forEach(details => { details.open = true })")
    assert driver.execute_script("return document.documentElement.scrollWidth") <= 320
    wide = driver.execute_script(
        "return [...document.querySelectorAll('body *')].filter(element => element.getBoundingClientRect().right > 321"
        " && !element.closest('.account-buttons, .scroll')).map(element => element.outerHTML.slice(0, 80))"
    )
    assert wide == []


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
    shown = driver.execute_script(
        "return [...document.querySelectorAll('.sentence > summary')].map(summary => summary.textContent)"
    )
    read = [line.lstrip("▲▼◆○·").rstrip("≠") for line in shown]
    assert [line for line in HOSTILE if line not in read] == []
    assert driver.execute_script("return document.scripts.length") == 1
    assert driver.execute_script("return document.querySelectorAll('img, iframe, object').length") == 0
    assert driver.execute_script("return document.documentElement.scrollWidth <= window.innerWidth")


def test_markdown_report_marks_constructed_accounts_and_holds_no_markup_of_theirs(frames: Frames) -> None:
    page = report.markdown(frames, TOPIC)
    assert page.count("*(constructed)*") == 2
    hostile = frames["articles"].with_columns(title=pl.lit("<img src=x> *a* [b](c) | d"))
    page = report.markdown({**frames, "articles": hostile}, TOPIC)
    assert r"\<img src=x\> \*a\* \[b\](c) | d" in page


@pytest.mark.parametrize("name", list(chart.charts({"a": "", "b": ""})))
def test_every_chart_can_be_written_alone_with_title_source_and_caveat(frames: Frames, name: str) -> None:
    from xml.etree import ElementTree as ET

    root = ET.fromstring(report.image(frames, TOPIC, name))
    text = " ".join(root.itertext())
    assert frames["articles"]["topic_title"][0][:40] in text
    assert "constructed" in text
    assert "Source: sentence labels" in text


def test_an_error_about_an_unknown_chart_gives_the_nearest(frames: Frames) -> None:
    with pytest.raises(ValueError, match="did you mean 'voice'"):
        report.image(frames, TOPIC, "voices")


@pytest.mark.parametrize(("language", "direction"), [("fa", "rtl"), ("ar-EG", "rtl"), ("en", "auto")])
def test_a_text_has_its_language_and_direction(frames: Frames, language: str, direction: str) -> None:
    page = _report({**frames, "articles": frames["articles"].with_columns(language=pl.lit(language))})
    assert page.count(f'<div lang="{language}" dir="{direction}">') == 3


def test_a_withheld_text_is_shown_as_bars_and_its_facts_without_words(contents: tuple[list[Topic], list[Article]]) -> None:
    frames = tables.tabulate(*contents)
    page = _report(_withheld(frames))
    assert "All 3 accounts are shown without words" in page
    assert "whose words are withheld" in page
    assert [text for text in frames["sentences"]["text"] if text in page and len(text) > 50] == []


def test_the_labels_shown_are_the_labels_measured(frames: Frames) -> None:
    coders = pl.col("annotators").list.eval(pl.element().filter(pl.element().struct.field("kind") != "adjudicated"))
    several = {**frames, "articles": frames["articles"].with_columns(coders)}
    undecided, majority = _report(several), report.report(several, TOPIC, labels="majority")
    assert "Nothing can be said yet" in undecided
    assert "kind of claim not coded" in undecided
    assert "Nothing can be said yet" not in majority


def test_every_topic_has_a_card_with_a_link_to_its_report(pinned: Path, tmp_path: Path, driver: Any) -> None:
    result = CliRunner().invoke(cli.cli, ["report", "all", "--bank", str(pinned), "-o", str(tmp_path / "site")])
    assert result.exit_code == 0, result.output
    assert {path.name for path in (tmp_path / "site").iterdir()} == {"index.html", f"{TOPIC}.html"}
    show(driver, tmp_path / "site" / "index.html")
    assert console(driver) == []
    driver.find_element("css selector", ".cards a").click()
    assert driver.find_element("css selector", "h1").text.startswith("The Free Iran rally")


def test_one_report_cannot_be_written_to_a_folder(pinned: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(cli.cli, ["report", TOPIC, "--bank", str(pinned), "-o", str(tmp_path)])
    assert result.exit_code == 2
    assert "is a folder" in result.output


# The finding on the page (its words are tested in test_finding.py)


def _finding(page: str) -> list[str]:
    return [re.sub(r"\s+", " ", text).strip() for text in re.findall(r'<p class="finding-sentence">([^<]*)', page)]


def test_a_withheld_text_has_the_same_finding_as_the_text(html: str, frames: Frames) -> None:
    assert _finding(_report(_withheld(frames))) == _finding(html) != []


def test_the_report_says_if_there_is_only_one_coder(frames: Frames) -> None:
    coder = pl.col("annotators").list.eval(pl.element().filter(pl.element().struct.field("id") == "model-a"))
    labels = frames["annotations"].filter(pl.col("annotator_id") == "model-a")
    alone = {**frames, "articles": frames["articles"].with_columns(coder), "annotations": labels}
    page = report.report(alone, TOPIC, labels="model-a")
    assert "One coder alone labelled them." in page
    assert "There is one coder, so nobody knows how far another would agree." in page
    assert "≠</b></summary>" not in page


def test_the_report_on_a_single_account_compares_nothing(frames: Frames) -> None:
    page = _report(_only(frames, frames["articles"]["article_id"][0]))
    assert _finding(page)[0].startswith("There is one account here, ")
    assert "accounts compared" not in page
    assert "stands first" not in page


def test_without_decisive_labels_there_are_no_charts(frames: Frames) -> None:
    coders = pl.col("annotators").list.eval(pl.element().filter(pl.element().struct.field("kind") != "adjudicated"))
    page = _report({**frames, "articles": frames["articles"].with_columns(coders)})
    assert _finding(page) == ["Nothing can be said yet: no labels are decided for these accounts."]
    assert 'id="picture"' not in page
    assert 'href="#picture"' not in page


# Links, tips, keys


def test_every_sentence_of_the_finding_links_to_its_chart_and_sentences(driver: Any, page: Path) -> None:
    show(driver, page)
    charts = driver.find_elements("css selector", ".evidence a")
    assert len(charts) == 3
    for link in charts:
        assert driver.find_elements("css selector", link.get_dom_attribute("href"))
    buttons = driver.find_elements("css selector", ".evidence button")
    assert len(buttons) == 6
    for button in buttons:
        driver.execute_script("arguments[0].click()", button)
        shown = [text.text for text in driver.find_elements("css selector", "[data-text]:not([hidden]) h3")]
        assert [button.get_attribute("textContent")] == [f"Sentences of {name}" for name in shown]
        assert int(driver.find_element("css selector", "output").text.split()[0]) > 0


def test_every_bar_has_its_value_counts_and_interval_in_words(driver: Any, page: Path) -> None:
    show(driver, page)
    bars = driver.find_elements("css selector", ".bar-area")
    assert len(bars) == 30
    for bar in bars:
        label = bar.get_attribute("aria-label")
        assert re.search(r": (<?>?\d+ %|\d+\.\d), \d+ of \d+ (sentences|words|facts)", label), label
        assert re.search(r"between .* and ", label), label


def test_every_chart_of_the_page_is_saved_with_its_title_source_and_caveat(driver: Any, page: Path) -> None:
    from urllib.parse import unquote
    from xml.etree import ElementTree as ET

    show(driver, page)
    links = driver.find_elements("css selector", "figure .save")
    titles = [title.text for title in driver.find_elements("css selector", "figure h3")]
    assert len(links) == len(titles) == 6
    for link, title in zip(links, titles, strict=True):
        kind, _, drawing = link.get_attribute("href").partition(",")
        assert kind == "data:image/svg+xml"
        root = ET.fromstring(unquote(drawing))
        text = " ".join(root.itertext())
        assert root[0].text == title
        assert all(words in text for words in ("The Free Iran rally", "constructed", "Source: sentence labels", "95 % intervals"))


def test_a_page_has_a_title_and_description_for_links(driver: Any, page: Path) -> None:
    show(driver, page)
    meta = {
        tag.get_dom_attribute("name") or tag.get_dom_attribute("property"): tag.get_dom_attribute("content")
        for tag in driver.find_elements("css selector", "meta[content]")
    }
    first = meta["description"]
    assert driver.find_element("css selector", ".finding-sentence").text.replace("\u00a0", " ").startswith(first)
    assert meta["og:description"] == first
    assert meta["og:title"] == driver.title
    assert driver.title.endswith(": 3 accounts compared")


@pytest.mark.parametrize(("width", "height"), [DESKTOP, PHONE])
def test_every_control_can_be_reached_by_keyboard(driver: Any, page: Path, width: int, height: int) -> None:
    show(driver, page, width, height)
    driver.execute_script(
        "window.reached = new Set(); document.addEventListener('focusin', event => window.reached.add(event.target));"
        "document.querySelectorAll('.filters details, .fact').forEach(details => { details.open = true })"
    )
    driver.find_element("css selector", "body").send_keys("\ue004" * 300)
    missed = driver.execute_script(
        "return [...document.querySelectorAll('a[href], button, summary, select, input')]"
        ".filter(node => node.checkVisibility() && !window.reached.has(node)).map(node => node.outerHTML.slice(0, 120))"
    )
    assert missed == []


@pytest.mark.parametrize(("width", "height"), [DESKTOP, PHONE])
def test_navigation_and_filters_stay_in_sight(driver: Any, page: Path, width: int, height: int) -> None:
    show(driver, page, width, height)
    places = "return ['.top', '.toolbar'].map(selector => document.querySelector(selector).getBoundingClientRect())"
    bars = f"{places}.map(box => [box.top, box.bottom])"
    driver.execute_script("document.querySelectorAll('[data-text]:not([hidden]) .sentence')[15].scrollIntoView()")
    (top, end), (below, _) = driver.execute_script(bars)
    assert top == 0
    assert below == end
    for link in driver.find_elements("css selector", ".top nav a"):
        driver.execute_script("arguments[0].click()", link)
        place = driver.find_element("css selector", link.get_dom_attribute("href"))
        at = driver.execute_script("return arguments[0].getBoundingClientRect().top", place)
        most = driver.execute_script("return document.documentElement.scrollHeight - innerHeight - scrollY")
        assert end <= at <= height / 4 or most < 2


def test_filters_describe_themselves_and_can_be_reset(driver: Any, page: Path, frames: Frames) -> None:
    show(driver, page)
    output, reset = (driver.find_element("css selector", f".filters {name}") for name in ("output", "[type=reset]"))
    assert output.text == ""
    assert not reset.is_displayed()
    driver.find_element("css selector", ".filters summary").click()
    driver.find_element("css selector", "[data-filter=voice] option[value=author]").click()
    kept = frames["sentences"].filter(pl.col("attribution") == "author").height
    assert output.text == f"{kept} of {frames['sentences'].height} sentences: voice: the article's own"
    reset.click()
    assert driver.execute_script("return document.querySelectorAll('.sentence.filtered-out').length") == 0
    assert output.text == ""
    assert not reset.is_displayed()


def test_a_right_to_left_name_does_not_change_the_direction_around_it(frames: Frames) -> None:
    turned = frames["articles"].with_columns(origin=pl.lit("published"), author=pl.lit("\u202eکیهان"))
    page = _report({**frames, "articles": turned})
    assert "\u2068کیهان\u2069" in page
    assert all("\u202e" not in sentence for sentence in _finding(page))


def test_a_report_is_opened_on_request(pinned: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr("click.launch", lambda url: opened.append(url) or 0)
    page = tmp_path / "page.html"
    result = CliRunner().invoke(cli.cli, ["report", TOPIC, "--bank", str(pinned), "-o", str(page), "--open"])
    assert result.exit_code == 0, result.output
    assert opened == [str(page)]


def test_a_layer_that_was_not_coded_has_no_legend_and_no_filter(frames: Frames) -> None:
    sides = [pl.lit(None, pl.String).alias(name) for name in ("source_perspective", "perspective_party")]
    layers = ("sentences", "annotations")
    page = _report({**frames, **{name: frames[name].with_columns(sides) for name in layers}})
    assert "stands first" not in page
    assert 'data-filter="side"' not in page
    assert "account of National Council" not in page
    assert 'id="chart-voice"' in page
