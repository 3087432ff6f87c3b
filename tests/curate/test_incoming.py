"""Intake of originals: each visible word is in the article or reported, and the headline is right or marked as doubtful."""

import io
import re
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slantbank.curate import _extract as extract
from slantbank.curate import _web as web
from slantbank.curate._extract import Original, OriginalError
from tests.cli.test_cli import NEW, run
from tests.curate.test_original import docx

PARAGRAPHS = (
    "<p>The harbour board doubled the toll at the north quay on Tuesday, after a vote that lasted until midnight.</p>"
    "<p>Fishers said that the toll would drive the small boats away, and that nobody had asked them before the vote was held.</p>"
)
TEXT = PARAGRAPHS.replace("<p>", "").replace("</p>", "\n\n")
HEADLINE = "Toll at north quay doubles"


def page(body: str = PARAGRAPHS, head: str = f"<title>{HEADLINE} - Marlow Sands Herald</title>", heading: str = HEADLINE) -> str:
    """A page with an article."""
    return f"<!DOCTYPE html><html lang='en'><head>{head}</head><body><article><h1>{heading}</h1>{body}</article></body></html>"


def read(content: str | bytes, name: str = "a.html", title: str | None = None) -> Original:
    return extract.read(name, content if isinstance(content, bytes) else content.encode(), title=title)


def lines(original: Original) -> list[str]:
    return original.text.strip().split("\n\n")


# The content shows what kind a file is


_ENCODED = page().replace("=", "=3D").replace("midnight", "mid=\nnight").replace("Herald", "H=C3=A9rald")
MHTML = f"""\
From: <Saved by Blink>
Snapshot-Content-Location: https://herald.example/toll
Subject: {HEADLINE}
MIME-Version: 1.0
Content-Type: multipart/related;
\ttype="text/html";
\tboundary="----B----"


------B----
Content-Type: text/css

p {{ color: red }}
------B----
Content-Type: text/html
Content-Transfer-Encoding: quoted-printable
Content-Location: https://herald.example/toll

{_ENCODED}

------B------
"""


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("page", page(), "read as an HTML page, by its content"),
        ("index.php", page(), "read as an HTML page, by its content"),
        ("page.txt", page(), "read as an HTML page, by its content"),
        ("page.txt", f"{HEADLINE}<br>{PARAGRAPHS}", "read as an HTML page, by its content"),
        ("page.md", page(), "read as an HTML page, by its content"),
        ("page.html", page(), None),
        ("page.html", MHTML, "read as a page saved as one file (MHTML), by its content"),
        ("page.mhtml", MHTML, None),
        ("page", MHTML.replace("\n", "\r\n"), "read as a page saved as one file (MHTML), by its content"),
        ("page.html", page().encode("utf-16"), None),
    ],
)
def test_a_page_is_read_as_html_whatever_its_name(name: str, content: str, said: str | None) -> None:
    original = read(content, name, title=HEADLINE if "<br>" in str(content) else None)
    assert lines(original) == [HEADLINE, *TEXT.strip().split("\n\n")]
    assert original.remarks == ((said,) if said else ())
    assert said is None or said[1:] in str(original.note)


def test_a_page_saved_as_one_file_has_its_address_and_charset() -> None:
    original = read(MHTML.replace("north quay doubles</h1>", "north quay doubles</h1><p>The board said =E2=80=9Cyes=E2=80=9D.</p>"))
    assert original.metadata["url"] == "https://herald.example/toll"
    assert "url" in original.extracted
    assert "“yes”" in original.text


def test_a_word_file_is_read_as_word_whatever_its_name() -> None:
    original = read(docx(), "letter.doc")
    assert (lines(original)[0], original.remarks[0]) == ("Ferry fares rise", "read as a Word file, by its content")


