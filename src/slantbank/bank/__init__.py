"""The folders and files of a bank, and the values in them: topics, articles, annotations."""

from typing import TYPE_CHECKING

from slantbank._lazy import lazy

if TYPE_CHECKING:
    from slantbank.bank import _alike as alike
    from slantbank.bank import _article as article
    from slantbank.bank import _decided as decided
    from slantbank.bank import _fingerprint as fingerprint
    from slantbank.bank import _segment as segment
    from slantbank.bank import _topic as topic
    from slantbank.bank import _version as version
    from slantbank.bank import _withheld as withheld
    from slantbank.bank._article import Annotation, Annotator, Article, Draft, Mark, Metadata, Model, Quote, Sentence, dumps, sha256
    from slantbank.bank._bank import (
        BUILT,
        RECORDS,
        Bank,
        Progress,
        changelog,
        draft,
        is_id,
        list_entries,
        portions,
        topics,
        without_axis,
    )
    from slantbank.bank._garbled import find_garbled
    from slantbank.bank._quotes import Quotation, listed_at, loaded_at, matches_at, quotations, quoted_at
    from slantbank.bank._topic import FIRST_NEWS, ID_PATTERN, LONGEST_ID, Fact, Id, Party, Table, Text, Topic
    from slantbank.bank._version import CHANGELOG, Level, Version, is_newer, newest
else:
    __getattr__, __dir__ = lazy(
        __name__,
        _article="Annotation Annotator Article Draft Mark Metadata Model Quote Sentence dumps sha256",
        _bank="BUILT RECORDS Bank Progress changelog draft is_id list_entries portions topics without_axis",
        _garbled="find_garbled",
        _quotes="Quotation listed_at loaded_at matches_at quotations quoted_at",
        _topic="FIRST_NEWS ID_PATTERN LONGEST_ID Fact Id Party Table Text Topic",
        _version="CHANGELOG Level Version is_newer newest",
        modules="alike article decided fingerprint segment topic version withheld",
    )
