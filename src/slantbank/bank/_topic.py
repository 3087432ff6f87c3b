"""A topic: an event that several articles are about, with its parties and its facts."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, Strict, StrictStr, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from slantbank import staged
from slantbank.bank import toml
from slantbank.codebook import ALL, CORE, FRAMES, Favours, Role, Side, Split
from slantbank.problem import ContributionError

ID_PATTERN = r"^[a-z0-9]+(-[a-z0-9]+)*$"
LONGEST_ID = 80
RESERVED = frozenset({"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))})
"""Names that Windows reserves for devices: no file or folder can have them there, with any suffix."""
FIRST_NEWS: date = date(1605, 1, 1)
"""The earliest possible day of news: the first newspaper is the Relation of 1605."""


def _not_reserved(name: str) -> str:
    if name in RESERVED:
        raise PydanticCustomError("reserved_name", "is a name that Windows keeps for a device")
    return name


def _not_too_early(day: date) -> date:
    if day < FIRST_NEWS:
        raise PydanticCustomError("too_early", f"is before {FIRST_NEWS.year}, the year of the first newspaper")
    return day


def _not_a_frame(name: str) -> str:
    if name in (ALL, *FRAMES):
        raise PydanticCustomError("reserved_name", "is no name for a collection: it stands for all of them, or for a frame")
    return name


Day = Annotated[date, Strict(), AfterValidator(_not_too_early)]
"""A day on which there can be news."""
Id = Annotated[str, StringConstraints(strict=True, pattern=ID_PATTERN, max_length=LONGEST_ID), AfterValidator(_not_reserved)]
Text = Annotated[str, StringConstraints(strict=True, min_length=1)]


class Table(BaseModel):
    """A table of a TOML file: immutable, with no other keys than its fields."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Party(Table):
    """A party of a topic: somebody who gives an account of the event or is spoken of."""

    id: Id = Field(description="Short id, used in annotations; never reused.")
    name: Text = Field(description="Full name, saying who counts as the party.")
    aliases: tuple[StrictStr, ...] = Field(
        (), description="Other names, and borderline members (supporters, media, former officials) that count as the party."
    )
    side: Side = Field(description="The side of the party in the dispute.")
    role: Role | None = Field(None, description="What the party is.")


class Fact(Table):
    """A fact of a topic's event, stated neutrally, that an account reports or omits."""

    id: Id = Field(description="Short id, used in annotations; never reused.")
    text: Text = Field(description="A neutral statement of the fact: one proposition.")
    since: Day | None = Field(
        None, description="The day from which it could be known: an account published before cannot leave it out."
    )
    favours: Favours | None = Field(None, description="The side that is helped when it is reported, or none.")
    disputed: Annotated[bool, Strict()] = Field(
        False, description="Whether the parties differ on whether it is so; `claimed_by` then says who claims it."
    )
    claimed_by: Id | None = Field(None, description="The party that says it is so, where that is disputed.")

    @property
    def described(self) -> str:
        """The text of the fact for coders; of a disputed fact also who claims it, which decides whose account it is (rule 3.1)."""
        return f"{self.text} (disputed; claimed by {self.claimed_by})" if self.disputed else self.text

    @model_validator(mode="after")
    def _claimed(self) -> "Fact":
        if self.disputed and self.claimed_by is None:
            raise PydanticCustomError("unclaimed", "is disputed: name in claimed_by the party that says it is so")
        if self.claimed_by is not None and not self.disputed:
            raise PydanticCustomError("undisputed", "is claimed by a party: add disputed = true, or take claimed_by out")
        return self


class Topic(Table):
    """A topic file: `topics/<id>.toml`."""

    id: Id = Field(description="The name of the file, without .toml.")
    axis: Id | None = Field(
        None,
        description="What sides a and b mean across topics, as us-left-right; none where they correspond to those of no other.",
    )
    collection: Annotated[Id, AfterValidator(_not_a_frame)] = Field(
        CORE, description="The collection of articles that the topic belongs to; a config of the dataset."
    )
    split: Split = Field(Split.TRAIN, description="Whether the topic is for training or for tests alone.")
    title: Text = Field(description="What happened, where and when.")
    party: tuple[Party, ...] = Field((), description="The parties.")
    fact: tuple[Fact, ...] = Field((), description="The facts.")

    @property
    def parties(self) -> dict[str, Party]:
        """The parties by id."""
        return {party.id: party for party in self.party}


def draft(path: Path, shown: str) -> toml.Document[Topic]:
    """Read a topic file; problems of its form are in the result."""
    return toml.read(path, shown, Topic)


def read(path: Path) -> Topic:
    """Read the topic file at `path`. Raises ContributionError with all problems of its form or if it cannot be opened."""
    document = draft(path, str(path))
    if document.value is None:
        raise ContributionError(document.problems)
    return document.value


def write(topic: Topic, folder: Path) -> Path:
    """Write a new topic file `<folder>/<id>.toml` and return its path. Raises FileExistsError if it exists."""
    path = folder / f"{topic.id}.toml"
    staged.write(path, toml.schema_line(path) + dumps(topic), root=bank_of(path), new=True)
    return path


def bank_of(path: Path) -> Path:
    """Return the bank of a topic file or article folder; if it is in no bank, the folder that holds it."""
    return path.parents[1] if path.parent.name in ("topics", "articles") else path.parent


def dumps(topic: Topic) -> str:
    """Return the canonical text of a topic file."""
    head = toml.table(topic.model_dump(exclude_none=True, exclude_defaults=True, exclude={"party", "fact"}))
    return "\n".join([head, *_tables("party", topic.party), *_tables("fact", topic.fact)])


def _tables(header: str, rows: Sequence[Table]) -> list[str]:
    return [toml.table(row.model_dump(exclude_none=True, exclude_defaults=True), header) for row in rows]