def archive(**names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive_:
        for name, content in names.items():
            archive_.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{\\rtf1\\ansi Toll\\par}", "an RTF file is not read; save it as .docx"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Word file (.doc) is not read; save it as .docx"),
        (b"%PDF-1.7", "a PDF is not read; copy its text into a .txt file"),
        (b"bplist00\xd4", "a web archive of Safari is not read"),
        (b"WARC/1.0\r\n", "`slantbank build` reads it"),
        (b"\x1f\x8b\x08\x00", "packed with gzip; unpack it first"),
        (b"\xff\xd8\xff\xe0", "a picture is not read"),
        (archive(mimetype="application/vnd.oasis.opendocument.text"), "(.odt) is not read; save it as .docx"),
        (archive(mimetype="application/epub+zip"), "an e-book"),
        (archive(**{"xl/workbook.xml": ""}), "`slantbank import csv` reads a table"),
        (archive(**{"a.html": page()}), "it is a zip archive; unpack it"),
        (b"From: a@x\nTo: b@x\nSubject: Toll\nMIME-Version: 1.0\nContent-Type: text/plain\n\nToll\n", "an e-mail is not read"),
        (b'{"title": "Toll", "text": "It rose."}', "it is JSON, and no article"),
        (b"<?xml version='1.0'?><rss><channel><title>x</title></channel></rss>", "a feed is not read"),
    ],
)
@pytest.mark.parametrize("name", ["page", "page.txt", "page.html"])
def test_a_kind_that_is_not_read_is_named_with_advice(content: bytes, said: str, name: str) -> None:
    with pytest.raises(OriginalError, match=rf"^{name}: ") as caught:
        extract.read(name, content)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    "text", ["Head: a headline\n\nOne <b>two</b>.", "Mr. A: a < b\n\n[1] One.", "{Head}\n\nOne.", "Subject: Toll\n\nOne."]
)
def test_plain_text_that_resembles_other_kinds_is_kept_unchanged(text: str) -> None:
    assert read(text, "a.txt") == Original(text, {})


@pytest.mark.parametrize("text", ["# Head\n\nOne.", "---\ntitle: Head\n---\nOne."])
def test_a_text_that_looks_like_markdown_gets_a_remark(text: str) -> None:
    original = read(text, "a.txt")
    assert original.text == text
    assert "if it is Markdown, name it .md" in original.remarks[0]


def test_new_prints_as_what_kind_a_file_was_read(bank: Path, tmp_path: Path) -> None:
    (tmp_path / "index.php").write_text(page(f"{PARAGRAPHS}<figure><figcaption>The quay.</figcaption></figure>"), encoding="utf-8")
    result = run("new", tmp_path / "index.php", *NEW, "--bank", bank)
    assert "  read as an HTML page, by its content\n  left out, captions: 2 words: “The quay.”\n" in result.output


# Every word is kept or reported


def test_fields_and_right_to_left_runs_in_word_files_are_kept() -> None:
    runs = (
        "<w:p><w:r><w:t>The board doubled the toll on </w:t></w:r><w:fldSimple w:instr=' DATE '><w:r><w:t>4 March 2025</w:t></w:r>"
        "</w:fldSimple><w:r><w:t>.</w:t></w:r></w:p>"
        "<w:p><w:r><w:t>It met.</w:t></w:r><w:dir w:val='ltr'><w:r><w:t> It left.</w:t></w:r></w:dir>"
        "<w:bdo w:val='rtl'><w:r><w:t> It rose.</w:t></w:r></w:bdo><w:ruby><w:rubyPr/><w:rt><w:r><w:t>toh</w:t></w:r></w:rt>"
        "<w:rubyBase><w:r><w:t> Base.</w:t></w:r></w:rubyBase></w:ruby><w:smartTag><w:r><w:t> Oslo.</w:t></w:r></w:smartTag></w:p>"
    )
    original = read(docx(runs.replace("<w:t>", "<w:t xml:space='preserve'>")), "a.docx")
    assert lines(original) == ["The board doubled the toll on 4 March 2025.", "It met. It left. It rose. Base. Oslo."]
    assert set(original.remarks) == {
        "left out, readings above the line (ruby): 1 word: “toh”",
        "left out, the footnotes: 2 words: “A note.”",
    }


