"""A bank's folders and files, and the values that they hold: topics, articles, annotations."""

from typing import TYPE_CHECKING

from slantbank._lazy import lazy

if TYPE_CHECKING:
    from slantbank.bank import _article as article
    from slantbank.bank import _segment as segment
    from slantbank.bank import _topic as topic
    from slantbank.bank import _version as version
    from slantbank.bank import _withheld as withheld
    from slantbank.bank._article import (
        Annotation as Annotation,
    )
    from slantbank.bank._article import (
        Annotator as Annotator,
    )
    from slantbank.bank._article import (
        Article as Article,
    )
    from slantbank.bank._article import (
        Draft as Draft,
    )
    from slantbank.bank._article import (
        Mark as Mark,
    )
    from slantbank.bank._article import (
        Metadata as Metadata,
    )
    from slantbank.bank._article import (
        Quote as Quote,
    )
    from slantbank.bank._article import (
        Sentence as Sentence,
    )
    from slantbank.bank._article import (
        dumps as dumps,
    )
    from slantbank.bank._article import (
        sha256 as sha256,
    )
    from slantbank.bank._bank import (
        BUILT as BUILT,
    )
    from slantbank.bank._bank import (
        Bank as Bank,
    )
    from slantbank.bank._bank import (
        Progress as Progress,
    )
    from slantbank.bank._bank import (
        changelog as changelog,
    )
    from slantbank.bank._bank import (
        draft as draft,
    )
    from slantbank.bank._bank import (
        is_id as is_id,
    )
    from slantbank.bank._bank import (
        listed as listed,
    )
    from slantbank.bank._bank import (
        uncollected as uncollected,
    )
    from slantbank.bank._bank import (
        without_axis as without_axis,
    )
    from slantbank.bank._topic import (
        FIRST_NEWS as FIRST_NEWS,
    )
    from slantbank.bank._topic import (
        ID_PATTERN as ID_PATTERN,
    )
    from slantbank.bank._topic import (
        LONGEST_ID as LONGEST_ID,
    )
    from slantbank.bank._topic import (
        Id as Id,
    )
    from slantbank.bank._topic import (
        Party as Party,
    )
    from slantbank.bank._topic import (
        Table as Table,
    )
    from slantbank.bank._topic import (
        Text as Text,
    )
    from slantbank.bank._topic import (
        Topic as Topic,
    )
    from slantbank.bank._version import (
        CHANGELOG as CHANGELOG,
    )
    from slantbank.bank._version import (
        Level as Level,
    )
    from slantbank.bank._version import (
        Version as Version,
    )
    from slantbank.bank._version import (
        is_newer as is_newer,
    )
    from slantbank.bank._version import (
        newest as newest,
    )

__getattr__, __dir__ = lazy(
    __name__,
    _article="Annotation Annotator Article Draft Mark Metadata Quote Sentence dumps sha256",
    _bank="BUILT Bank Progress changelog draft is_id listed uncollected without_axis",
    _topic="FIRST_NEWS ID_PATTERN Id LONGEST_ID Party Table Text Topic",
    _version="CHANGELOG Level Version is_newer newest",
    modules="article segment topic version withheld",
)
