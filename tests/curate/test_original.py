"""An article is read from a page or file with the metadata that it states; what is no article is refused with a message."""

import contextlib
import io
import re
import socket
import sys
import tomllib
import zipfile
from datetime import date
from functools import partial
from itertools import pairwise
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slantbank.bank import _bank as banks
from slantbank.curate import _extract as extract
from slantbank.curate import _web as web
from slantbank.curate._extract import Original, OriginalError
from slantbank.rules import _check as check
from tests.cli.test_cli import NEW, run
from tests.curate.test_web import Server, answer, here, serving

BODY = """\
<p>Fares on the harbour ferry will rise by a fifth in July, the town council said on Monday.</p>
<p>“Fuel has doubled in price,” said Mayor Ada Pell. <b>Traders</b> called the rise <i>reckless</i>, and
<a href="/x">commuters</a> spoke of a <q>tax on the poor</q>.</p>
<h2>What changes</h2>
<ul><li>Adults pay 2.40 instead of 2.00.</li><li>Children pay 1.20.</li></ul>
<table><tr><th>Route</th><th>Fare</th></tr><tr><td>North quay</td><td>2.40</td></tr></table>
<blockquote><p>We will not sail at a loss.</p></blockquote>
<p>The com&shy;pany&#146;s last rise\u00a0was in   2019.<br>It had promised none&#8203; before 2025.&#1;</p>
<!-- a remark --><script>track()</script>
"""
TEXT = """\
Fares on the harbour ferry will rise by a fifth in July, the town council said on Monday.

“Fuel has doubled in price,” said Mayor Ada Pell. Traders called the rise reckless, and commuters spoke of a “tax on the poor”.

What changes

Adults pay 2.40 instead of 2.00.

Children pay 1.20.

Route Fare

North quay 2.40

We will not sail at a loss.

The company’s last rise was in 2019.

It had promised none before 2025.
"""
AROUND = (
    "<nav><ul><li><a href='/'>Home</a></li><li><a href='/sport'>Sport</a></li></ul></nav>",
    (
        "<section class='comments'><h3>Comments</h3><p>First! said nobody in particular, and at great length.</p></section>"
        "<footer>© 2026 The Harbour Post, all rights reserved</footer>"
    ),
)


def html(
    head: str = "<title>Ferry fares rise | The Harbour Post</title>", heading: str = "Ferry fares rise", body: str = BODY
) -> str:
    headed = f"<h1>{heading}</h1>" if heading else ""
    before, after = AROUND
    return (
        f"<!doctype html><html lang='en-GB'><head><meta charset='utf-8'>{head}</head>"
        f"<body>{before}<article>{headed}{body}</article>{after}</body></html>"
    )


def page(text: str | bytes, charset: str | None = None, title: str | None = None) -> Original:
    content = text if isinstance(text, bytes) else text.encode()
    return extract.read_page(
        web.Page("https://fetched.example/x", "text/html", charset, content), "https://fetched.example/x", title=title
    )


JSON_LD = """<script type="application/ld+json">{"@context": "https://schema.org", "@type": "NewsArticle",
"headline": "Ferry fares rise", "author": {"@type": "Person", "name": "Dora Quill"},
"datePublished": "2024-05-06T08:00:00Z", "publisher": {"@type": "Organization", "name": "The Harbour Post"}}</script>"""
META = """<meta name="author" content="Dora Quill"><meta name="date" content="2024-05-06">
<meta name="application-name" content="The Harbour Post"><title>Ferry fares rise</title>"""
OPEN_GRAPH = """<meta property="og:title" content="Ferry fares rise"><meta property="og:site_name" content="The Harbour Post">
<meta property="article:author" content="Dora Quill"><meta property="article:published_time" content="2024-05-06T08:00:00Z">
<meta property="og:url" content="https://harbour.example/ferry">"""


@pytest.mark.parametrize("head", [JSON_LD, META, OPEN_GRAPH])
def test_a_page_gives_its_text_and_metadata(head: str) -> None:
    original = page(html(f"{head}<link rel='canonical' href='https://harbour.example/ferry'>"))
    assert original.text == f"Ferry fares rise\n\n{TEXT}"
    assert original.metadata == {
        "url": "https://harbour.example/ferry",
        "outlet": "The Harbour Post",
        "author": "Dora Quill",
        "published": date(2024, 5, 6),
        "language": "en-GB",
    }
    assert original.extracted == ("title", "text", "outlet", "author", "published", "url", "language")


