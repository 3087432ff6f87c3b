"""What somebody who has a withheld article and a dictionary gets for an hour of one core: `python -m benchmarks.guessing`.

The attacker knows each sentence's length and number of words, and wants a short one. Three-word sentences are tried from a word
list: against a hash of each sentence, as 0.1 kept it; against its check, every sentence above being known, which is the best case;
and against the slow hash of the whole text, all others being known.
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
WANTED = "He said no."


def guesses() -> Iterator[str]:
    """Three-word sentences of eleven characters, the likeliest words of the documentation first."""
    found = dict.fromkeys(("he", "said", "no", "she", "they", "left", "came"), 10**6)
    for path in sorted(Path(__file__).parents[1].glob("docs/*.md")):
        for word in re.findall(r"[a-z]+", path.read_text(encoding="utf-8").casefold()):
            found[word] = found.get(word, 0) + 1
    words = sorted(found, key=lambda word: -found[word])[:2000]
    for three in itertools.product(words, repeat=3):
        line = " ".join(three).capitalize() + "."
        if len(line) == len(WANTED):
            yield line


def attack(fits: Callable[[str], bool], seconds: float) -> str:
    """How many guesses an hour were tried, and how many of them fit."""
    tried, found, start = 0, [], time.process_time()
    for tried, line in enumerate(guesses(), 1):  # noqa: B007 - the count is wanted
        found += [line] * fits(line)
        if time.process_time() - start > seconds:
            break
    rate = tried / (time.process_time() - start) * 3600
    return f"{rate:,.0f} guesses an hour; {len(found):,} of {tried:,} fit{', as ' + found[0] if len(found) == 1 else ''}"


def main() -> None:
    """Try each and print a line for it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60, help="how long each attack runs (60)")
    seconds = parser.parse_args().seconds
    plain = hashlib.sha256(WANTED.encode()).hexdigest()
    above = withheld._begun("x")
    for line in ABOVE:
        above = withheld._longer(above, line)
    bits = withheld._bits([*ABOVE, WANTED, "More."], len(ABOVE))
    check = withheld._first_bits(withheld._longer(above, WANTED), bits)
    known = "\n".join(ABOVE)
    slow = withheld._slow("x", "text", f"{known}\n{WANTED}\n")
    ways: dict[str, Callable[[str], bool]] = {
        "a hash of the sentence (0.1)": lambda line: hashlib.sha256(line.encode()).hexdigest() == plain,
        f"its check of {bits} bit": lambda line: withheld._first_bits(withheld._longer(above, line), bits) == check,
        "the slow hash of the text": lambda line: withheld._slow("x", "text", f"{known}\n{line}\n") == slow,
    }
    for name, fits in ways.items():
        print(f"{name}: {attack(fits, seconds)}")


if __name__ == "__main__":
    main()
