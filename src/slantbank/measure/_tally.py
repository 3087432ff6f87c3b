"""What each article, or each sentence, adds to the sums that measures are ratios of, for millions of sentences at once.

Labels take few values. So rows are not summed for one measure after another. They are counted by unit and *cell*, a combination
of values, at once for all measures that read the same columns; a measure's expressions are evaluated once for each cell; and
what a unit adds to a measure is a product of matrices, counts × what a row in each cell adds. Rows are taken a chunk at a time,
so that what is reckoned of them stays in the processor's cache.

A *unit* is what is resampled: an article, or a sentence of an article that is alone in its group.
"""

import os
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise, product
from threading import Lock
from typing import Any, Literal, NamedTuple, Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from slantbank.codebook import LABELS, Attribution, Side, SpanLayer, Unit

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Key = tuple[str, str]
Sums = tuple[pl.Expr, pl.Expr]

ROWS = 250_000
"""How many rows are taken at a time."""

_ONE = Lock()
"""One thread at a time takes up what it found; what each finds, it reckons by itself."""


def each(function: Callable[[Any], Any], things: Iterable[Any]) -> Iterator[Any]:
    """The function's results for the things, in order; by several threads, which numpy and polars let run at once."""
    waiting = deque(things)
    workers = min(os.cpu_count() or 1, len(waiting))
    if workers < 2:
        yield from map(function, waiting)
        return
    # products of matrices, which would start threads of their own and wait for each other's, stay in their thread
    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(workers) as pool:
        # each is let go of as it is taken up, and with it what it keeps
        yield from pool.map(function, (waiting.popleft() for _ in range(len(waiting))))


WORDS = ("n_words", "loaded_words")
"""Numbers of words. An expression that reads any is in proportion to the first of these that it reads."""

SUMMED = frozenset({"sentences", "parties", "sides"})
"""What rows measures are summed over, where units can be sentences."""

SIDES = tuple(map(str, Side))

VALUES: dict[str, tuple[Any, ...]] = {
    **{column: tuple(map(str, labels)) for column, labels in LABELS.items()},
    "source_side": SIDES,
    "quarter": (1, 2, 3, 4),
    "value": (-1, 0, 1),
    "loaded_words": (1,),  # in a cell: whether it is coded
}
"""The values of the columns by which cells are told apart; null is one more."""


class Stated(Protocol):
    """What is read of a measure: see `compare.Measure`."""

    @property
    def items(self) -> Mapping[str, Sums]:
        """Numerator and denominator of each item."""

    @property
    def rows(self) -> Literal["sentences", "parties", "sides", "articles"]:
        """What they are summed over."""


class Added(NamedTuple):
    """What each unit of a group adds to the numerators `x` and denominators `y` of some measures' items."""

    keys: list[Key]
    x: Floats  # keys × units × coders
    y: Floats


class Group(NamedTuple):
    """A group of articles: its name, whether it is one article alone, and its units."""

    name: Any
    alone: bool
    units: Ints


class Registry:
    """The topics of some articles and their parties, by number."""

    def __init__(self, topics: pl.Series, parties: pl.DataFrame) -> None:
        self.topics: list[str] = topics.unique().sort().to_list()
        own = parties.filter(pl.col("topic_id").is_in(self.topics))
        self.parties: list[str] = own["party_id"].unique().sort().to_list()
        shape = (len(self.topics) + 1, len(self.parties) + 1)  # the last of each for none
        self.sides = np.zeros(shape, np.int64)
        """For each topic and party the number of its side, from 1 as in `VALUES`; 0 if the topic has no such party."""
        place = (_codes(own["topic_id"], self.topics), _codes(own["party_id"], self.parties))
        self.sides[place] = 1 + _codes(own["side"], SIDES)
        there = self.sides > 0
        self.places = np.where(there, there.cumsum(axis=1) - 1, -1)
        """For each topic and party its place among the topic's parties; -1 if the topic has no such party."""