def test_a_day_before_the_first_newspaper_is_no_day_of_publication() -> None:
    assert "published" not in page(html(META.replace("2024-05-06", "0001-01-01"))).metadata


def test_metadata_that_a_page_does_not_state_are_not_invented() -> None:
    original = page(html("<title>Ferry fares rise</title>").replace(" lang='en-GB'", "").replace("© 2026 The Harbour Post", ""))
    assert original.metadata == {"url": "https://fetched.example/x"}
    assert original.extracted == ("title", "text", "language")


def test_a_redirected_address_is_to_be_confirmed() -> None:
    redirected = web.Page("https://fetched.example/new", "text/html", None, html().encode())
    assert "url" in extract.read_page(redirected, "https://fetched.example/old").extracted


@pytest.mark.parametrize(
    ("head", "heading", "title", "headline"),
    [
        ("<meta property='og:title' content='For social media'>", "As it stands", None, "As it stands"),
        ("<meta property='og:title' content='Ferry fares rise'>", "", None, "Ferry fares rise"),
        ("<title>Wrong</title>", "Wrong", "As the reader says", "As the reader says"),
        ("", "", "As the reader says", "As the reader says"),
    ],
)
def test_the_headline_is_the_given_title_else_the_first_heading_else_the_page_title(
    head: str, heading: str, title: str | None, headline: str
) -> None:
    assert page(html(head, heading), title=title).text == f"{headline}\n\n{TEXT}"


def test_a_heading_outside_the_article_shows_which_part_of_the_title_is_the_headline() -> None:
    text = html("<meta property='og:title' content='Ferry fares rise - The Harbour Post'>", "")
    text = text.replace("<article>", "<header><h1>The Harbour Post Online</h1><h1> Ferry fares\nrise</h1></header><article>")
    assert page(text).text == f"Ferry fares rise\n\n{TEXT}"


@pytest.mark.parametrize(
    ("charset", "meta", "encoding"),
    [
        (None, "utf-8", "utf-8"),
        (None, "windows-1251", "cp1251"),
        ("windows-1251", "utf-8", "cp1251"),
        (None, "iso-8859-1", "cp1252"),
        ("ISO-8859-1", "", "cp1252"),
        (None, "", "utf-8"),
        (None, "windows-1251", "utf-8-sig"),
        (None, "", "utf-16"),
    ],
)
def test_a_page_is_read_in_the_charset_that_it_or_its_server_names(charset: str | None, meta: str, encoding: str) -> None:
    words = "Цены на паром растут" if encoding != "cp1252" else "Les prix du ferry “montent” à l’été"
    text = html(f"<title>{words}</title>", words, f"<p>{words}, et cetera.</p>" * 12)
    text = text.replace("<meta charset='utf-8'>", f"<meta charset='{meta}'>" if meta else "")
    original = page(text.replace("©", "").encode(encoding), charset)
    assert original.text.startswith(f"{words}\n\n{words}, et cetera.\n")


