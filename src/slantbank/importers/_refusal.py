"""A refused label is not a decided one: what is left of a sentence's labels where some of them could not be taken.

Whatever cannot be read, placed or understood is remarked where it stands. Then nothing at all is said on its sentence about the
layer that it belongs to: not the part that could be read, which would pass for all of it, nor "none", nor a default.
"""

from collections.abc import Collection

from slantbank.bank import Sentence
from slantbank.codebook import SpanLayer

WORDS = frozenset({"source", "cue", "loaded", "facts", SpanLayer.CONTENT.value, SpanLayer.INFORMATIONAL.value})
"""The names of the layers that are marked in words: all of them are in doubt where a mark does not say whose it is."""


def layer(span: SpanLayer) -> str:
    """The name by which the layer of a span is refused: that of the key of a sentence, where there is one.

    >>> layer(SpanLayer.FACT), layer(SpanLayer.CONTENT)
    ('facts', 'content')
    """
    return "facts" if span is SpanLayer.FACT else span.value


def without(labels: Sentence, refused: Collection[str]) -> Sentence:
    """The labels of a sentence without those of refused layers (keys of a sentence, or layers of spans): these are not coded.

    >>> without(Sentence(n=0, text="So.", loaded=(), claim_type="none"), {"loaded"}).loaded is None
    True
    """
    if not refused:
        return labels
    keys = [name for name in _KEYS if name in refused]
    spans = tuple(mark for mark in labels.spans if layer(mark.layer) not in refused)
    return labels.model_copy(update={**dict.fromkeys(keys), "spans": spans})


def states(labels: Sentence) -> bool:
    """Whether anything is said of a sentence: a label, a span, or a rating; a note is none.

    >>> states(Sentence(n=0, text="So.", note="Hm.")), states(Sentence(n=0, text="So.", loaded=()))
    (False, True)
    """
    return bool(labels.spans or labels.scores) or any(getattr(labels, name) is not None for name in _KEYS)


_KEYS = (
    *("claim_type", "attribution", "source", "cue", "source_type", "source_party", "source_perspective"),
    *("stance", "loaded", "facts"),
)