@dataclass(frozen=True, eq=False)
class Rows:
    """The labelled rows, of which those of a `unit` (headline or body) of the `chosen` ones of the `articles` are measured.

    Articles are all that there are, sorted by id; the chosen ones have a `group`, and are or are not `alone` in it. Rows are in
    the order of their articles: those of each of `found` begin at its place in `starts`. Of several coders, each has rows of
    its own.
    """

    frame: pl.DataFrame
    starts: Ints
    found: Ints
    articles: pl.DataFrame
    registry: Registry
    facts: pl.DataFrame
    unit: Unit
    coders: tuple[str, ...]

    @classmethod
    def of(cls, frame: pl.DataFrame, articles: pl.DataFrame, *others: Any, first: Ints | None = None) -> "Rows":
        """The rows of a frame in any order; `first` is where other articles begin in it, if that is known."""
        ids = frame["article_id"]
        first = starts(ids) if first is None else first
        found = articles["article_id"].search_sorted(ids.gather(first)).to_numpy().astype(np.int64)
        if (np.diff(found) <= 0).any():
            return cls.of(frame.sort("article_id", maintain_order=True), articles, *others)
        return cls(frame, first, found, articles, *others)

    def chunks(self) -> "Iterator[Chunk]":
        """The rows, some at a time; all rows of an article are in one chunk."""
        bounds = np.append(self.starts, self.frame.height)
        first = [0, *np.searchsorted(self.starts, range(ROWS, self.frame.height, ROWS)).tolist()]
        for one, following in pairwise([*dict.fromkeys(first), len(self.starts)]):
            start, end = bounds[[one, following]].tolist()
            if start < end:
                yield Chunk(self, self.frame.slice(start, end - start), bounds[one:following] - start, self.found[one:following])

    @cached_property
    def chosen(self) -> Bools:
        """For each article, whether it is chosen."""
        return self.articles["chosen"].to_numpy()

    @cached_property
    def topic(self) -> Ints:
        """For each article the number of its topic."""
        return _codes(self.articles["topic_id"], self.registry.topics)

    def articles_where(self, tests: Mapping[str, pl.Expr]) -> dict[str, Bools]:
        """For each article and each test, whether it holds of any of its rows that are measured."""
        found = {name: np.zeros(self.articles.height, np.bool_) for name in tests}

        def look(chunk: Chunk) -> None:
            held = chunk.frame.select(test.fill_null(value=False).alias(name) for name, test in tests.items())
            for name in tests:
                where = np.logical_or.reduceat(held[name].to_numpy() & chunk.measured, chunk.starts)
                found[name][chunk.articles[where]] = True

        for _ in each(look, self.chunks()):
            pass
        return found