@pytest.mark.parametrize(
    ("content", "charset", "message"),
    [
        (html().encode().replace(b"Monday", b"M\xf6nday"), None, "it says it is in utf-8, and byte"),
        (html().replace("<meta charset='utf-8'>", "").encode("cp1252"), None, "it names no charset and is not UTF-8"),
        (html().encode().replace(b"Monday", b"M\xf6nday"), "klingon", "its charset 'klingon' is not known"),
        (html().encode().replace(b"Monday", b"M\xf6nday"), "idna", "its charset 'idna' is not known"),
        (html().encode().replace(b"Monday", b"M\xf6nday"), "utf-7", "its charset 'utf-7' is not known"),
        (html().encode().replace(b"Monday", b"M\xf6nday"), "rot13", "its charset 'rot13' is not known"),
        (b"", None, "is not an HTML page"),
        (b"no markup", None, "is not an HTML page"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", None, "a picture is not read; type its text into a .txt file"),
        (b"<html>\0" * 100, None, "null characters"),
        (html(body="<p>Please enable JavaScript to read this page.</p>").encode(), None, "no article was found in the page"),
        (f"<html><title>Menu</title><body>{AROUND[0]}</body></html>".encode(), None, "no article was found in the page"),
        (html("", "", BODY.replace("h2>", "p>")).encode(), None, "no headline was found in the page; give it as --title"),
        (html(body=f"<p>Some words {'<font>and words ' * 300}").encode(), None, "elements nested deeper than 250"),
        (html(body="<p>Words.</p>" * 31_000).encode(), None, "more than 30,000 elements"),
    ],
)
def test_a_page_that_cannot_be_read_whole_is_refused_with_its_address(content: bytes, charset: str | None, message: str) -> None:
    with pytest.raises(OriginalError) as caught:
        page(content, charset)
    assert str(caught.value).startswith("https://fetched.example/x: ")
    assert message in str(caught.value)


@pytest.mark.parametrize(
    "script",
    [
        '{"@type": "NewsArticle", "author": 5, "headline": [1], "datePublished": {}, "publisher": []}',
        '{"@context": "https://schema.org", "@type": "NewsArticle", "author": [[["x"]]], "datePublished": "2024-99-99"}',
        "[" * 100_000,
        "{",
    ],
)
def test_malformed_metadata_are_left_out(script: str) -> None:
    original = page(html(f"<title>Ferry fares rise</title><script type='application/ld+json'>{script}</script>"))
    assert original.text == f"Ferry fares rise\n\n{TEXT}"
    assert set(original.metadata) == {"url", "language"}


def test_reading_a_page_reaches_neither_network_nor_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: pytest.fail("looked up"))
    monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("connected"))
    outside = "<img src='http://a.example/i'><iframe src='http://a.example/f'></iframe><object data='file:///etc/passwd'></object>"
    text = html(body=f"{BODY}{outside}<link rel=stylesheet href='http://a.example/s'>")
    entity = "<!DOCTYPE html [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>"
    assert page(text.replace("<!doctype html>", entity).replace("in July", "in &e;")).text.count("&e;") == 1


MARKDOWN = """\
---
title: For the index
author: [Dora Quill, Sam Hart]
date: 2024-05-06
lang: en
canonical_url: https://harbour.example/ferry
---
# Ferry fares *rise*

Fares rise, said the
[council](http://x.example). Mayor&#146;s word.\\
A new line.

> We will not sail.

| Route | Fare |
|---|---|
| North | 2.40 |

<div>Raw &amp; plain</div><script>alert(1)</script>

1. One &lt;b&gt;
2. Two ![a picture](x.png)
"""


def test_markdown_gives_its_text_and_its_front_matter() -> None:
    original = extract.read("a.MD", MARKDOWN.replace("\n", "\r\n").encode())
    assert original.text.split("\n\n") == [
        "Ferry fares rise",
        "Fares rise, said the council. Mayor’s word.",
        "A new line.",
        "We will not sail.",
        "Route Fare",
        "North 2.40",
        "Raw & plain",
        "1. One <b>",
        "2. Two\n",
    ]
    assert original.metadata == {
        "author": "Dora Quill; Sam Hart",
        "published": date(2024, 5, 6),
        "url": "https://harbour.example/ferry",
        "language": "en",
    }


@pytest.mark.parametrize(
    ("text", "title", "lines"),
    [
        ("One.\n\nTwo.", None, ["One.", "Two."]),
        ("One.\n\nTwo.", "Head", ["Head", "One.", "Two."]),
        ("# Head\n\nTwo.", "Mine", ["Mine", "Two."]),
        ("---\ntitle: Front\n---\nTwo.", None, ["Front", "Two."]),
        ("---\n- a list\n---\nTwo.", None, ["Two."]),
        ("---\n\nA rule, no front matter.", None, ["A rule, no front matter."]),
        ("Head\n\n---\n\nTwo: the rest.\n\n---\n", None, ["Head", "Two: the rest."]),
    ],
)
def test_the_headline_of_markdown_is_the_given_title_else_heading_front_matter_or_first_paragraph(
    text: str, title: str | None, lines: list[str]
) -> None:
    assert extract.read("a.md", text.encode(), title=title).text == "\n\n".join(lines) + "\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("---\na: [\n---\nText.", "is not YAML"),
        ("---\na: !!python/object/apply:os.system [id]\n---\nText.", "is not YAML"),
        ("---\na: " + "[" * 5000 + "\n---\nText.", "is not YAML"),
        ("---\ndate: 2024-13-45\n---\nText.", "is not YAML"),
        ("<!-- nothing -->", "there is no text in it"),
        (">" * 100_000, "there is no text in it"),
        ("", "there is no text in it"),
    ],
)
def test_markdown_that_cannot_be_read_is_refused_with_its_name(text: str, message: str) -> None:
    with pytest.raises(OriginalError, match=rf"^a\.md: .*{message}"):
        extract.read("a.md", text.encode())


WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
CORE = (
    f'<cp:coreProperties xmlns:cp="{PACKAGE}/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:dcterms="http://purl.org/dc/terms/"><dc:title>Document1</dc:title><dc:creator>Dora Quill</dc:creator>'
    "<dcterms:created>2020-01-01T00:00:00Z</dcterms:created></cp:coreProperties>"
)
RUNS = """\
<w:p><w:pPr><w:pStyle w:val="Heading1"/></w:pPr><w:r><w:t>Ferry fares rise</w:t></w:r></w:p>
<w:p><w:r><w:t xml:space="preserve">Fares </w:t></w:r><w:ins w:id="1" w:author="x"><w:r><w:t>will</w:t></w:r></w:ins>
<w:del w:id="2" w:author="x"><w:r><w:delText>shall</w:delText></w:r></w:del><w:r><w:t xml:space="preserve"> rise.</w:t>
<w:footnoteReference w:id="3"/><w:br/><w:t>A new line.</w:t></w:r></w:p>
<w:tbl><w:tr><w:tc><w:p><w:r><w:t>North</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>2.40</w:t></w:r></w:p></w:tc></w:tr></w:tbl>
"""


def docx(runs: str = RUNS, **parts: str | bytes) -> bytes:
    """A Word file with these runs and other parts, by their names."""
    files: dict[str, str | bytes] = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"/>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1" Type="{OFFICE}/officeDocument" '
        'Target="word/document.xml"/></Relationships>',
        "word/_rels/document.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r2" '
        f'Type="{OFFICE}/footnotes" Target="footnotes.xml"/></Relationships>',
        "word/footnotes.xml": f'<w:footnotes xmlns:w="{WORD}"><w:footnote w:id="3"><w:p><w:r><w:t>A note.</w:t></w:r></w:p>'
        "</w:footnote></w:footnotes>",
        "word/document.xml": f'<w:document xmlns:w="{WORD}"><w:body>{runs}</w:body></w:document>',
        "docProps/core.xml": CORE,
        **parts,
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def test_a_word_file_gives_its_text_as_it_is_printed() -> None:
    original = extract.read("a.docx", docx())
    assert original.text.split("\n\n") == ["Ferry fares rise", "Fares will rise.", "A new line.", "North", "2.40\n"]
    assert original.metadata == {"author": "Dora Quill"}
    assert original.extracted == ("title", "text", "author", "language")


def test_names_in_an_archive_that_lead_out_of_it_write_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "in").mkdir()
    monkeypatch.chdir(tmp_path / "in")
    outside = {"../out.xml": "<a/>", "/tmp/../out.xml": "<a/>", "word/../../out": "x"}
    assert extract.read("a.docx", docx(**outside)).text.startswith("Ferry fares rise\n")
    assert list(tmp_path.rglob("*")) == [tmp_path / "in"]


LETTERS = "abcdefghijkl"
ENTITY = "<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaaaaaaaaaaaa'>" + "".join(
    f"<!ENTITY {after} '" + f"&{letter};" * 20 + "'>" for letter, after in pairwise(LETTERS)
)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"not a zip", "is not a Word file"),
        (b"", "is not a Word file"),
        (docx()[:-30], "is not a Word file"),
        (docx("<w:p>"), "is not a Word file"),
        (docx("<w:p/>"), "there is no text in it"),
        (docx("<w:p>" * 20_000 + "</w:p>" * 20_000), "is not a Word file"),
        (docx("<w:p><w:r><w:t>" + " " * 20_000_000 + "</w:t></w:r></w:p>"), "unpacks to 20,0"),
        (docx(**{"word/a.xml": b" " * 5_000_000}), "unpacks to 5,0"),
        (
            docx(**{"word/document.xml": f'{ENTITY}]><w:document xmlns:w="{WORD}"><w:body>&l;</w:body></w:document>'}),
            "is not a Word",
        ),
        (docx(**{"_rels/.rels": "<x/>", "word/document.xml": "<x/>"}), ""),
    ],
)
def test_a_word_file_that_cannot_be_read_is_refused_with_its_name(content: bytes, message: str) -> None:
    with pytest.raises(OriginalError, match=rf"^a\.docx: .*{message}"):
        extract.read("a.docx", content)


