"""Which labels of an article its coders have decided, and which are left. Unfinished labels are no error."""

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from slantbank.bank._article import Draft
from slantbank.codebook import Attribution, Layer

_MANY = ("stance", "loaded", "facts")
_BLANK = ("claim_type", "attribution", "source_perspective", *_MANY)
"""The keys for which `""` means undecided. For the words of a source or cue it may be the decision that there are none."""
SINGLE = ("claim_type", "attribution", "source_type", "source_party", "source_perspective")
"""The keys with a single label, which is decided once it has a value."""
_ATTRIBUTED = ("source", "cue", "source_type", "source_party")
_LAYERS = tuple(layer.value for layer in Layer)


class Progress(NamedTuple):
    """The number of sentences that an annotator has decided, and the number of sentences of the article."""

    decided: int
    sentences: int

    @property
    def is_whole(self) -> bool:
        """Whether every sentence is decided."""
        return self.decided == self.sentences


def undecided_keys(sentence: Mapping[str, Any]) -> list[str]:
    """Return the undecided keys of a sentence, as it is in TOML: those that are blank or listed in `undecided`.

    A single label with a value is decided even if it is listed. A key with several values (quoted words, parties, facts) may hold
    some from a program, so it is undecided as long as it is listed. Keys about a source are not asked for the author's own voice.

    >>> labels = {"claim_type": "", "attribution": "author", "facts": {"a": "b"}, "undecided": ["attribution", "cue", "facts"]}
    >>> undecided_keys(labels)
    ['claim_type', 'facts']
    """
    blank = [key for key in _BLANK if sentence.get(key) == ""]
    author = sentence.get("attribution") == Attribution.AUTHOR
    listed = [key for key in sentence.get("undecided", ()) if key and key not in blank]
    return blank + [key for key in listed if not (key in SINGLE and sentence.get(key)) and not (author and key in _ATTRIBUTED)]


def missing_layers(sentence: Mapping[str, Any], layers: Collection[str] = _LAYERS) -> list[str]:
    """Return those of `layers` for which a sentence, as it is in TOML, has no key; no source type for an author's own voice.

    >>> missing_layers({"claim_type": "", "attribution": "direct", "stance": {}}, ["claim_type", "source_type", "stance", "loaded"])
    ['source_type', 'loaded']
    """
    attributed = sentence.get("attribution") not in (None, "", Attribution.AUTHOR)
    silent = [layer for layer in layers if layer not in sentence and layer != Layer.SOURCE_TYPE]
    silent += [Layer.SOURCE_TYPE.value] * (attributed and Layer.SOURCE_TYPE in layers and not sentence.get("source_type"))
    return [layer for layer in layers if layer in silent and layer not in sentence.get("undecided", ())]


def layers(draft: Draft) -> dict[str, list[str]]:
    """Return the layers that each annotator of an article codes; annotators whose `layers` cannot be read are left out."""
    result: dict[str, list[str]] = {}
    for i, annotator in enumerate(draft.meta.tree.get("annotator", []) if draft.meta else []):
        if "id" in annotator and draft.meta and not draft.meta.unread("annotator", i, "layers"):
            named = annotator.get("layers", _LAYERS)
            result.setdefault(annotator["id"], [layer for layer in _LAYERS if layer in named])
    return result


def progress(draft: Draft) -> dict[str, Progress]:
    """Return how many sentences each annotator of an article has decided."""
    layers_of, count = layers(draft), len(draft.lines)
    result = {}
    for name, document in draft.annotations.items():
        asked = layers_of.get(name, _LAYERS)
        rows = [row for row in document.tree.get("sentence", []) if row]
        decided = {row.get("n") for row in rows if not undecided_keys(row) and not missing_layers(row, asked)}
        result[name] = Progress(len(decided & set(range(count))), count)
    return result