class Chunk:
    """Some of the rows, and what is reckoned of each."""

    def __init__(self, rows: Rows, frame: pl.DataFrame, starts: Ints, articles: Ints) -> None:
        self.rows, self.frame, self.starts, self.articles = rows, frame, starts, articles
        lengths = np.diff(starts, append=frame.height)
        self.article = np.repeat(articles, lengths)
        """For each row its article."""
        self.measured: Bools = (frame["unit"] == rows.unit).to_numpy() & np.repeat(rows.chosen[articles], lengths)
        """Which rows are measured."""
        self.coder: Any = 0 if len(rows.coders) == 1 else _codes(frame["annotator_id"], rows.coders)
        """For each row the number of its coder."""
        self._kept: dict[str, Any] = {}  # and no cached_property, whose lock keeps other threads waiting before Python 3.12

    def codes(self, column: str) -> Any:
        """For each row the number of its value in `VALUES`, from 1, and 0 for null; of a topic or party that in the registry."""
        if column not in self._kept:
            self._kept[column] = self._codes(column)
        return self._kept[column]

    def _codes(self, column: str) -> Any:
        registry = self.rows.registry
        if column == "topic_id":
            return self.rows.topic[self.article]
        if column == "source_party":
            return _codes(self.frame["source_party"], registry.parties)
        if column == "source_side":
            return registry.sides[self.codes("topic_id"), self.codes("source_party")]
        if column == "quarter":
            n = self.frame["n"].to_numpy().astype(np.int64)
            body = (
                self.rows.articles["n_sentences"].fill_null(1).to_numpy().astype(np.int64)[self.article] - 1
            )  # all but the headline
            return np.where(n > 0, (n - 1) * 4 // np.maximum(body, 1) + 1, 0)
        if column in WORDS:
            return self.frame[column].is_not_null().to_numpy()
        test: Any = pl
        for code, value in enumerate(VALUES[column], 1):
            test = test.when(pl.col(column) == value).then(pl.lit(code, pl.UInt8))
        return self.frame.select(test.otherwise(pl.lit(0, pl.UInt8))).to_series().to_numpy()

    def words(self, column: str) -> Floats:
        """For each row a number of words, 0 for null."""
        return self.frame[column].fill_null(0).to_numpy().astype(np.float64)


class Tally:
    """What each unit adds to each measure; units are articles or, by `sentences`, the sentences of articles alone in a group.

    Sentences add nothing to measures that are summed over articles.
    """

    def __init__(self, rows: Rows, measures: Mapping[str, Stated], *, sentences: bool = False) -> None:
        self.rows, self.measures, self.coders = rows, measures, len(rows.coders)
        self.sentences = sentences
        if sentences:
            self._most = int(rows.frame["n"].max() or 0) + 1  # type: ignore[arg-type]
            keys = [self._keys(chunk) for chunk in rows.chunks()]
            self._units = np.unique(np.concatenate([key[key >= 0] for key in keys] or [np.zeros(0, np.int64)]))
            self.of_article, self.n = self._units // self._most, self._units % self._most
        else:
            self.of_article = np.arange(rows.articles.height)
        self.size = len(self.of_article)
        self._measured = np.zeros(rows.articles.height, np.bool_)
        self._cells = Cells((self.size, self.coders), self._chosen("sentences"))
        places = int(rows.registry.places.max(initial=0)) + 1
        self._mentions = Cells((self.size, self.coders, places), self._chosen("parties"), self._chosen("sides"))
        self._numbers = Numbers(self) if self._chosen("articles") and not sentences else None
        for _ in each(self._count, rows.chunks()):
            pass
        if self._numbers:
            self._numbers.sum_up()

    def _chosen(self, kind: str) -> dict[Key, Sums]:
        """The items of all measures that are summed over such rows, with their expressions."""
        chosen = {name: one.items for name, one in self.measures.items() if one.rows == kind}
        return {(name, item): sums for name, items in chosen.items() for item, sums in items.items()}

    def _keys(self, chunk: Chunk) -> Ints:
        """For each row the number of its sentence; -1 if it is none of an article alone in its group."""
        wanted = chunk.measured & self.rows.articles["alone"].to_numpy()[chunk.article]
        return np.where(wanted, chunk.article * self._most + chunk.frame["n"].to_numpy(), -1)

    def _count(self, chunk: Chunk) -> None:
        if self.sentences:
            keys = self._keys(chunk)
            unit: Ints = np.where(keys >= 0, np.searchsorted(self._units, keys), -1)
        else:
            unit = np.where(chunk.measured, chunk.article, -1)
            self._measured[chunk.articles[np.logical_or.reduceat(chunk.measured, chunk.starts)]] = True
        if self._cells.tables:
            self._cells.count(unit * self.coders + chunk.coder, unit >= 0, chunk.codes, chunk.words)
        if self._mentions.tables:
            self._mention(chunk, unit)
        if self._numbers:
            self._numbers.count(chunk, unit * self.coders + chunk.coder, unit >= 0)

    def _mention(self, chunk: Chunk, unit: Ints) -> None:
        """Count the parties that sentences refer to, each by its place among the parties of its topic."""
        light, row = _flat(chunk.frame["stance"])
        party = _codes(light.struct.field("party"), self.rows.registry.parties)
        place = self.rows.registry.places[chunk.codes("topic_id")[row], party]
        coder = chunk.coder if isinstance(chunk.coder, int) else chunk.coder[row]
        value = light.struct.field("value").fill_null(-2).to_numpy() + 2

        def codes(column: str) -> Any:
            return value if column == "value" else chunk.codes(column)[row]

        index = (unit[row] * self.coders + coder) * self._mentions.shape[-1] + place
        self._mentions.count(index, (unit[row] >= 0) & (place >= 0), codes, lambda column: chunk.words(column)[row])

    @cached_property
    def groups(self) -> list[Group]:
        """The groups that have units, in order; of articles only those count of which rows are measured."""
        articles = self.rows.articles.select("group", "alone").with_row_index("article")
        units = pl.DataFrame({"article": self.of_article.astype(np.uint32)}).with_row_index("unit")
        if not self.sentences:
            units = units.filter(pl.Series(self._measured))
        found = units.join(articles, on="article", maintain_order="left").group_by("group").agg(pl.col("alone").first(), "unit")
        return [Group(name, alone, np.array(own, np.int64)) for name, alone, own in found.sort("group").iter_rows()]

    def added(self, units: Ints, kinds: Collection[str] = (*SUMMED, "articles")) -> Iterator[Added]:
        """What each of the units, those of one group, adds to the measures over rows of these kinds."""
        if "sentences" in kinds and self._cells.tables:
            yield Added(self._cells.keys[0], *self._cells.sums(self._cells.of(units)))
        if "parties" in kinds and self._mentions.tables:
            yield from self._by_party(units)
        if "articles" in kinds and self._numbers:
            yield self._numbers.added(units)

    def _by_party(self, units: Ints) -> Iterator[Added]:
        """What each of the units adds for each party, and each side, of the topics that they are on."""
        registry, cells = self.rows.registry, self._mentions
        topics = self.rows.topic[self.of_article[units]]
        where = {topic: np.flatnonzero(topics == topic) for topic in np.unique(topics).tolist()}
        counts = cells.of(units)
        for kind, keys in enumerate(cells.keys):
            names = (registry.parties, SIDES)[kind] if keys else ()
            for number, name in enumerate(names):
                of = {topic: registry.sides[topic] == number + 1 for topic in where}
                if names is registry.parties:
                    of = {topic: (np.arange(len(names) + 1) == number) & (registry.sides[topic] > 0) for topic in where}
                places = {topic: registry.places[topic][there].tolist() for topic, there in of.items() if there.any()}
                if places:
                    own = {read: _at_places(one, where, places) for read, one in counts.items()}
                    yield Added([(measure, item + name) for measure, item in keys], *cells.sums(own, kind))


def _at_places(counts: NDArray[Any], where: Mapping[int, Ints], places: Mapping[int, list[int]]) -> NDArray[Any]:
    """What was counted at some of the places, which are others for the units of each topic."""
    if len(where) == 1:
        ((_, own),) = places.items()
        return sum((counts[:, :, place] for place in own[1:]), counts[:, :, own[0]])
    found = np.zeros((*counts.shape[:2], counts.shape[3]), counts.dtype)
    for topic, own in places.items():
        for place in own:
            found[where[topic]] += counts[where[topic], :, place]
    return found


class Cells:
    """Rows counted, and their words summed, by unit and what else is in `shape`, and by cell; for items of one or more kinds."""

    def __init__(self, shape: tuple[int, ...], *kinds: Mapping[Key, Sums]) -> None:
        self.keys, self.shape = [list(sums) for sums in kinds], shape
        terms = [[[_Term.of(pair[side]) for pair in sums.values()] for side in (0, 1)] for sums in kinds]
        wanted = dict.fromkeys(term.read for pair in terms for side in pair for term in side)
        # what is counted by more columns serves who asks for fewer
        read = [one for one in wanted if not any(one != other and one.served_by(other) for other in wanted)]
        self.tables = {one: np.zeros((*shape, one.width), np.int32) for one in read}
        self._parts = [[self._part(side) for side in pair] for pair in terms]

    def _part(self, terms: list["_Term"]) -> list[tuple["_Read", list[int], Floats]]:
        """For each table: which of the terms it serves, and what a row in each of its cells adds to them."""
        serving = [next(one for one in self.tables if term.read.served_by(one)) for term in terms]
        found = []
        for read in dict.fromkeys(serving):
            at = [i for i, one in enumerate(serving) if one == read]
            values = read.cells().select(terms[i].expression.cast(pl.Float64).fill_null(0.0).alias(str(i)) for i in at)
            found.append((read, at, values.to_numpy()))
        return found

    def count(self, index: Ints, where: Bools, codes: Callable[[str], Any], words: Callable[[str], Floats]) -> None:
        """Count rows `where` so, each at its flat `index` in `shape`, by the codes of their values; and sum their words."""
        if not where.any():
            return
        first, last = int(index[where].min()), int(index[where].max()) + 1
        inside: Ints = np.where(where, index - first, last - first)  # one more place for what is not counted
        for read, table in self.tables.items():
            cell: Any = 0
            for column in read.columns:  # small numbers, so that they take little room
                cell = cell * np.uint8(len(VALUES[column]) + 1) + codes(column).astype(np.min_scalar_type(read.width))
            cell = inside * read.width + cell
            counts = np.bincount(cell, None if read.weight is None else words(read.weight), minlength=(last - first) * read.width)
            flat = table.reshape(-1, read.width)[first:last]  # of which no other chunk counts anything
            flat[:] = counts[: flat.size].reshape(flat.shape)

    def of(self, units: Ints) -> dict["_Read", NDArray[Any]]:
        """What was counted of the units, by table: units × the rest of `shape` × cells."""
        return {read: table[units] for read, table in self.tables.items()}

    def sums(self, counts: Mapping["_Read", NDArray[Any]], kind: int = 0) -> tuple[Floats, Floats]:
        """Numerators and denominators of the items of a kind by what was counted: items × all but the cells."""
        wide = {read: one.reshape(-1, read.width).T.astype(np.float64) for read, one in counts.items()}
        found = []
        for part in self._parts[kind]:
            sums = np.empty((len(self.keys[kind]), next(iter(wide.values())).shape[1]))
            for read, at, values in part:
                sums[at] = values.T @ wide[read]
            found.append(sums.reshape(len(sums), *counts[part[0][0]].shape[:-1]))
        return found[0], found[1]


class _Read(NamedTuple):
    """What a term reads: the columns by which it tells cells apart, and the words that it is in proportion to."""

    columns: tuple[str, ...]
    weight: str | None

    @property
    def width(self) -> int:
        """How many cells there are."""
        return int(np.prod([len(VALUES[column]) + 1 for column in self.columns], dtype=np.int64))

    def served_by(self, other: "_Read") -> bool:
        """Whether what the other counts says this too."""
        return self.weight == other.weight and set(self.columns) <= set(other.columns)

    def cells(self) -> pl.DataFrame:
        """Every cell, in order: a row for each combination of the columns' values; 1 for numbers of words."""
        kinds = {column: pl.String if isinstance(VALUES[column][0], str) else pl.Int64 for column in self.columns}
        cells = pl.DataFrame(list(product(*((None, *VALUES[column]) for column in self.columns))), kinds, orient="row")
        cells = cells if self.columns else pl.DataFrame({"": [0]})
        return cells.with_columns(pl.lit(1, pl.Int64).alias(name) for name in WORDS if name not in self.columns)


class _Term(NamedTuple):
    """A numerator or a denominator."""

    expression: pl.Expr
    read: _Read

    @staticmethod
    def of(expression: pl.Expr) -> "_Term":
        names = set(expression.meta.root_names())
        weight = next((name for name in WORDS if name in names), None)
        return _Term(expression, _Read(tuple(sorted(names - {weight})), weight))


class Numbers:
    """The numbers of each article that are no sums over its sentences.

    An article that attributes nothing has 0 sources; one that attributes something to sources not marked has an unknown number,
    and so has one whose text is withheld. What others report is looked for in all labelled rows.
    """

    def __init__(self, tally: Tally) -> None:
        self.rows, self.coders, self.size = tally.rows, tally.coders, tally.size * tally.coders
        self._sums = tally._chosen("articles")
        self._needed = {name for pair in self._sums.values() for one in pair for name in one.meta.root_names()}
        named = [name for name in ("sources", "source_parties") if self._needed & {name, f"effective_{name}"}]
        self._kinds = {name: np.zeros(self.size, np.int64) for name in named}
        self._effective = {name: np.zeros(self.size) for name in named}
        self._unattributed, self._tells = np.zeros((2, self.size), np.bool_)
        self._facts: dict[str, int] = {}
        self._told: list[tuple[Ints, Ints]] = []

    def count(self, chunk: Chunk, unit: Ints, where: Bools) -> None:
        """Take in the sources of rows `where` so, and the facts of all; `unit` is the number of a row's unit and coder."""
        if self._kinds:
            attribution = chunk.codes("attribution")
            own = attribution == 1 + VALUES["attribution"].index(Attribution.AUTHOR)
            self._unattributed[unit[where & own]] = True
            self._unattributed[unit[where & (attribution > 0) & ~own]] = False
        if "sources" in self._kinds:
            self._diversity("sources", *self._sources(chunk, unit, where))
        if "source_parties" in self._kinds:
            party = chunk.codes("source_party")
            named = where & (party < len(self.rows.registry.parties))
            self._diversity("source_parties", unit[named], party[named])
        if self._needed & {"reported", "known", "left_out", "elsewhere"}:
            self._tell(chunk)

    def _sources(self, chunk: Chunk, unit: Ints, where: Bools) -> tuple[Ints, Ints]:
        """The wordings that name a source, in lower case, of articles with text: the unit of each, and its number in the chunk."""
        spans, row = _flat(chunk.frame["spans"])
        marked = (spans.struct.field("layer") == SpanLayer.SOURCE).fill_null(value=False)
        row, words = row[marked.to_numpy()], spans.struct.field("text").filter(marked)
        wordings = words.drop_nulls().unique()
        lower = wordings.str.to_lowercase()
        name = np.append(_codes(lower, lower.drop_nulls().unique()), -1)[_codes(words, wordings)]
        told = (where & self.rows.articles["includes_text"].fill_null(value=False).to_numpy()[chunk.article])[row] & (name >= 0)
        return unit[row][told], name[told]

    def _diversity(self, what: str, unit: Ints, names: Ints) -> None:
        """Reckon how many names each unit has, and their effective number."""
        if not len(unit):
            return
        of, _, often = _often(unit, names, int(names.max()) + 1)
        order = np.argsort(often, kind="stable")  # so that the order of rows does not decide on the last bit
        of, often, first = of[order], often[order], int(of.min())
        of -= first
        kinds, every = np.bincount(of), np.maximum(np.bincount(of, often), 1)
        share = often / every[of]
        there = slice(first, first + len(kinds))
        self._kinds[what][there] = kinds
        self._effective[what][there] = np.exp(np.bincount(of, -share * np.log(share)))

    def _tell(self, chunk: Chunk) -> None:
        """Note which facts each article reports by each coder."""
        teller = chunk.article * self.coders + chunk.coder
        self._tells[teller[chunk.frame["facts"].is_not_null().to_numpy()]] = True
        facts, row = _flat(chunk.frame["facts"])
        own = facts.drop_nulls().unique()
        with _ONE:
            numbers = [self._facts.setdefault(name, len(self._facts)) for name in own]
        fact = np.array([*numbers, -1], np.int64)[_codes(facts, own)]
        self._told.append(_often(teller[row], fact, max(numbers, default=-1) + 1)[:2])

    def sum_up(self) -> None:
        """Reckon the numbers from all that was counted."""
        columns: dict[str, pl.Series] = {}
        for name, kinds in self._kinds.items():
            columns[name] = _known(kinds, (kinds > 0) | self._unattributed)
            columns[f"effective_{name}"] = _known(self._effective[name], kinds > 0)
        if self._told:
            columns |= self._coverage()
        frame = pl.DataFrame(columns)
        sums = [
            [pair[side].cast(pl.Float64).fill_null(0.0).alias(str(at)) for at, pair in enumerate(self._sums.values())]
            for side in (0, 1)
        ]
        self._values = [frame.select(one).to_numpy().T.reshape(len(self._sums), -1, self.coders) for one in sums]

    def added(self, units: Ints) -> Added:
        """What each of the units adds to each item."""
        return Added(list(self._sums), *(one[:, units] for one in self._values))

    def _coverage(self) -> dict[str, pl.Series]:
        """How many facts of its topic each unit reports, alone or with others, and leaves out."""
        coders, topic, topics = self.coders, self.rows.topic, self.rows.registry.topics
        by, fact = (np.concatenate(part) for part in zip(*self._told, strict=True))
        account = topic[by // coders] * coders + by % coders  # a topic by a coder
        of, told_of, tellers = _often(account, fact, len(self._facts))
        sole = np.isin(account * len(self._facts) + fact, (of * len(self._facts) + told_of)[tellers == 1])
        reported, only_here = (np.bincount(one, minlength=self.size) for one in (by, by[sole]))
        anywhere = np.bincount(of, minlength=len(topics) * coders)
        listed = np.bincount(_codes(self.rows.facts["topic_id"], topics), minlength=len(topics) + 1)
        on = (topic[:, None] * coders + np.arange(coders)).ravel()
        return {
            "reported": _known(reported, self._tells),
            "known": _known(listed[on // coders], self._tells),
            "left_out": _known(anywhere[on] - reported, self._tells),
            "elsewhere": _known(anywhere[on] - only_here, self._tells),
        }


def starts(ids: pl.Series) -> Ints:
    """Where another id than before stands; by pieces, so that no copy of all ids is made."""

    def found(first: int) -> Ints:
        own = ids.slice(first, ROWS)
        before = ids.slice(first - 1, len(own)) if first else own.shift()
        return (own != before).fill_null(value=True).arg_true().to_numpy() + np.int64(first)

    return np.concatenate([np.zeros(0, np.int64), *each(found, range(0, len(ids), ROWS))])


def _codes(values: pl.Series, among: Sequence[str] | pl.Series) -> Ints:
    """For each string its number `among` others; their count for null, or for what is not among them."""
    codes = values.cast(pl.Enum(among), strict=False).to_physical()
    return codes.cast(pl.Int64).fill_null(len(among)).to_numpy()


def _flat(lists: pl.Series) -> tuple[pl.Series, Ints]:
    """The elements of all lists, and for each the number of the list that it is of."""
    ends = lists.list.len().fill_null(0).cast(pl.Int64).cum_sum().to_numpy()
    size = int(ends[-1]) if len(ends) else 0
    return lists.explode(empty_as_null=False, keep_nulls=False), np.bincount(ends[:-1], minlength=size)[:size].cumsum()


def _often(units: Ints, names: Ints, number: int) -> tuple[Ints, Ints, Ints]:
    """The different pairs of a unit and a name, of which there are so many, and how often each occurs."""
    known = (names >= 0) & (names < number)
    units, names = units[known], names[known]
    first = int(units.min()) if len(units) else 0
    pairs = (units - first) * number + names
    size = (int(units.max(initial=-1)) + 1 - first) * number
    if size < 8 * len(pairs) + 1_000_000:  # counting needs room for every pair, and no order
        counts = np.bincount(pairs, minlength=size)
        found = np.flatnonzero(counts)
        often = counts[found]
    else:
        found, often = np.unique(pairs, return_counts=True)
    return found // max(number, 1) + first, found % max(number, 1), often


def _known(values: NDArray[Any], where: Bools) -> pl.Series:
    """The values, null elsewhere."""
    return pl.DataFrame({"value": values, "known": where}).select(pl.when("known").then("value")).to_series()
