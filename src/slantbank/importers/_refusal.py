"""Refused labels: if a label cannot be read or placed, its whole layer is not coded for that sentence.

The part that could be read is dropped too, since it would pass for all of the layer, and no "none" or default takes its place.
"""

from collections.abc import Collection

from slantbank.bank import Sentence
from slantbank.codebook import SpanLayer

QUOTED_LAYERS = frozenset({"source", "cue", "loaded", "facts", SpanLayer.CONTENT.value, SpanLayer.INFORMATIONAL.value})
"""The layers that are coded by marking words. A mark of unknown layer puts all of them in doubt."""


def layer_key(span: SpanLayer) -> str:
    """The name under which a span's layer is refused: its key in a `Sentence` if it has one.

    >>> layer_key(SpanLayer.FACT), layer_key(SpanLayer.CONTENT)
    ('facts', 'content')
    """
    return "facts" if span is SpanLayer.FACT else span.value


def without_layers(labels: Sentence, refused: Collection[str]) -> Sentence:
    """The labels of a sentence with the refused layers (keys of a sentence, or layers of spans) set to not coded.

    >>> without_layers(Sentence(n=0, text="So.", loaded=(), claim_type="none"), {"loaded"}).loaded is None
    True
    """
    if not refused:
        return labels
    keys = [name for name in _LABEL_KEYS if name in refused]
    spans = tuple(mark for mark in labels.spans if layer_key(mark.layer) not in refused)
    return labels.model_copy(update={**dict.fromkeys(keys), "spans": spans})


def has_labels(labels: Sentence) -> bool:
    """Whether a sentence has a label, a span or a score; a note alone does not count.

    >>> has_labels(Sentence(n=0, text="So.", note="Hm.")), has_labels(Sentence(n=0, text="So.", loaded=()))
    (False, True)
    """
    return bool(labels.spans or labels.scores) or any(getattr(labels, name) is not None for name in _LABEL_KEYS)


_LABEL_KEYS = (
    *("claim_type", "attribution", "source", "cue", "source_type", "source_party", "source_perspective"),
    *("stance", "loaded", "facts"),
)
