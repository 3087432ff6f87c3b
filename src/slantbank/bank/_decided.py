"""What of an article's labels its coders have decided, and what is left to do. Unfinished is a state of labels, and no fault."""

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from slantbank.bank._article import Draft
from slantbank.codebook import Attribution, Layer

_MANY = ("stance", "loaded", "facts")
_BLANK = ("claim_type", "attribution", "source_perspective", *_MANY)
"""The keys whose value `""` is no decision. The words of a source or cue may be decided to be none."""
SINGLE = ("claim_type", "attribution", "source_type", "source_party", "source_perspective")
"""The keys with one label, which is decided as soon as it has a value."""
_ATTRIBUTED = ("source", "cue", "source_type", "source_party")
_LAYERS = tuple(layer.value for layer in Layer)


class Progress(NamedTuple):
    """How many of an article's sentences an annotator has decided, of how many."""

    decided: int
    sentences: int

    @property
    def is_whole(self) -> bool:
        """Whether nothing is left to decide."""
        return self.decided == self.sentences


def waiting(sentence: Mapping[str, Any]) -> list[str]:
    """The keys of a sentence, as TOML has it, that stand there undecided: blank, or listed in `undecided`.

    A label with a value is decided, listed or not. Of quoted words, parties and facts a program may have filled in some, so that
    the name has to be taken out. What is asked of a source alone is not asked of the author's own voice.

    >>> waiting({"claim_type": "", "attribution": "author", "facts": {"a": "b"}, "undecided": ["attribution", "cue", "facts"]})
    ['claim_type', 'facts']
    """
    blank = [key for key in _BLANK if sentence.get(key) == ""]
    author = sentence.get("attribution") == Attribution.AUTHOR
    listed = [key for key in sentence.get("undecided", ()) if key and key not in blank]
    return blank + [key for key in listed if not (key in SINGLE and sentence.get(key)) and not (author and key in _ATTRIBUTED)]


def missing(sentence: Mapping[str, Any], layers: Collection[str] = _LAYERS) -> list[str]:
    """The layers to decide of which a sentence, as TOML has it, says nothing at all; of an author's own voice no source type.

    >>> missing({"claim_type": "", "attribution": "direct", "stance": {}}, ["claim_type", "source_type", "stance", "loaded"])
    ['source_type', 'loaded']
    """
    attributed = sentence.get("attribution") not in (None, "", Attribution.AUTHOR)
    silent = [layer for layer in layers if layer not in sentence and layer != Layer.SOURCE_TYPE]
    silent += [Layer.SOURCE_TYPE.value] * (attributed and Layer.SOURCE_TYPE in layers and not sentence.get("source_type"))
    return [layer for layer in layers if layer in silent and layer not in sentence.get("undecided", ())]


def layers(draft: Draft) -> dict[str, list[str]]:
    """The layers that each annotator of an article decides for every sentence; those whose layers cannot be read are left out."""
    found: dict[str, list[str]] = {}
    for i, annotator in enumerate(draft.meta.tree.get("annotator", []) if draft.meta else []):
        if "id" in annotator and draft.meta and not draft.meta.unread("annotator", i, "layers"):
            named = annotator.get("layers", _LAYERS)
            found.setdefault(annotator["id"], [layer for layer in _LAYERS if layer in named])
    return found


def progress(draft: Draft) -> dict[str, Progress]:
    """How far each annotator of an article is."""
    asked, count = layers(draft), len(draft.lines)
    found = {}
    for name, document in draft.annotations.items():
        sentences = document.tree.get("sentence", [])
        done = {one.get("n") for one in sentences if one and not waiting(one) and not missing(one, asked.get(name, _LAYERS))}
        found[name] = Progress(len(done & set(range(count))), count)
    return found
