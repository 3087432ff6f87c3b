"""Run the fuzzer for long. `structured` needs Hypothesis; `guided`, by coverage, needs atheris (Python 3.11)."""

import argparse
import json
import resource
import sys
import time
import traceback
from hashlib import sha256
from pathlib import Path
from typing import Any

NAMES = ("topic", "article", "annotation", "text")
SLOW = 1.0
ROUND = 1_000


class Run:
    """A run over one target, with its figures; `folder` keeps an input that failed, one for each place in the code."""

    def __init__(self, target: str, bank: Any, folder: Path) -> None:
        self.target, self.bank, self.folder = target, bank, folder
        self.inputs, self.worst, self.faults = 0, 0.0, dict[str, str]()
        self.start = time.monotonic()

    def judge_input(self, data: bytes) -> None:
        """Judge an input; if it fails, keep it, print the error, and go on."""
        from tests.fuzz.target import judge

        self.inputs += 1
        try:
            spent = judge(self.bank, self.target, data, formats_too=self.inputs % 32 == 0)
        except Exception as error:  # noqa: BLE001 - every exception is a finding
            frame = traceback.extract_tb(error.__traceback__)[-1]
            self._keep(f"{type(error).__name__} at {Path(frame.filename).name}:{frame.lineno}: {error}"[:200], data)
            return
        self.worst = max(self.worst, spent)
        if spent > SLOW:
            self._keep("slow", data)

    def _keep(self, fault: str, data: bytes) -> None:
        where = fault.split(": ", maxsplit=1)[0]
        if where not in self.faults:
            name = f"{self.target}-{sha256(data).hexdigest()[:12]}"
            self.folder.mkdir(parents=True, exist_ok=True)
            (self.folder / name).write_bytes(data)
            self.faults[where] = name
            print(f"{fault}: {self.folder / name}", flush=True)

    def figures(self) -> dict[str, Any]:
        """Return the figures of the run."""
        return {
            "target": self.target,
            "inputs": self.inputs,
            "seconds": round(time.monotonic() - self.start),
            "worst_ms": round(1000 * self.worst),
            "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
            "faults": self.faults,
        }


def structured(run: Run, inputs: int, seed: int) -> None:
    """Judge right files with changed values and bytes; in rounds, since Hypothesis remembers every example of a round."""
    import hypothesis

    from tests.fuzz.strategies import anything

    def check(data: bytes) -> None:
        run.judge_input(data)

    rounds = hypothesis.settings(
        max_examples=ROUND,
        database=None,
        deadline=None,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    while run.inputs < inputs:
        seeded = hypothesis.seed(seed + run.inputs)(rounds(hypothesis.given(anything(run.target))(check)))
        seeded()
        print(json.dumps(run.figures()), flush=True)


def guided(run: Run, inputs: int, seed: int, atheris: Any) -> None:
    """Judge bytes that libFuzzer changes to reach new parts of the code; it starts with the files of the tests."""
    from tests.fuzz.target import MINIMAL, TARGETS

    work = run.folder / f"libfuzzer-{run.target}"
    work.mkdir(parents=True, exist_ok=True)
    name = Path(TARGETS[run.target]).name
    for path in MINIMAL.parents[1].rglob(name if run.target != "topic" else "topics/*.toml"):
        if path.stat().st_size <= 4096:
            (work / sha256(path.read_bytes()).hexdigest()[:12]).write_bytes(path.read_bytes())
    words = run.folder / "tokens.dict"
    hexadecimal = (token.hex(" ").split() for token in _tokens())
    words.write_text("".join('"' + "".join(rf"\x{byte}" for byte in token) + '"\n' for token in hexadecimal), encoding="ascii")
    options = [f"-runs={inputs}", f"-seed={seed}", "-max_len=4096", f"-dict={words}", "-timeout=60", "-rss_limit_mb=2048"]

    def judge_and_report(data: bytes) -> None:
        run.judge_input(data)
        if run.inputs % 5_000 == 0 or run.inputs >= inputs:
            print(json.dumps(run.figures()), flush=True)

    atheris.Setup([sys.argv[0], *options, "-print_final_stats=1", str(work)], judge_and_report)
    atheris.Fuzz()


def _tokens() -> list[bytes]:
    """Return the tokens that libFuzzer may insert: punctuation of TOML, and the keys and labels of a bank."""
    from slantbank import codebook
    from slantbank.bank._article import Annotator, Mark, Metadata, Quote, Sentence
    from slantbank.bank._topic import Fact, Party, Topic
    from tests.fuzz.strategies import TOKENS

    models = (Annotator, Mark, Metadata, Quote, Sentence, Fact, Party, Topic)
    keys = {name.encode() for model in models for name in model.model_fields}
    labels = {f'"{label}"'.encode() for labels in codebook.LABELS.values() for label in labels}
    return [*TOKENS, *sorted(keys), *sorted(labels)]


def main() -> None:
    """Run the fuzzer and print its figures; exit code 1 if an input failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("engine", choices=["structured", "guided"])
    parser.add_argument("target", choices=NAMES)
    parser.add_argument("--inputs", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--into", type=Path, default=Path("fuzz-found"), help="Folder for inputs that fail.")
    arguments = parser.parse_args()
    if arguments.engine == "guided":
        import atheris

        with atheris.instrument_imports(include=["slantbank", "tomllib"]):
            from tests.fuzz import target
    else:
        atheris = None
        from tests.fuzz import target
    with target.bank() as bank:
        run = Run(arguments.target, bank, arguments.into)
        if atheris:
            guided(run, arguments.inputs, arguments.seed, atheris)
        else:
            structured(run, arguments.inputs, arguments.seed)
        sys.exit(bool(run.faults))


if __name__ == "__main__":
    main()