DRAWN = """<w:p><w:r><w:drawing xmlns:wp="wp" xmlns:a="a" xmlns:wps="wps"><wp:inline><a:graphic><a:graphicData><wps:wsp>
<wps:txbx><w:txbxContent><w:p><w:r><w:t>Call us today</w:t></w:r></w:p></w:txbxContent></wps:txbx></wps:wsp></a:graphicData>
</a:graphic></wp:inline></w:drawing></w:r></w:p>"""


def test_text_of_a_word_file_that_is_left_out_is_reported() -> None:
    run_ = "<w:p><w:r><w:rPr><w:{0}/></w:rPr><w:t>{1}</w:t></w:r></w:p>"
    runs = "<w:p><w:r><w:t>Head</w:t></w:r></w:p>" + DRAWN + run_.format("vanish", "secret") + run_.format("strike", "old price")
    parts = {
        "word/header1.xml": '<w:hdr xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:p><w:r>'
        "<w:t>The Herald</w:t></w:r></w:p></w:hdr>"
    }
    original = read(docx(runs, **parts), "a.docx")
    assert lines(original) == ["Head", "old price"]
    assert sorted(original.remarks) == [
        "left out, being hidden text: 1 word: “secret”",
        "left out, the footnotes: 2 words: “A note.”",
        "left out, the page headers: 2 words: “The Herald”",
        "left out: 3 words: “Call us today”",
        "struck through, and kept: take it out if it should not be there: 2 words: “old price”",
    ]


@pytest.mark.parametrize(
    ("front", "metadata"),
    [
        ("---\ntitle: Toll\nauthor: Ada Pell\n---\n", {"author": "Ada Pell"}),
        ('+++\ntitle = "Toll"\ndate = 2024-05-06\n+++\n', {"published": "2024-05-06"}),
        ('{\n  "title": "Toll",\n  "lang": "en"\n}\n', {"language": "en"}),
        ("% Toll\n% Ada Pell\n% 2024-05-06\n", {"author": "Ada Pell", "published": "2024-05-06"}),
        ("Title: Toll\nAuthor: Ada Pell\n", {"author": "Ada Pell"}),
    ],
)
def test_front_matter_in_every_common_format_is_read_as_metadata(front: str, metadata: dict[str, str]) -> None:
    original = read(f"{front}\nIt rose.\n", "a.md")
    assert lines(original) == ["Toll", "It rose."]
    assert {key: str(value) for key, value in original.metadata.items()} == metadata


def test_markdown_keeps_numbers_and_words_in_angle_brackets_and_reports_footnotes() -> None:
    text = (
        "# Head\n\n1986. A good year.\n\n3. Third.\n4. Fourth, <sic> it said[^1], a < b.\n\n   Still fourth.\n\n~~gone~~ there\n\n"
        "[^1]: A note\n    on two lines.\n\n<details><summary>More</summary>Inside</details>\n"
    )
    original = read(text, "a.md")
    assert lines(original) == [
        *(
            "Head",
            "1986. A good year.",
            "3. Third.",
            "4. Fourth, <sic> it said, a < b.",
            "Still fourth.",
            "gone there",
            "More",
            "Inside",
        )
    ]
    assert original.remarks == (
        "struck through, and kept: take it out if it should not be there: 1 word: “gone”",
        "left out, the footnotes: 5 words: “A note on two lines.”",
    )


INSIDE = (
    "time",
    "label",
    "nobr",
    "output",
    "data",
    "abbr",
    "cite",
    "mark",
    "ins",
    "small",
    "big",
    "bdi",
    "dfn",
    "font",
    "button",
    "q",
    "sup",
)


