"""A refused label is not a decided one: what is left of a sentence's labels where some of them could not be taken.

Whatever cannot be read, placed or understood is remarked where it stands. Then nothing at all is said on its sentence about the
layer that it belongs to: not the part that could be read, which would pass for all of it, nor "none", nor a default.
"""

from collections.abc import Collection

from slantbank.bank import Sentence
from slantbank.codebook import SpanLayer

QUOTED_LAYERS = frozenset({"source", "cue", "loaded", "facts", SpanLayer.CONTENT.value, SpanLayer.INFORMATIONAL.value})
"""The names of the layers that are marked in words: all of them are in doubt where a mark does not say whose it is."""


def layer_key(span: SpanLayer) -> str:
    """The name by which the layer of a span is refused: that of the key of a sentence, where there is one.

    >>> layer_key(SpanLayer.FACT), layer_key(SpanLayer.CONTENT)
    ('facts', 'content')
    """
    return "facts" if span is SpanLayer.FACT else span.value


def without_layers(labels: Sentence, refused: Collection[str]) -> Sentence:
    """The labels of a sentence without those of refused layers (keys of a sentence, or layers of spans): these are not coded.

    >>> without_layers(Sentence(n=0, text="So.", loaded=(), claim_type="none"), {"loaded"}).loaded is None
    True
    """
    if not refused:
        return labels
    keys = [name for name in _LABEL_KEYS if name in refused]
    spans = tuple(mark for mark in labels.spans if layer_key(mark.layer) not in refused)
    return labels.model_copy(update={**dict.fromkeys(keys), "spans": spans})


def has_labels(labels: Sentence) -> bool:
    """Whether anything is said of a sentence: a label, a span, or a rating; a note is none.

    >>> has_labels(Sentence(n=0, text="So.", note="Hm.")), has_labels(Sentence(n=0, text="So.", loaded=()))
    (False, True)
    """
    return bool(labels.spans or labels.scores) or any(getattr(labels, name) is not None for name in _LABEL_KEYS)


_LABEL_KEYS = (
    *("claim_type", "attribution", "source", "cue", "source_type", "source_party", "source_perspective"),
    *("stance", "loaded", "facts"),
)
