"""Write the problems of a check in the formats that other tools read (`FORMATS`), and as a `summary` for a page on GitHub.

Each format holds every field of a problem, escapes the characters that a terminal would obey, and depends on the problems
alone. If a line is longer than 1,000 characters, the format holds the part around the fault.
"""

import hashlib
import html
import json
import re
from bisect import bisect
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from importlib.metadata import version
from itertools import accumulate
from pathlib import PurePath
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

from slantbank.problem import Problem, Rule, printable, show
from slantbank.rules._check import RULES

_LONGEST = 1_000


def within(folder: PurePath, problems: Iterable[Problem]) -> list[Problem]:
    """Return the problems with the bank's `folder` before their paths, so that GitHub and editors find the files.

    >>> within(PurePath("data"), [Problem("topics/a.toml", 1, 1, "SB009", "the file is empty")])[0].path
    'data/topics/a.toml'
    """
    return [replace(problem, path=(folder / problem.path).as_posix()) for problem in problems]


def _text(problems: Sequence[Problem]) -> str:
    """Return each problem with its line and a caret, for people."""
    return "".join(f"{show(problem)}\n" for problem in problems)


def _json(problems: Sequence[Problem]) -> str:
    """Return a JSON list of objects. Columns count code points from 1; `end_column` is the first after the fault.

    `source` is the line, or a part of a very long one; `source_column` is the column of its first character.
    """
    return _dumps([_record(problem) for problem in problems])