@pytest.mark.parametrize("tag", INSIDE)
def test_no_word_within_a_sentence_is_lost(tag: str) -> None:
    original = read(page(f"{PARAGRAPHS}<p>The toll rose on <{tag}>the fourth of March</{tag}> to 2.40 a day, the board said.</p>"))
    assert "the fourth of March" in original.text
    assert original.remarks == ()


BLOCKS = st.sampled_from(
    [
        *(
            "<p>{}</p>",
            "<ul><li>{}</li></ul>",
            "<ol><li><span>{}</span></li></ol>",
            "<blockquote><p>{}</p></blockquote>",
            "<h2>{}</h2>",
        ),
        *(
            "<div>{}</div>",
            "<table><tr><td>{}</td></tr></table>",
            "<dl><dt>{}</dt><dd>{}</dd></dl>",
            "<pre>{}</pre>",
            "<h3><a>{}</a></h3>",
        ),
        *("<details><summary>{}</summary>{}</details>", "<address>{}</address>", "<p><a href='/x'>{}</a></p>", "<p>{}<br>{}</p>"),
        *(
            "<p>{} <i>{}</i> {} <b>{}</b> {}</p>",
            "<aside>{}</aside>",
            "<p><time>{}</time> {}</p>",
            "<section><p>{}</p></section>",
            "{}",
        ),
        *(
            "<form>{}</form>",
            "<p><u>{}</u> <s>{}</s></p>",
            "<figure><figcaption>{}</figcaption></figure>",
            "<p class=caption>{}</p>",
        ),
    ]
)


def counted(original: Original) -> int:
    """The number of words that the remarks report as left out."""
    return sum(int(number) for remark in original.remarks for number in re.findall(r"^left out.*?: (\d+) words?: ", remark))


@given(st.lists(BLOCKS, max_size=8))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_word_between_the_paragraphs_of_a_page_is_kept_or_reported(blocks: list[str]) -> None:
    body, number = "", 0
    for block in blocks:
        count = block.count("{}")
        body += (
            block.format(*(f"word{chr(97 + number + k)} other{chr(97 + number + k)}" for k in range(count))) + "\n"
        )  # without the line feed, two texts without a tag would be one word
        number += count
    first, last, _ = PARAGRAPHS.replace("</p>", "</p>\n").split("\n")
    original = read(page(f"{first}{body}{last}"))
    seen = re.findall(r"(?:word|other)[a-z{|}~]", body)
    lost = [word for word in seen if word not in original.text]
    assert counted(original) >= len(lost), (lost, original.remarks)


# The right headline


@pytest.mark.parametrize(
    ("head", "heading", "before", "headline", "doubt"),
    [
        (f"<title>{HEADLINE} - Marlow Sands Herald</title>", "Marlow Sands Herald", f"<h2>{HEADLINE}</h2>", HEADLINE, ""),
        (f"<title>{HEADLINE} | Politics | Herald</title>", "Politics", f"<h2>{HEADLINE}</h2>", HEADLINE, ""),
        (f"<meta property='og:title' content='{HEADLINE}'>", "Opinion", f"<p class='entry-title'>{HEADLINE}</p>", HEADLINE, ""),
        (
            '<script type="application/ld+json">{"@graph": [{"@type": ["NewsArticle"], "headline": "'
            + HEADLINE
            + '", "publisher": '
            '{"name": "Marlow Sands Herald"}}]}</script><title>Marlow Sands Herald</title>',
            "Marlow Sands Herald",
            "",
            HEADLINE,
            "",
        ),
        (f"<meta property='og:site_name' content='Herald'><title>{HEADLINE} | Herald</title>", "Herald", "", HEADLINE, ""),
        (f"<title>{HEADLINE} | Harbour</title>", "", "", f"{HEADLINE} | Harbour", "it is the page's title, which may hold more"),
        ("<title>Herald</title>", HEADLINE, "", HEADLINE, "no title of the page says it, but “Herald”"),
        ("", HEADLINE, "", HEADLINE, ""),
    ],
)
def test_the_headline_is_the_heading_that_the_page_confirms(
    head: str, heading: str, before: str, headline: str, doubt: str
) -> None:
    original = read(page(before + PARAGRAPHS, head, heading).replace("<h1></h1>", ""))
    assert lines(original) == [headline, *TEXT.strip().split("\n\n")]
    assert [remark for remark in original.remarks if "headline:" in remark] == ([f"doubtful headline: {doubt}"] if doubt else [])


