"""A dictionary attack on a withheld article: how many guesses an attacker can try in an hour of one core, and how many fit.

`python -m benchmarks.guessing` runs it. The attacker knows the length and number of words of each sentence, and looks for a short
one. Three-word sentences from a word list are tried against a hash of the sentence, as version 0.1 kept it; against its check, in
the best case that every sentence above is known; and against the slow hash of the whole text, where all other sentences are known.
"""

import argparse
import hashlib
import itertools
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from slantbank.bank import withheld

ABOVE = ["A vote in a town", "The council met in the evening.", "Nobody came to the door."]
SECRET = "He said no."


def guesses() -> Iterator[str]:
    """Three-word sentences of eleven characters, the most frequent words of the documentation first."""
    counts = dict.fromkeys(("he", "said", "no", "she", "they", "left", "came"), 10**6)
    for path in sorted(Path(__file__).parents[1].glob("docs/*.md")):
        for word in re.findall(r"[a-z]+", path.read_text(encoding="utf-8").casefold()):
            counts[word] = counts.get(word, 0) + 1
    words = sorted(counts, key=lambda word: -counts[word])[:2000]
    for three in itertools.product(words, repeat=3):
        line = " ".join(three).capitalize() + "."
        if len(line) == len(SECRET):
            yield line


def attack(fits: Callable[[str], bool], seconds: float) -> str:
    """The rate of guesses an hour and the number that fit, in words."""
    tried, fitting, start = 0, [], time.process_time()
    for tried, line in enumerate(guesses(), 1):  # noqa: B007 - the count is used below
        fitting += [line] * fits(line)
        if time.process_time() - start > seconds:
            break
    rate = tried / (time.process_time() - start) * 3600
    return f"{rate:,.0f} guesses an hour; {len(fitting):,} of {tried:,} fit{', as ' + fitting[0] if len(fitting) == 1 else ''}"


def main() -> None:
    """Run each attack and print a line for it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60, help="how long each attack runs (60)")
    seconds = parser.parse_args().seconds
    plain = hashlib.sha256(SECRET.encode()).hexdigest()
    above = withheld._start_hash("x")
    for line in ABOVE:
        above = withheld._extend(above, line)
    bits = withheld._bits([*ABOVE, SECRET, "More."], len(ABOVE))
    check = withheld._first_bits(withheld._extend(above, SECRET), bits)
    text = "\n".join(ABOVE)
    slow = withheld._slow_hash("x", "text", f"{text}\n{SECRET}\n")
    ways: dict[str, Callable[[str], bool]] = {
        "a hash of the sentence (0.1)": lambda line: hashlib.sha256(line.encode()).hexdigest() == plain,
        f"its check of {bits} bit": lambda line: withheld._first_bits(withheld._extend(above, line), bits) == check,
        "the slow hash of the text": lambda line: withheld._slow_hash("x", "text", f"{text}\n{line}\n") == slow,
    }
    for name, fits in ways.items():
        print(f"{name}: {attack(fits, seconds)}")


if __name__ == "__main__":
    main()
