"""Read a file of a bank and validate it; every error becomes a problem with its position, and valid values are kept.

Values are parsed and then validated by pydantic. Neither keeps positions, so a file with errors is scanned once more for them; a
valid file is not.
"""

from pathlib import Path

from pydantic import ValidationError

from slantbank.bank.toml._document import Document, Model, TextFile
from slantbank.bank.toml._judge import add_validation_problems
from slantbank.bank.toml._lines import plain_lines
from slantbank.bank.toml._parse import TOO_DEEP, parse
from slantbank.bank.toml._places import find_too_deep
from slantbank.bank.toml._syntax import NotTomlError
from slantbank.problem import Problem, internal_fault

MAX_BYTES = 2_000_000
_MOST_FAULTS = 10_000
EMPTY = "the file is empty"


def read_text(path: Path, shown: str) -> TextFile:
    """Read the bytes of a file and decode its text, in plain lines. Problems are in the result.

    A file that is too large or cannot be opened is a problem, too; its text is then None.
    """
    try:
        size = path.stat().st_size
        data = path.read_bytes() if size <= MAX_BYTES else b""
    except OSError as error:
        return TextFile(shown, b"", None, [Problem(shown, 1, 1, "SB111", f"cannot be read: {error.strerror}")])
    if size > MAX_BYTES:
        message = f"{size:,} bytes; a file of a bank has at most {MAX_BYTES:,}"
        return TextFile(shown, b"", None, [Problem(shown, 1, 1, "SB008", message)])
    try:
        return TextFile(shown, data, plain_lines(data.decode("utf-8")))
    except UnicodeDecodeError as error:
        start = TextFile(shown, data, plain_lines(data[: error.start].decode("utf-8")))
        message = f"byte 0x{data[error.start]:02x} is not UTF-8 ({error.reason}); save the file as UTF-8"
        return TextFile(shown, data, None, [start.problem("SB001", message, len(start.text or ""))])


def read(path: Path, shown: str, model: type[Model]) -> Document[Model]:
    """Read the TOML file at `path` and validate it with `model`; all errors are found at once. `shown` is the path in messages."""
    return validate(read_text(path, shown), model)


def validate(file: TextFile, model: type[Model]) -> Document[Model]:
    """Parse a text file as TOML and validate it with `model`; all errors are found at once.

    If slantbank itself fails, that becomes a problem of the file, so that the other files are read.
    """
    document: Document[Model] = Document(file.path, file.data, file.text, file.problems)
    try:
        _validate(document, model)
    except Exception as error:  # noqa: BLE001 - a fault of slantbank must not stop the reading of other files
        document = Document(file.path, file.data, file.text, [internal_fault(file.path, error)])
    return document


def _validate(document: Document[Model], model: type[Model]) -> None:
    if document.text is None:
        return
    try:
        document.tree = parse(document.text)
    except NotTomlError as error:
        document.problems.append(document.problem(*error.args))
        return
    document.parsed = bool(document.text.strip())
    try:
        document.value = model.model_validate(document.tree)
    except ValidationError as error:
        deep = find_too_deep(document.text)
        if not document.parsed:
            document.problems.append(document.problem("SB009", EMPTY))
        elif deep is not None:
            document.problems.append(document.problem("SB103", TOO_DEEP, deep))
            document.tree, document.parsed = {}, False
        elif error.error_count() > _MOST_FAULTS:
            document.problems.append(document.problem("SB107", f"{error.error_count():,} faults; is this the right kind of file?"))
            document.tree, document.parsed = {}, False
        else:
            add_validation_problems(document, error, model)
