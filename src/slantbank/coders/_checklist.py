"""The GUIDE-LLM checklist for the appendix of a paper, filled in from the metadata of a model in article.toml.

The items have their numbers at https://llm-checklist.com/checklist, and names of our own. Source: GUIDE-LLM, a reporting
checklist for language models in behavioural science (Nature Human Behaviour 2026).
"""

from collections.abc import Sequence

from slantbank.bank import Annotator, Model
from slantbank.coders._prompt import brief, sha256

FILL_IN = "**To be filled in by the author.**"


def checklist(coders: Sequence[Annotator]) -> str:
    """The checklist as Markdown for one model that coded several articles. Raises ValueError if no article names a model."""
    recorded = [(coder, coder.model) for coder in coders if coder.model is not None]
    if not recorded:
        raise ValueError("no article names a model that `slantbank code` asked as this annotator")
    models = [model for _, model in recorded]
    days = sorted({coder.coded for coder, _ in recorded if coder.coded})
    briefs = sorted({coder.brief_sha256 for coder, _ in recorded if coder.brief_sha256})
    same = (
        "the one that `slantbank code --show-prompt` prints" if briefs == [sha256(brief())] else "of another version than this one"
    )
    refused, requests = sum(model.refusals for model in models), sum(model.requests for model in models)
    tokens = sum(model.input_tokens for model in models), sum(model.output_tokens for model in models)
    fingerprints = _join(model.fingerprint or "none given" for model in models)
    temperature, seed = (_join(_or_default(getattr(model, name)) for model in models) for name in ("temperature", "seed"))
    period = " to ".join(map(str, dict.fromkeys([days[0], days[-1]]))) if days else "day unknown"
    items = [
        (
            "A.1 What it was used for",
            f"Labels of {len(recorded)} news texts, by codebook {_join(coder.codebook for coder, _ in recorded)}.",
        ),
        ("A.2 People in the loop", f"None while coding. {FILL_IN} Who checked or adjudicated the labels?"),
        (
            "B.1 Model, provider, version, date",
            (
                f"`{_join(model.name for model in models)}`, as returned by {_join(model.provider for model in models)}; "
                f"fingerprint {fingerprints}; "
                f"weights: {_join(model.weights or 'not stated' for model in models)}; "
                f"{period}. {FILL_IN} Size, and a link."
            ),
        ),
        ("B.2 Access", f"{_join(model.access for model in models)}; each request is a call of its own."),
        (
            "B.3 Parameters",
            (f"Temperature {temperature}; at most {_token_limits(models)} tokens an answer; seed {seed}; {requests:,} requests."),
        ),
        ("B.4 Fine-tuning, customization", FILL_IN),
        (
            "B.5 State kept",
            "None between requests, but that what was wrong with an answer was sent back with it, at most three times.",
        ),
        ("C.1 Prompts", f"SHA-256 {_join(briefs)}, {same}; topic and text follow it. The run record holds every request."),
        (
            "C.2 System instructions",
            "The first part of the prompt is sent as the system message. What a provider adds is not known.",
        ),
        ("D.1 Personal or sensitive data", FILL_IN),
        ("E.1 Validation by people", f"{FILL_IN} `slantbank score` gives the figures against adjudicated labels."),
        (
            "E.2 Filtering, post-processing",
            (
                "Answers were held to the rules of the bank; what broke one after three rounds, was refused or cut off is "
                f"undecided, and nothing was put right. {refused:,} of {requests:,} answers were refusals."
            ),
        ),
        (
            "F.1 Code",
            f"slantbank {_join(model.slantbank for model in models)}; `slantbank code --replay RECORD` gives the labels again.",
        ),
        ("G.1 Funding, relationships", FILL_IN),
        ("Optional: resources", f"{tokens[0]:,} tokens of prompts and {tokens[1]:,} of answers."),
        ("Optional: leakage, bias, choice of model", FILL_IN),
    ]
    head = f"# GUIDE-LLM checklist: annotator {_join(coder.id for coder, _ in recorded)}\n\nNumbers are those of https://llm-checklist.com/checklist."
    return "\n\n".join([head, "\n".join(f"- **{name}.** {text}" for name, text in items)]) + "\n"


def _join(values: object) -> str:
    return ", ".join(dict.fromkeys(map(str, values)))  # type: ignore[call-overload]


def _or_default(value: object) -> str:
    return "not sent" if value is None else str(value)


def _token_limits(models: Sequence[Model]) -> str:
    limits = sorted({model.max_tokens for model in models if model.max_tokens})
    return " to ".join(f"{limit:,}" for limit in dict.fromkeys([limits[0], limits[-1]])) if limits else "an unknown number of"
