"""`slantbank new` takes in one article or many, guesses what it can, and goes on after a bad one."""

import csv
from pathlib import Path

import pytest
from click.testing import Result

from slantbank import rules
from slantbank.bank import article
from slantbank.rules._example import BANK, TOPIC, write
from tests.command import run


@pytest.fixture
def bank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A bank with a topic and no article; the working folder is around it."""
    write({TOPIC: BANK[TOPIC]}, tmp_path / "my-bank")
    (tmp_path / "my-bank" / "articles").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path / "my-bank"


def article_ids(bank: Path) -> list[str]:
    return sorted(path.name for path in (bank / "articles").iterdir())


def text(
    name: str, content: str = "Bridge shut to cars\n\nThe council shut the bridge. It is old.\n", encoding: str = "utf-8"
) -> str:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_bytes(content.encode(encoding))
    return name


def new(bank: Path, *arguments: object, annotator: str | None = "ada") -> Result:
    return run("new", *arguments, *(["--annotator", annotator] if annotator else []), "--bank", bank)


def test_topic_id_and_annotator_may_be_left_out_where_there_is_only_one(bank: Path) -> None:
    assert new(bank, text("a.txt"), "--published", "2024-05-07", "--outlet", "The Anytown Gazette").exit_code == 0
    assert article_ids(bank) == ["2024-05-anytown-gazette-bridge-shut-cars"]
    assert new(bank, text("b.txt", "Bridge open\n\nIt is open.\n"), annotator=None).exit_code == 0
    assert article.read(bank / "articles/bridge-open").meta.annotator[0].id == "ada"


def test_without_a_topic_new_says_how_to_make_one(bank: Path) -> None:
    (bank / TOPIC).unlink()
    result = new(bank, text("a.txt"))
    assert (result.exit_code, "`slantbank topic new` makes one" in result.output) == (2, True)


def test_a_folder_is_taken_in_and_repeating_it_adds_no_duplicates(bank: Path) -> None:
    for name in ("one", "two", "three"):
        text(f"texts/{name}.txt", f"Bridge {name}\n\nThe council shut the bridge {name}.\n")
    text("texts/notes.xyz")
    result = new(bank, "texts")
    assert "3 articles taken in, 0 there already, 0 not" in result.output
    text("texts/four.txt", "Bridge four\n\nIt is shut.\n")
    result = new(bank, "texts")
    assert "1 article taken in, 3 there already, 0 not" in result.output
    assert article_ids(bank) == ["bridge-four", "bridge-one", "bridge-three", "bridge-two"]


def test_a_file_that_cannot_be_taken_in_is_named_and_the_others_are_taken_in(bank: Path) -> None:
    text("texts/a.txt", "Bridge b\n\nIt is shut.\n")
    text("texts/b.txt", "   \n")
    text("texts/c.txt", "Bridge c\n\nIt is shut.\n")
    Path("texts/d.docx").write_bytes(b"%PDF-1.7")
    result = new(bank, "texts")
    assert result.exit_code == 1
    assert article_ids(bank) == ["bridge-b", "bridge-c"]
    assert "2 articles taken in, 0 there already, 2 not" in result.output
    assert "b.txt: the text is empty" in result.output
    assert "a PDF is not read; copy its text into a .txt file" in result.output


def test_a_list_may_leave_any_cell_empty_and_bad_rows_are_named(bank: Path) -> None:
    text("texts/far.txt", "Bridge far\n\nIt is shut.\n")
    rows = [
        {"title": "Bridge near", "outlet": "Gazette", "published": "2024-05-07", "text": "It is shut.\nIt is old.", "file": ""},
        {"title": "", "outlet": "Herald", "published": "", "text": "", "file": "texts/far.txt"},
        {"title": "No text", "outlet": "", "published": "", "text": "", "file": ""},
        {"title": "Bad day", "outlet": "", "published": "7 May", "text": "It is shut.", "file": ""},
    ]
    text("texts/bare.txt", "It is shut.\nIt is old.\n")
    rows += [{"title": "Bridge bare", "file": "texts/bare.txt"}, {"title": "Bridge far", "file": "texts/far.txt"}]
    with Path("list.csv").open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    result = new(bank, "list.csv")
    assert result.exit_code == 1
    assert article_ids(bank) == ["2024-05-gazette-bridge-near", "bridge-bare", "herald-bridge-far"]
    assert article.read(bank / "articles/bridge-bare").lines == ["Bridge bare", "It is shut.", "It is old."]
    assert "3 articles taken in, 1 there already, 2 not" in result.output
    near = article.read(bank / "articles/2024-05-gazette-bridge-near")
    assert near.lines == ["Bridge near", "It is shut.", "It is old."]
    assert (near.meta.outlet, str(near.meta.published), near.meta.author) == ("Gazette", "2024-05-07", None)
    assert "the row has no text, file or url" in result.output
    assert "'7 May' is no day; write it as 2017-07-03" in result.output
    assert "list.csv:" in result.output
    assert [problem for problem in rules.check(bank) if problem.level == "error"] == []


def test_a_list_without_a_text_column_says_which_columns_there_are(bank: Path) -> None:
    result = new(bank, text("list.csv", "title,outlet\na,b\n"))
    assert (result.exit_code, "a list has a column text, file or url" in result.output) == (2, True)


def test_a_file_of_addresses_is_a_list_of_pages(bank: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from slantbank.curate import Page, web

    words = "The council shut the bridge {0} to all cars on Monday, and the traders of the high street were angry about it."
    page = (
        "<html><head><title>Bridge {0}</title></head><body><article><h1>Bridge {0}</h1>"
        + "".join(f"<p>{n}. {words}</p>" for n in range(9))
        + "</article></body></html>"
    )
    asked = []

    def fetch(url: str) -> Page:
        asked.append(url)
        if "three" in url:
            raise web.FetchError(f"{url}: no such host")
        return Page(url, "text/html", "utf-8", page.format(url[-3:]).encode(), None)

    monkeypatch.setattr(web, "fetch", fetch)
    text("pages.txt", "https://news.example/one\n\nhttps://news.example/two\nhttps://news.example/three\n")
    result = new(bank, "pages.txt")
    assert "2 articles taken in, 0 there already, 1 not" in result.output
    asked.clear()
    result = new(bank, "pages.txt")
    assert "0 articles taken in, 2 there already, 1 not" in result.output
    assert asked == ["https://news.example/three"], "what is there is not fetched again"


def test_an_option_for_one_article_is_refused_for_many(bank: Path) -> None:
    result = new(bank, text("a.txt"), text("b.txt", "B\n\nIt.\n"), "--id", "x")
    assert (result.exit_code, "--id is for one article" in result.output) == (2, True)


GERMAN = (
    "Brücke gesperrt\n\nDer Rat hat die Brücke am Montag für Autos gesperrt. Das teilte Dr. Holt mit, die nicht mit allen sprach.\n"
)


def test_the_language_is_guessed_and_printed(bank: Path) -> None:
    result = new(bank, text("a.txt", GERMAN))
    assert "language: de, guessed" in result.output
    new_article = article.read(bank / "articles" / "brucke-gesperrt")
    assert new_article.meta.language == "de"
    assert len(new_article.lines) == 3, "“Dr.” ends no sentence in German"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--language", "en"), "language: en, as said, but the text looks like de"),
        (("--language", "xy"), "language 'xy' is none"),
        (("--language", "German"), "language 'German'"),
    ],
)
def test_a_language_unlike_the_text_is_reported_and_an_invalid_one_refused(
    bank: Path, options: tuple[str, str], message: str
) -> None:
    assert message in new(bank, text("a.txt", GERMAN), *options).output


def test_paragraphs_in_another_language_are_reported(bank: Path) -> None:
    german = GERMAN.split("\n\n")[1]
    english = "The council shut the bridge on Monday, and it was not clear what would become of the traffic that had used it.\n"
    result = new(bank, text("a.txt", f"Bridge\n\n{english}{english}{german}"))
    assert "1 of its paragraphs look like de, not en" in result.output


def test_a_byline_is_suggested_as_author_and_is_no_sentence_once_the_author_is_given(bank: Path) -> None:
    content = "Bridge shut to cars\nBy Orla Finch\n\nThe council shut the bridge.\n"
    result = new(bank, text("a.txt", content), "--id", "one")
    advice = "is a sentence now; if it is a byline, delete this folder and take the text in again with --author 'Orla Finch'"
    assert f"line 2, 'By Orla Finch', {advice}" in result.output
    result = new(bank, "a.txt", "--id", "two", "--author", "Orla Finch")
    assert article.read(bank / "articles/two").lines == ["Bridge shut to cars", "The council shut the bridge."]
    assert "line 2, 'By Orla Finch', is the byline, and no sentence" in result.output
    assert [problem for problem in rules.check(bank) if problem.level == "error" and "/two/" in problem.path] == []


def test_one_text_never_becomes_two_articles_unless_an_id_is_given(bank: Path) -> None:
    name = text("a.txt", "Bridge shut to cars\n\nThe council shut the bridge.\n")
    assert new(bank, name).exit_code == 0
    (there,) = (bank / "articles").iterdir()
    result = new(bank, name, "--author", "Orla Finch")
    assert (result.exit_code, f"is in the bank already, as {there.name}: delete that folder first" in result.output) == (2, True)
    assert list((bank / "articles").iterdir()) == [there]
    assert new(bank, name, "--id", "another").exit_code == 0


def test_a_byte_order_mark_is_no_part_of_the_headline(bank: Path) -> None:
    assert new(bank, text("a.txt", encoding="utf-8-sig"), "--id", "a").exit_code == 0
    assert article.read(bank / "articles/a").meta.title == "Bridge shut to cars"
    problems = [problem for problem in rules.check(bank) if problem.level != "unfinished"]
    assert [problem.code for problem in problems if "source.txt" not in problem.path] == []


WESTERN = "Brücke gesperrt\n\nDer Rat hat die Brücke am Montag für Autos gesperrt, und das ist nicht die einzige, die zu ist.\n"


def test_windows_1252_is_guessed_if_it_gives_words_of_a_language_and_the_guess_is_printed(bank: Path) -> None:
    result = new(bank, text("a.txt", WESTERN, encoding="windows-1252"), "--id", "a")
    assert result.exit_code == 0, result.output
    assert "it is not UTF-8, and was read as windows-1252, by a guess; --encoding names another charset" in result.output
    assert article.read(bank / "articles/a").meta.title == "Brücke gesperrt"


@pytest.mark.parametrize(
    ("content", "charset"),
    [("Мост\n\nГород закрыл мост, и это надолго.\n", "cp1251"), ("Żółw\n\nBył i nie ma się.\n", "cp1250")],
)
def test_other_charsets_are_not_guessed(bank: Path, content: str, charset: str) -> None:
    result = new(bank, text("a.txt", content, encoding=charset), "--id", "a")
    assert (result.exit_code, "is not UTF-8" in result.output) == (2, True)


def test_a_new_article_can_be_exported_to_label_studio_at_once(bank: Path, tmp_path: Path) -> None:
    new(bank, text("a.md", "# Bridge shut\n\nThe council shut it.\n"), "--id", "a")
    result = run("export", "label-studio", "a", "--blind", "--into", tmp_path / "out", "--bank", bank)
    assert result.exit_code == 0, result.output


def test_a_charset_can_be_named(bank: Path) -> None:
    content = "Café shut\n\nThe café is shut.\n"
    result = new(bank, text("a.txt", content, encoding="windows-1252"), "--id", "a", "--encoding", "windows-1252")
    assert result.exit_code == 0, result.output
    assert article.read(bank / "articles/a").meta.title == "Café shut"


PAGE = "<html><head><title>Bridge shut</title></head><body><article><h1>Bridge shut</h1>{0}</article></body></html>"


def test_hydrate_accepts_the_page_that_new_took_in(bank: Path, tmp_path: Path) -> None:
    pytest.importorskip("trafilatura")
    words = "The council shut the bridge to all cars on Monday, and the traders of the high street were angry about it."
    text("page.html", PAGE.format("".join(f"<p>{n}. {words}</p>" for n in range(9))))
    assert new(bank, "page.html", "--id", "page").exit_code == 0
    folder = bank / "articles" / "page"
    before = article.read(folder)
    meta = before.meta.model_copy(update={"annotator": (), "extracted": ()})
    article.replace(article.Article(meta, before.source, before.text, {}), folder, was=before)
    assert run("strip", "page", "--into", tmp_path / "public", "--bank", bank).exit_code == 0
    result = run("hydrate", "page", "--text", "page.html", "--bank", tmp_path / "public")
    assert result.exit_code == 0, result.output
    after = article.read(tmp_path / "public" / "articles" / "page")
    assert (after.text, after.source) == (before.text, before.source)