def test_bylines_days_notices_and_captions_are_left_out_of_the_text() -> None:
    around = "<p>By Orla Finch and Tomas Reed, Harbour Correspondents</p><p>Published: 4 March 2025, 10:17 GMT</p>"
    notices = (
        "<p>Advertisement</p><p>Sign up to our daily newsletter for free.</p><p>Already a subscriber? Log in.</p>"
        "<p>Read more: Ten harbours to see</p><p>By Monday the toll will be paid by all.</p>"
    )
    original = read(page(around + PARAGRAPHS + notices + PARAGRAPHS.replace("Tuesday", "Friday")))
    body = TEXT.strip().split("\n\n")
    assert lines(original) == [
        HEADLINE,
        *body,
        "By Monday the toll will be paid by all.",
        body[0].replace("Tuesday", "Friday"),
        body[1],
    ]
    assert original.metadata["author"] == "Orla Finch; Tomas Reed"
    assert [remark.split(":")[0] for remark in original.remarks] == [
        "left out, the byline",
        "left out, the day",
        "left out, notices",
    ]


# Bytes that are valid UTF-8 are UTF-8


QUOTED = PARAGRAPHS.replace("nobody had", "nobody’s boat – not even Zoë’s – had")


@pytest.mark.parametrize(
    ("header", "meta", "encoding", "said"),
    [
        ("ISO-8859-1", "utf-8", "utf-8", "it says that it is in ISO-8859-1, and its bytes are UTF-8; read so"),
        (None, "iso-8859-1", "utf-8", "it says that it is in iso-8859-1, and its bytes are UTF-8; read so"),
        ("klingon", "", "utf-8", "it says that it is in klingon, and its bytes are UTF-8; read so"),
        ("utf-8", "windows-1252", "cp1252", "it says that it is in utf-8, which its bytes are not, and in windows-1252; read so"),
        (None, "windows-1252", "cp1252", None),
        ("UTF-8", "", "utf-8", None),
    ],
)
def test_bytes_that_are_valid_utf8_are_utf8_whatever_was_declared(
    header: str | None, meta: str, encoding: str, said: str | None
) -> None:
    content = page(QUOTED, f"<meta charset='{meta}'><title>{HEADLINE}</title>").encode(encoding)
    original = extract.read_page(web.Page("https://x.example/", "text/html", header, content), "https://x.example/")
    assert "nobody’s boat – not even Zoë’s – had" in original.text
    assert original.remarks == ((said,) if said else ())


def test_a_declared_charset_of_seven_bits_is_not_taken_for_utf8() -> None:
    text = page(f"<p>{'港の料金が二倍になった。' * 30}</p>", "<title>港の料金</title>", "港の料金")
    content = text.encode("iso2022_jp")
    original = extract.read_page(web.Page("https://x.example/", "text/html", "iso-2022-jp", content), "https://x.example/")
    assert lines(original)[0] == "港の料金"


def test_garbled_text_gets_a_remark() -> None:
    original = extract.read("a.txt", "Toll doubles\nNobodyâ€™s boat. CafÃ©.\n".encode())
    said = "the text is garbled: 'â€™' is what '’' becomes where UTF-8 is read as Windows-1252, and 1 more"
    assert original.remarks == (f"{said}; take it from a copy in UTF-8",)
    assert "â€™" in original.text


# Programs and archives


