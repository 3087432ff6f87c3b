"""Bytes and Unicode."""

import codecs
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from itertools import chain

from slantbank.bank import find_garbled
from slantbank.bank.toml import EMPTY, Document, TextFile, escapes, plain_lines
from slantbank.problem import Example, Problem, quoted
from slantbank.rules._example import ARTICLE, META, SOURCE, TEXT
from slantbank.rules._run import Run, content, few, rule

CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029]")
_BIDI = re.compile(r"[\u202a-\u202e\u2066-\u2069]")
_HIDDEN = (
    r"\xad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2060-\u2064\u206a-\u206f\u3164\ufe00-\ufe0f\uffa0"
    r"\ufff9-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_ZERO_WIDTH = re.compile(rf"[{_HIDDEN}\ufeff]")
_ODD = re.compile(rf"[\\\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u0370-\u052f\u2028-\u202e\u2066-\u2069{_HIDDEN}\ufeff]")
_PLAIN = b"\t\n" + bytes(byte for byte in range(0x20, 0x7F) if byte != ord("\\"))


@rule("SB001", Example(TEXT, "Mayor Zoë Hall", "Mayor Zo\udceb Hall"))
def not_utf_8(run: Run) -> Iterable[Problem]:
    """Text is UTF-8; a file in another encoding would be read as other words."""
    return run.read("SB001")


@rule("SB002", Example(TEXT, "Bridge closed\n", "\ufeffBridge closed\n"), level="warning")
def byte_order_mark(run: Run) -> Iterator[Problem]:
    """UTF-8 needs no byte order mark, and other programs would count it as a character."""
    for file in run.edited:
        if file.text and file.data.startswith(codecs.BOM_UTF8):
            # every fix of a file writes it without the mark
            yield file.problem("SB002", "starts with a byte order mark; save the file without it", fix=file.edit(0, 0, ""))


@rule("SB003", Example(TEXT, "Bridge closed\n", "Bridge closed\r\n"), level="warning")
def carriage_return(run: Run) -> Iterator[Problem]:
    """Lines end in LF alone, so that a bank has the same bytes on every system; `slantbank check --fix` replaces CR LF by LF."""
    for file in run.edited:
        if file.text and (count := file.data.count(b"\r")):
            first = len(plain_lines(file.data[: file.data.index(b"\r")].decode()))
            message = f"{count} carriage return{'s' * (count > 1)}; lines end in LF alone: have the editor save the file so"
            # every fix of a file writes it with LF; this empty edit only marks the file as one to be written
            yield file.problem("SB003", message, first, fix=file.edit(len(file.text), len(file.text), ""))


def _unusual_files(run: Run) -> list[TextFile]:
    """Return the files with a character or escape that SB004 to SB007 may object to."""
    # removing the plain bytes first is ten times faster than searching the whole text
    return [file for file in run.edited if _ODD.search(file.data.translate(None, _PLAIN).decode())]


@rule("SB004", Example(TEXT, "Mayor Zoë Hall", "\fMayor Zoë Hall"))
def control_character(run: Run) -> Iterable[Problem]:
    """Control characters and line separators other than LF are invisible and move offsets."""
    return _matches(run, "SB004", CONTROL, "control character")


@rule("SB005", Example(TEXT, "the closing a triumph", "the closing \u202ea triumph"), level="warning")
def bidi_control(run: Run) -> Iterable[Problem]:
    """Bidirectional controls can show a text in another order than it is stored in."""
    return _matches(run, "SB005", _BIDI, "bidirectional control")


@rule("SB006", Example(TEXT, "the closing a triumph", "the closing a tri\xadumph"), level="warning")
def zero_width(run: Run) -> Iterable[Problem]:
    """Characters without width hide in words, so that words that look equal differ."""
    return _matches(run, "SB006", _ZERO_WIDTH, "character without width", _is_needed_joiner)


def _matches(
    run: Run, code: str, pattern: re.Pattern[str], kind: str, allowed: Callable[[str, int], bool] = lambda text, at: False
) -> Iterator[Problem]:
    for file in run.once(_unusual_files):
        text = file.text or ""
        plain = ((match.start(), 1, match[0], "") for match in pattern.finditer(text) if not allowed(text, match.start()))
        escaped = (
            (offset, length, character, ", written as an escape")
            for offset, length, character in (escapes(text) if isinstance(file, Document) and "\\" in text else ())
            if pattern.match(f" {character}", 1)
        )
        matches = chain(plain, escaped)
        yield from few(
            file, code, ((at, length, f"{kind} {_unicode_name(character)}{note}") for at, length, character, note in matches)
        )


def _unicode_name(character: str) -> str:
    return f"U+{ord(character):04X} {unicodedata.name(character, '')}".rstrip()


_LATIN = re.compile(r"[\x00-\u02ff]")


def _is_needed_joiner(text: str, at: int) -> bool:
    """Whether the character joins or separates letters or emoji of a script that needs such characters."""
    if not 0 < at < len(text) or _LATIN.match(text[at - 1]):
        return False
    if "\ufe00" <= text[at] <= "\ufe0f":  # a variation selector for emoji and Chinese characters: only one at a time
        return not "\ufe00" <= text[at - 1] <= "\ufe0f"
    return text[at] in "\u200c\u200d" and at < len(text) - 1 and not _LATIN.match(text[at + 1])


_WORD = re.compile(r"(?:\\.)?([^\W\d_]{2,})")
_ASCII_LETTER = re.compile(r"[A-Za-z]")
_GREEK_OR_CYRILLIC = re.compile(r"[\u0370-\u052f]")


@rule("SB007", Example(META, 'title = "Bridge closed"', 'title = "Br\u0456dge closed"'), level="warning")
def mixed_script(run: Run) -> Iterator[Problem]:
    """A letter of another script inside a word looks right and matches nothing."""
    for file in run.once(_unusual_files):
        text = file.text or ""
        if _GREEK_OR_CYRILLIC.search(text):
            yield from few(file, "SB007", mixed_words(text))


def mixed_words(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield offset, length and message for each word that mixes Latin letters with Greek or Cyrillic ones of the same shape."""
    for match in _WORD.finditer(text):
        word = match[1]
        if _ASCII_LETTER.search(word) and _GREEK_OR_CYRILLIC.search(word):
            latin = sum(letter.isascii() for letter in word) * 2 >= len(word)
            odd = next(i for i, letter in enumerate(word) if letter.isascii() != latin)
            yield match.start(1) + odd, 1, f"{quoted(word)} holds {_unicode_name(word[odd])}"


@rule("SB008", Example(SOURCE, ARTICLE, ARTICLE * 22_000))
def file_too_large(run: Run) -> Iterable[Problem]:
    """A file of a bank has at most 2 MB; an article is never longer."""
    return run.read("SB008")


@rule("SB009", Example(TEXT, ARTICLE, ""))
def empty_file(run: Run) -> Iterator[Problem]:
    """A file of a bank is not empty."""
    for file in run.files:
        if file.text is not None and not content(file):
            yield file.problem("SB009", EMPTY)


@rule("SB010", Example(META, 'title = "Bridge closed"', 'title = "Bridge closed â€“ again"'), level="warning")
def garbled_text(run: Run) -> Iterator[Problem]:
    """Text that was decoded with the wrong character encoding has wrong characters, such as â€“ or U+FFFD.

    Import the text again from the original, saved in UTF-8; if the original itself has these characters, accept the warning.
    """
    for file in run.edited:
        if not file.data.isascii():
            yield from few(file, "SB010", find_garbled(file.text or ""))