def test_an_entity_in_the_properties_of_a_word_file_is_not_resolved() -> None:
    core = CORE.replace("Dora Quill", "&e;").replace(
        "<cp:core", "<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/hostname'>]><cp:core", 1
    )
    assert extract.read("a.docx", docx(**{"docProps/core.xml": core})).metadata == {}


ODD = st.text(
    st.characters(exclude_categories=["Cs"]) | st.sampled_from("\0\x01\x0b\x85\xad\u200b\u2028\ufeff<>&;#*_`[]()|-\n\r "),
    max_size=200,
)


@given(ODD, st.sampled_from(["md", "html", "docx"]))
@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_extracted_text_has_clean_paragraphs_with_blank_lines_between(text: str, suffix: str) -> None:
    contents = {
        "md": text.encode(),
        "html": html(body=f"<p>{text}</p>{BODY}").encode(),
        "docx": docx(f"<w:p><w:r><w:t>{escape(text)}</w:t></w:r></w:p>"),
    }[suffix]
    try:
        original = extract.read(f"a.{suffix}", contents)
    except OriginalError:
        return
    lines = original.text.removesuffix("\n").split("\n\n")
    assert all(line and line == " ".join(line.split()) for line in lines)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\xad\u200b\ufeff]", original.text)


@given(st.binary(max_size=300), st.sampled_from(["md", "html", "docx"]))
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_read_or_refused(content: bytes, suffix: str) -> None:
    whole = docx()
    cut = min(len(content), len(whole))
    for data in (content, b"<html><title>T</title><p>" + content, whole[:cut] + content + whole[cut:]):
        with contextlib.suppress(OriginalError):
            extract.read(f"a.{suffix}", data)


def test_plain_text_is_kept_as_it_is() -> None:
    assert extract.read("a.txt", b"Head\r\n\r\nOne.  Two\t") == Original("Head\r\n\r\nOne.  Two\t", {})
    with pytest.raises(OriginalError, match="the headline of a plain text is its first line"):
        extract.read("a.txt", b"Head", title="Mine")


def test_a_file_that_is_too_large_is_refused() -> None:
    with pytest.raises(OriginalError, match=r"^a\.txt: more than 20,000,000 bytes"):
        extract.read("a.txt", b"a" * 20_000_001)


def toml(bank: Path) -> dict[str, object]:
    return tomllib.loads((bank / "articles" / NEW[1] / "article.toml").read_text(encoding="utf-8"))