BODY = TEXT.strip().split("\n\n")
GOOGLE = (
    '<html><head><meta content="text/html; charset=UTF-8" http-equiv="content-type"></head><body class="c4 doc-content">'
    f'<p class="c2 title"><span>{HEADLINE}</span></p>'
    f'<p class="c0"><span>{BODY[0][:40]}</span><sup><a href="#ftnt1" id="ftnt_ref1">[1]</a></sup><span>{BODY[0][40:]}</span></p>'
    f'<p class="c0"><span>{BODY[1]}</span></p><hr><div>'
    '<p><a href="#ftnt_ref1" id="ftnt1">[1]</a><span>&nbsp;In March.</span></p></div>'
    "</body></html>"
)


def test_a_page_of_google_docs_keeps_its_title_and_its_footnotes_are_reported() -> None:
    original = read(GOOGLE)
    assert lines(original) == [HEADLINE, *BODY]
    assert "left out, footnotes: 3 words: “[1] In March.”" in original.remarks


@pytest.mark.parametrize(
    ("archive", "end"),
    [
        ("Nexis", "End of Document"),
        ("Nexis", "{} of 2 DOCUMENTS"),
        ("Factiva", "Document QUAY000020250304el3{}0000b"),
        ("ProQuest", "Document {} of 2"),
    ],
)
@pytest.mark.parametrize("name", ["a.txt", "a.docx"])
def test_a_download_of_several_articles_is_refused(archive: str, end: str, name: str) -> None:
    blocks = [block for n in (1, 2) for block in (f"Toll {n}", BODY[n - 1], end.format(n))]
    runs = "".join(f"<w:p><w:r><w:t>{block}</w:t></w:r></w:p>" for block in blocks)
    content = docx(runs) if name.endswith("docx") else "\n\n".join(blocks).encode()
    with pytest.raises(OriginalError, match=f"it holds 2 articles, as {archive} gives them; save each as a file of its own"):
        extract.read(name, content)


def test_lines_of_an_archives_cover_get_a_remark() -> None:
    original = read("\n\n".join([HEADLINE, "BYLINE: Ann Lee", "LENGTH: 211 words", *BODY]), "a.txt")
    assert original.remarks == (
        "it has lines of an archive's cover, which are none of the article: “BYLINE: Ann Lee”, “LENGTH: 211 words”",
    )


def test_a_page_behind_a_paywall_gets_a_remark() -> None:
    paid = page(
        PARAGRAPHS + "<p>To continue reading, subscribe for 1 euro a month.</p>",
        head='<script type="application/ld+json">{"@type": "NewsArticle", "isAccessibleForFree": "False"}</script>',
    )
    original = read(paid)
    assert lines(original) == [HEADLINE, *BODY]
    assert "the page says that it is not free to read: its text may be the start of the article alone" in original.remarks
    assert any(remark.startswith("left out, notices: 9 words: “To continue reading") for remark in original.remarks)


def test_text_boxes_of_word_files_come_once_and_in_place() -> None:
    box = "<w:txbxContent><w:p><w:r><w:t>In the box.</w:t></w:r></w:p></w:txbxContent>"
    markup = "http://schemas.openxmlformats.org/markup-compatibility/2006"
    drawn = (
        f'<w:p><w:r><mc:AlternateContent xmlns:mc="{markup}" xmlns:v="urn:schemas-microsoft-com:vml" xmlns:wps="wps">'
        f'<mc:Choice Requires="wps"><w:drawing><wps:wsp><wps:txbx>{box}</wps:txbx></wps:wsp></w:drawing></mc:Choice>'
        f"<mc:Fallback><w:pict><v:shape><v:textbox>{box}</v:textbox></v:shape></w:pict></mc:Fallback></mc:AlternateContent></w:r></w:p>"
    )
    head, tail = ("<w:p><w:r><w:t>" + words + "</w:t></w:r></w:p>" for words in ("Toll doubles", "The board met."))
    original = read(docx(head + drawn + tail), "a.docx")
    assert lines(original) == ["Toll doubles", "In the box.", "The board met."]