def _record(problem: Problem) -> dict[str, Any]:
    first = max(0, min(problem.column - 1 - _LONGEST // 2, len(problem.source) - _LONGEST))
    return {
        "path": problem.path,
        "line": problem.line,
        "column": problem.column,
        "end_column": problem.column + problem.length,
        "code": problem.code,
        "name": problem.rule.name,
        "level": problem.level,
        "message": problem.message,
        "fixable": problem.fix is not None,
        "source": problem.source[first : first + _LONGEST],
        "source_column": first + 1,
    }


def _dumps(value: Any) -> str:
    # GitHub's runner would take "##[" for a command; only strings can hold it
    return json.dumps(value, indent=2, ensure_ascii=True).replace("##[", "#\\u0023[") + "\n"


_ANNOTATIONS = 10


def _github(problems: Sequence[Problem]) -> str:
    """Return workflow commands that GitHub shows as annotations: the first 10 of each level, then how many are left out.

    Only commands are printed, with escaped texts, so that no text of a problem can be taken for a command.
    Source: https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions
    """
    counts: Counter[str] = Counter()
    commands: list[str] = []
    for problem in problems:
        level = _github_level(problem)
        counts[level] += 1
        if counts[level] <= _ANNOTATIONS:
            command = _command(
                level,
                show(problem),
                file=_path(problem),
                line=problem.line,
                col=problem.column,
                endColumn=problem.column + problem.length,
                title=_title(problem),
            )
            commands.append(command)
    left = {level: count - _ANNOTATIONS for level, count in counts.items() if count > _ANNOTATIONS}
    if left:
        message = f"{_counted(left)} more; GitHub shows {_ANNOTATIONS} of a level"
        commands.append(_command("notice", message, title="slantbank"))
    return "".join(commands)


def _github_level(problem: Problem) -> str:
    return "notice" if problem.level == "unfinished" else problem.level


def _command(name: str, message: str, **properties: str | int) -> str:
    inside = ",".join(f"{key}={_percent(_NOT_IN_PROPERTY, str(value))}" for key, value in properties.items())
    return f"::{name} {inside}::{_percent(_NOT_IN_MESSAGE, message)}\n"


_NOT_IN_MESSAGE = re.compile(r"[%\r\n]")
_NOT_IN_PROPERTY = re.compile(r"[%\r\n:,]")


def _percent(forbidden: re.Pattern[str], text: str) -> str:
    return forbidden.sub(lambda match: f"%{ord(match[0]):02X}", text)


def _path(problem: Problem) -> str:
    return printable(problem.path)


def _title(problem: Problem) -> str:
    return f"{problem.code} {problem.rule.name}"


def _counted(levels: dict[str, int]) -> str:
    """Return the counts as words, such as "2 errors, 1 warning"."""
    return ", ".join(f"{count:,} {level}{'s' * (count != 1)}" for level, count in sorted(levels.items()))


_SUMMARY_BYTES = 1 << 20


def summary(problems: Sequence[Problem], most: int = _SUMMARY_BYTES) -> str:
    """Return all problems by file as Markdown for $GITHUB_STEP_SUMMARY; what exceeds `most` bytes is cut, with a note.

    Each problem is an HTML block (CommonMark 0.31, 4.6: from a line with <pre> to one with </pre>), in which nothing is
    Markdown, and HTML is escaped, so that any text is shown as it is.
    """
    counts = Counter[str](problem.level for problem in problems)
    head = f"### slantbank check: {_counted(counts) or 'no problems'}\n\n"
    blocks: list[str] = []
    for path, in_file in _grouped(problems, _path).items():
        first, *others = (f"<pre>{html.escape(show(problem), quote=False)}</pre>\n\n" for problem in in_file)
        blocks += [f"<h4><code>{html.escape(path, quote=False)}</code></h4>\n\n{first}", *others]
    room = most - len(head) - 200  # for the last line
    shown = bisect(list(accumulate(len(block.encode()) for block in blocks)), room)
    left = len(blocks) - shown
    last = f"{left:,} more problem{'s' * (left != 1)} left out: a summary on GitHub has at most {most:,} bytes.\n" if left else ""
    return head + "".join(blocks[:shown]) + last


def _grouped(problems: Iterable[Problem], key: Callable[[Problem], str]) -> dict[str, list[Problem]]:
    groups: dict[str, list[Problem]] = {}
    for problem in problems:
        groups.setdefault(key(problem), []).append(problem)
    return groups


def _sarif(problems: Sequence[Problem]) -> str:
    """Return SARIF 2.1.0, for code scanning; the properties of a result are the object of the format json.

    Source: https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/sarif-v2.1.0-errata01-os-complete.html
    """
    seen: Counter[str] = Counter()
    run = {
        "tool": {"driver": {"name": "slantbank", "version": version("slantbank"), "rules": [*map(_rule, RULES.values())]}},
        "columnKind": "unicodeCodePoints",
        "results": [_result(problem, seen) for problem in problems],
    }
    schema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
    return _dumps({"$schema": schema, "version": "2.1.0", "runs": [run]})


_SARIF = {"unfinished": "note"}
"""The SARIF levels (3.27.10) of the levels that SARIF does not have."""


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.code,
        "name": rule.name,
        "shortDescription": _message(rule.name.replace("-", " ")),
        "fullDescription": _message(rule.why),
        "help": _message(f"{rule.why} `slantbank explain {rule.code}` shows an example."),
        "defaultConfiguration": {"level": _SARIF.get(rule.level, rule.level)},
    }


def _result(problem: Problem, seen: Counter[str]) -> dict[str, Any]:
    record = _record(problem)
    region = {"startLine": problem.line, "startColumn": problem.column, "endColumn": record["end_column"]}
    fault = problem.source[problem.column - 1 : record["end_column"] - 1]
    snippet = {"snippet": {"text": fault}} if 0 < len(fault) <= _LONGEST else {}
    uri = quote(problem.path, errors="surrogatepass")
    return {
        "ruleId": problem.code,
        "ruleIndex": list(RULES).index(problem.code),
        "level": _SARIF.get(problem.level, problem.level),
        "message": _message(problem.message),
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": uri}, "region": {**region, **snippet}}}],
        **_fixes(problem, uri),
        "partialFingerprints": {"problemLine/v1": _fingerprint(record, seen)},
        "properties": record,
    }


def _fixes(problem: Problem, uri: str) -> dict[str, Any]:
    """Return the edit that `check --fix` would make (SARIF 3.55); a long text is left out."""
    edit = problem.fix
    if edit is None or len(edit.text) > _LONGEST:
        return {}
    region = {
        "startLine": edit.line,
        "startColumn": edit.column,
        "endLine": edit.end_line,
        "endColumn": edit.end_column,
    }
    replacement = {"deletedRegion": region, "insertedContent": {"text": edit.text}}
    return {"fixes": [{"artifactChanges": [{"artifactLocation": {"uri": uri}, "replacements": [replacement]}]}]}


def _message(text: str) -> dict[str, str]:
    """Return a plain text message: braces are doubled (3.11.5), and what looks like a link is escaped (3.11.6)."""
    plain = re.sub(r"([{}])", r"\1\1", printable(text))
    return {"text": re.sub(r"([\\\[\]])", r"\\\1", plain) if "](" in plain else plain}


def _fingerprint(record: dict[str, Any], seen: Counter[str]) -> str:
    """Return a hash of file, rule and line that stays the same when the line moves; equal hashes are numbered."""
    words = "\0".join((record["path"], record["code"], record["source"].strip()))
    digest = hashlib.sha256(words.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    seen[digest] += 1
    return f"{digest}:{seen[digest]}"


def _junit(problems: Sequence[Problem]) -> str:
    """Return JUnit XML: a suite for each file with a failed case for each broken rule; one passed case if there are no problems.

    It is valid by the schemas of Ant, which requires a time and a host, and of Jenkins.
    Source: https://github.com/windyroad/JUnit-Schema, https://github.com/jenkinsci/xunit-plugin (junit-10.xsd)
    """
    suites = {path: _grouped(in_file, _title) for path, in_file in _grouped(problems, _path).items()}
    root = ElementTree.Element("testsuites")
    for number, (path, cases) in enumerate((suites or {"slantbank": {"check": []}}).items()):
        root.append(_suite(number, _xml(path), cases))
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(root, encoding="unicode")}\n'


def _suite(number: int, name: str, cases: dict[str, list[Problem]]) -> ElementTree.Element:
    suite = ElementTree.Element(
        "testsuite",
        name=name,
        id=str(number),
        package="slantbank",
        timestamp="1970-01-01T00:00:00",
        hostname="localhost",
        tests=str(len(cases)),
        failures=str(sum(map(bool, cases.values()))),
        errors="0",
        time="0",
    )
    ElementTree.SubElement(suite, "properties")
    for title, of_rule in cases.items():
        case = ElementTree.SubElement(suite, "testcase", name=title, classname=name, time="0")
        if of_rule:
            message = _xml(printable(of_rule[0].message)) + (f", and {len(of_rule) - 1:,} more" if len(of_rule) > 1 else "")
            failure = ElementTree.SubElement(case, "failure", type=of_rule[0].level, message=message)
            failure.text = _xml("\n".join(show(problem, _LONGEST + 12) for problem in of_rule))
    ElementTree.SubElement(suite, "system-out")
    ElementTree.SubElement(suite, "system-err")
    return suite


def _xml(text: str) -> str:
    """Return a printable text in which the two characters that XML 1.0 (2.2) forbids are escaped."""
    return text.replace("\ufffe", "\\ufffe").replace("\uffff", "\\uffff")


FORMATS: dict[str, Callable[[Sequence[Problem]], str]] = {
    "text": _text,
    "json": _json,
    "github": _github,
    "sarif": _sarif,
    "junit": _junit,
}
"""For each format the function that makes its text. It ends with a line feed; without problems it may be empty."""