def test_a_new_article_from_a_page_is_marked_until_it_is_confirmed(bank: Path, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(html(OPEN_GRAPH), encoding="utf-8")
    result = run("new", tmp_path / "page.html", *NEW, "--author", "D. Quill", "--language", "en", "--bank", bank)
    assert result.exit_code == 0, result.output
    assert "Compare the text with the original" in result.output
    meta = toml(bank)
    assert (meta["author"], meta["language"], meta["outlet"]) == ("D. Quill", "en", "The Harbour Post")
    assert meta["extracted"] == ["title", "text", "outlet", "published", "url"]
    assert "the original is not kept" in str(meta["note"])
    codes = {problem.code for problem in check.check(banks.draft(bank, [NEW[1]]))}
    assert codes == {"SB210", "SB213"}
    path = bank / "articles" / NEW[1] / "article.toml"
    path.write_text(path.read_text(encoding="utf-8").replace('extracted = ["title", "text", "outlet", "published", "url"]\n', ""))
    assert {problem.code for problem in check.check(banks.draft(bank, [NEW[1]]))} == {"SB210"}


def test_a_new_article_from_an_address(bank: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "fetch", partial(web.fetch, allowed=here))
    with serving(Server()) as server:
        server.answers["/page"] = answer(html(JSON_LD).encode())
        server.answers["/text"] = answer(b"Head\n\nOne. Two.\n", content_type="text/plain; charset=utf-8")
        server.answers["/menu"] = answer(f"<html><body>{AROUND[0]}</body></html>".encode())
        server.answers["/gone"] = answer(status="410 Gone \x1b[31m")
        assert run("new", server.url("/page"), *NEW, "--bank", bank).exit_code == 0
        assert toml(bank)["url"] == server.url("/page")
        assert "Fetched on 20" in str(toml(bank)["note"])
        text = ("--id", "2017-07-text", *NEW[2:])
        assert run("new", server.url("/text"), *text, "--bank", bank).exit_code == 0
        assert (bank / "articles" / "2017-07-text" / "source.txt").read_bytes() == b"Head\n\nOne. Two.\n"
        other = ("--id", "2017-07-other", *NEW[2:])
        result = run("new", server.url("/menu"), *other, "--bank", bank)
        assert (result.exit_code, f"{server.url('/menu')}: no article was found" in result.output) == (2, True)
        result = run("new", server.url("/gone"), *other, "--bank", bank)
        assert (result.exit_code, result.output) == (
            1,
            f"Error: {server.url('/gone')}: the server answered 410 Gone \\x1b[31m\n",
        )
    assert not (bank / "articles" / "2017-07-other").exists()
    assert not list((bank / "articles").glob(".*"))


@pytest.mark.parametrize(
    ("name", "code", "message"),
    [
        ("http://localhost:1/", 1, "is not on the public internet, and is not fetched"),
        ("http://169.254.169.254/latest/", 1, "169.254.169.254 is not on the public internet"),
        ("file:///etc/passwd", 2, "file:///etc/passwd: only http and https addresses are fetched"),
        ("http://a:b@news.example/", 2, "with a name or password in it"),
        ("there-is-none.html", 2, "No such file"),
        ("--wrapped", 2, "--wrapped is for plain text"),
    ],
)
def test_an_original_that_is_refused_is_reported_and_leaves_no_files(
    bank: Path, tmp_path: Path, name: str, code: int, message: str
) -> None:
    (tmp_path / "page.html").write_text(html(), encoding="utf-8")
    arguments = [name] if name != "--wrapped" else [str(tmp_path / "page.html"), name]
    before = sorted(bank.rglob("*"))
    result = run("new", *arguments, *NEW, "--bank", bank)
    assert (result.exit_code, message in result.output) == (code, True), result.output
    assert sorted(bank.rglob("*")) == before


@pytest.mark.parametrize(("suffix", "missing"), [("html", "trafilatura"), ("md", "markdown_it"), ("docx", "mammoth")])
def test_without_the_extra_the_command_names_it(
    bank: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str, missing: str
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    (tmp_path / f"a.{suffix}").write_bytes({"docx": docx(), "html": html().encode(), "md": MARKDOWN.encode()}[suffix])
    result = run("new", tmp_path / f"a.{suffix}", *NEW, "--bank", bank)
    assert (result.exit_code, "pip install 'slantbank[web]'" in result.output) == (2, True), result.output


def test_plain_text_needs_no_extra(bank: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("trafilatura", "lxml", "mammoth", "markdown_it"):
        monkeypatch.setitem(sys.modules, name, None)
    assert run("new", "-", *NEW, "--bank", bank, input="Head\n\nOne.").exit_code == 0


def test_no_other_command_reaches_the_network(bank: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, lambda *_: pytest.fail("connected"))
    for name in ("getaddrinfo", "gethostbyname", "create_connection"):
        monkeypatch.setattr(socket, name, lambda *_, **__: pytest.fail("looked up"))
    seed = "2017-07-free-iran-rally-katiraie"
    for command in (
        ["check", "--full"],
        ["build"],
        ["compare"],
        ["agreement"],
        ["report", "-o", tmp_path / "report.html"],
        ["sheet", seed, "--annotator", "reader-one"],
        ["adjudicate", seed],
        ["check"],
    ):
        assert run(*command, "--bank", bank).exit_code in (0, 1)
    assert run("explain", "--all").exit_code == 0
    assert run("render", "--into", tmp_path).exit_code == 0
