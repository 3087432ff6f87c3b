"""The rule book: why each rule exists, an example of wrong data, the message of the check, and right data.

An example is an edit of one small bank. The messages come from running the check on it.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

from slantbank import bank
from slantbank.codebook import DECISION_RULES, RULE_IDS, SECTIONS
from slantbank.problem import Example, Rule, nearest, printable, quoted
from slantbank.rules._check import GROUPS, RULES
from slantbank.rules._example import BANK, edited, write
from slantbank.rules._run import Run


def explain(rule: str) -> str:
    """Explain the rule of a code or name, in Markdown: why it exists, wrong data, the message of the check, and right data.

    A decision rule of the codebook (such as 3.2) or a ruling (such as `0.1 wishes`) is explained with its section and all
    rulings of its number. Raises ValueError for an unknown rule, with the nearest name.
    """
    word = rule.strip().casefold()
    if word in RULE_IDS:
        return _decision_rule(word.partition(" ")[0])
    for rule_ in RULES.values():
        if word in (rule_.code.casefold(), rule_.name):
            return _rule(rule_)
    choices = [*RULES, *(rule_.name for rule_ in RULES.values()), *DECISION_RULES]
    raise ValueError(f"no rule {quoted(rule)}; {nearest(rule, choices)}")


def _rule(rule: Rule) -> str:
    parts = [f"{rule.code} {rule.name} ({rule.level})", rule.why]
    if example := rule.example:
        parts += [f"Wrong, in {example.file}:", _block(example.wrong)]
        parts += ["Message:", _block(_message(rule, example)), "Right:", _block(example.right)]
    return "\n\n".join(parts) + "\n"


def _message(rule: Rule, example: Example) -> str:
    """Return the message of the rule for its wrong example."""
    try:
        with TemporaryDirectory() as name:
            write(edited(BANK, example.file, example.right, example.wrong), Path(name))
            return next(iter(rule.find(Run(bank.draft(Path(name)))))).message
    except OSError as error:  # some systems do not allow every user to make a link
        return f"(cannot be tried here: {error.strerror})"


def _decision_rule(number: str) -> str:
    section = SECTIONS[int(number.partition(".")[0])]
    parts = [f"{number} {section.title} (a decision rule of the codebook)", str(DECISION_RULES[number])]
    return "\n\n".join([*parts, section.preamble.text] if number in section.rules else parts) + "\n"


def rulebook() -> str:
    """Return all rules as a Markdown page, in order and by group, with the bank of the examples."""
    parts = [
        "# Rules",
        "<!-- Rendered by `slantbank render` from the code; edit there. -->",
        (
            "`slantbank check` applies these rules. The code of a rule never changes. The level says what a breach means: an error "
            "or a warning, or *unfinished*, which is no error: a build leaves unfinished labels out. Each example is an edit of "
            "the small bank at the end of this page. Characters that are invisible or not UTF-8 are shown as escapes; … stands for "
            "more of the same."
        ),
    ]
    for start, group in GROUPS.items():
        parts.append(f"## {start}: {(group.__doc__ or '').rstrip('.')}")
        parts += [f"### {_rule(rule).rstrip()}" for code, rule in RULES.items() if code.startswith(start)]
    parts.append("## The bank of the examples")
    for path, text in BANK.items():
        parts += [f"`{path}`:", _block(text, most=len(text))]
    return "\n\n".join(parts) + "\n"


def _block(text: str | None, most: int = 8) -> str:
    """Return the first lines of a text as a Markdown code block, with invisible characters as escapes."""
    if not text:
        return "    (no such file)" if text is None else "    (an empty file)"
    seen = text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    lines = seen.removesuffix("\n").split("\n")
    shown = lines if len(lines) <= most else [*lines[: most - 1], "…"]
    return "\n".join(f"    {printable(line)}" if line else "" for line in shown)
