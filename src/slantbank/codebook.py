"""The codebook: every label and decision rule, stated once; all else that names a label is derived from here.

The order of a label set is public: it numbers the classes of the published dataset. Append, never move or remove.
"""

from dataclasses import dataclass
from enum import IntEnum, StrEnum

VERSION = "1.0"

GOLD = "gold"
"""The id of the annotator of an article's adjudicated labels."""
NEUTRAL = "neutral"
"""The perspective of an annotation that is no party's."""


class Code(StrEnum):
    """A label with its definition, the rule that decides it, and an example.

    >>> ClaimType("causal").definition
    'Evidence that one thing brought about another would settle it.'
    """

    definition: str
    rule: str
    example: str

    def __new__(cls, value: str, definition: str = "", rule: str = "", example: str = "") -> "Code":  # noqa: D102
        member = str.__new__(cls, value)
        member._value_ = value
        member.definition = definition
        member.rule = rule
        member.example = example
        return member


class ClaimType(Code):
    """What would settle the claim? One label a sentence; the members stand in order of precedence (rule 0.3)."""

    NORMATIVE = (
        "normative",
        "Nothing would settle it: it asks for action or says what ought to be.",
        "should, must, it is time to, call on",
        "The Security Council should act on the report.",
    )
    PREDICTIVE = (
        "predictive",
        "Only time would settle it: what will, may or could happen, or would under a condition.",
        "will, might, be about to",
        "The vote might be postponed.",
    )
    CAUSAL = (
        "causal",
        "Evidence that one thing brought about another would settle it.",
        (
            "The main predicate is causing, enabling, producing, resulting in or benefiting from; "
            "a participle or relative clause of result does not count (rule 0.4)."
        ),
        "The drought led to the closing of twelve mills.",
    )
    STATISTICAL = (
        "statistical",
        "Counting or measuring would settle it: the number, share, rank or size is the very point.",
        "A number inside a report of an event (“over 100,000 gathered”) leaves it factual.",
        "Turnout was 61 percent, four points more than in the last election.",
    )
    EVALUATIVE = (
        "evaluative",
        (
            "Nothing would settle it: a judgement of good or bad, fair or unfair, strong or weak, success or failure, "
            "importance, mood or character, with no agreed test."
        ),
        (
            "A gain or loss of strength, support or mood with no agreed measure (a resurgence, a boost, an escalation) "
            "is evaluative, as is the character of a person (“laser-focused”), and calling a practice discriminatory, "
            "illegal or excessive; unequal treatment said to have happened is factual."
        ),
        "The reform was a failure.",
    )
    FACTUAL = (
        "factual",
        "Records, documents or observation would settle it: something happened, was said, exists or is the case.",
        "Standing rules and laws count, and states of mind that people report of themselves.",
        "The delegates met in Geneva on Monday.",
    )
    NONE = (
        "none",
        "There is nothing to settle.",
        "Questions, greetings, transitions, “it remains to be seen”, figures of speech with no literal paraphrase about the world.",
        "Who knows?",
    )


class Attribution(Code):
    """How is the claim sourced? One label a sentence."""

    AUTHOR = (
        "author",
        "The article states the claim in its own voice.",
        (
            "Also acts or emotions without propositional content (“the crowd cheered”), impersonal hedges "
            "(“what could be considered”) and scare quotes on a term."
        ),
        "The bridge was closed in May.",
    )
    DIRECT = (
        "direct",
        "The whole claim stands inside quotation marks as somebody's words.",
        "Also after “said that”.",
        "“The bridge is safe,” the mayor said.",
    )
    INDIRECT = (
        "indirect",
        "The claim is paraphrased and its source is named, described or implied.",
        "“Is accused of”, “allegedly”, “reportedly” with no accuser; a sentence that plainly continues the paraphrase before it.",
        "The mayor said that the bridge was safe.",
    )
    MIXED = (
        "mixed",
        "A paraphrase that holds a quoted fragment of the source's words.",
        "",
        "The mayor called the bridge “perfectly safe”.",
    )


class SourceType(Code):
    """What kind of source does an attributed claim have?"""

    PERSON = "person", "A named person.", "", "Senator Ruiz"
    ORGANIZATION = (
        "organization",
        "A named organization.",
        "A country or capital that stands for its government counts.",
        "Amnesty International",
    )
    UNNAMED = (
        "unnamed",
        "An unnamed person or official.",
        "An accusation with no accuser counts.",
        "a senior official",
    )
    COLLECTIVE = "collective", "An unnamed group.", "", "several speakers"
    DOCUMENT = "document", "The document itself is the grammatical source.", "", "The report"


class Perspective(Code):
    """Whose account is the sentence, by the side of the party that would gladly publish it?

    Annotation files name the party, or `neutral`; the frames give the party's side, which can be compared across topics.
    """

    NEUTRAL = (
        "neutral",
        "No one party's account: an event or fact told plainly in the author's voice, or what both sides would publish.",
        "Rules 3.1 and 3.3.",
        "The delegates met in Geneva on Monday.",
    )
    SIDE_A = (
        "side_a",
        "The account of a party of side a: the words of its source, or a sentence that of the two sides only it would publish.",
        "Rules 3.2 and 3.3.",
        "The union said that the offer was an insult. (The union being on side a.)",
    )
    SIDE_B = (
        "side_b",
        "The same for a party of side b.",
        "Rules 3.2 and 3.3.",
        "The company called the strike reckless. (The company being on side b.)",
    )
    OTHER = (
        "other",
        "The account of a party of neither side.",
        "Only where neither side a nor side b would publish it (rule 3.3), or where it is the source's own (3.2).",
        "The mediator said that both should return to the table.",
    )


class Stance(IntEnum):
    """In what light does the sentence show a party that it mentions or clearly refers to?"""

    BAD = -1
    NEITHER = 0
    GOOD = 1

    @property
    def definition(self) -> str:
        """What the value means."""
        return {-1: "Bad light.", 0: "Neither, or both with neither dominating.", 1: "Good light."}[self.value]


class Side(Code):
    """The side of a party in its topic."""

    A = "a", "One of the two sides of the topic's dispute."
    B = "b", "The opposing side."
    OTHER = "other", "Any other party; it never makes a claim neutral."

    @property
    def perspective(self) -> Perspective:
        """The perspective of a sentence that gives the account of a party of this side."""
        return {Side.A: Perspective.SIDE_A, Side.B: Perspective.SIDE_B, Side.OTHER: Perspective.OTHER}[self]


class Role(Code):
    """What a party is."""

    GOVERNMENT = "government", "The government of the country that the topic is about."
    OPPOSITION = "opposition", "Those who contest that government."
    FOREIGN_STATE = "foreign_state", "Another state, or a government of it."
    INTERNATIONAL_ORG = "international_org", "An international organization."
    ARMED_GROUP = "armed_group", "An armed group that is no state's force."
    CIVIL_SOCIETY = "civil_society", "Associations, unions, churches, non-governmental organizations."
    EXPERT = "expert", "Scholars and analysts."
    PUBLIC = "public", "Citizens, voters, residents."
    MEDIA = "media", "News media."


class Origin(Code):
    """Where a text comes from."""

    PUBLISHED = "published", "Published elsewhere and taken over as received."
    CONSTRUCTED = "constructed", "Written for this dataset as a control, and marked so wherever it is shown."


class AnnotatorKind(Code):
    """Who made a set of labels."""

    HUMAN = "human", "A person."
    MODEL = "model", "An instance of a language model that followed the codebook."
    ADJUDICATED = "adjudicated", "Decided from the coders' labels by a stated rule."


class Unit(Code):
    """What part of the article a sentence is."""

    HEADLINE = "headline", "The headline, sentence 0."
    BODY = "body", "A sentence of the body."


class SpanLayer(Code):
    """What a marked span of a sentence is."""

    SOURCE = "source", "The words that name the source of the claim."
    CUE = "cue", "The words that mark the attribution."
    CONTENT = "content", "The attributed content (imported corpora)."
    LOADED = "loaded", "Loaded language."
    INFORMATIONAL = "informational", "Bias by what is told, not by its wording (imported corpora)."
    FACT = "fact", "The words that report a fact of the topic; `ref` is the fact."


class Layer(Code):
    """A layer of annotation: what a coder decides about each sentence."""

    CLAIM_TYPE = "claim_type", "What would settle the claim?"
    ATTRIBUTION = "attribution", "How is the claim sourced?"
    SOURCE_TYPE = "source_type", "What kind of source does an attributed claim have?"
    SOURCE_PERSPECTIVE = "source_perspective", "Whose account is it?"
    STANCE = "stance", "In what light does it show each party that it mentions?"
    LOADED = "loaded", "Which words push the reader?"
    FACTS = "facts", "Which facts of the topic does it report?"


LABELS: dict[str, type[Code]] = {
    "claim_type": ClaimType,
    "attribution": Attribution,
    "source_type": SourceType,
    "source_perspective": Perspective,
}
"""The label columns of the frames, each with its set of labels."""

CLASS_LABELS = ("claim_type", "attribution", "source_perspective")
"""The label columns that the published dataset declares as classes, numbered in the codebook's order."""


@dataclass(frozen=True)
class Section:
    """A section of the codebook: what it decides, its preamble, its rules by number, and its labels."""

    title: str
    text: str
    rules: dict[str, str]
    labels: tuple[type[Code] | type[Stance], ...] = ()


SECTIONS: tuple[Section, ...] = (
    Section(
        "Find the claim",
        "One sentence is labelled at a time; the headline is sentence 0. Read the whole article first, then label in order. "
        "Label what the sentence *says as published*, never whether it is true or whether you agree. "
        "The *claim* of a sentence is the proposition of its main clause. "
        "The rules apply in order, and 0.1 and 0.2 again to what they yield.",
        {
            "0.1": "If the main clause only reports speech or thought (source + cue: “X emphasized that p”), the claim is the "
            "reported content p. Accuse, promise, vow, urge, deny and apologize for report too (an accusation of an act: "
            "`factual`; a promise: `predictive`; an urging: `normative`). But where the point is *that*, *how* or *how often* "
            "it was said (“it was not the first time he accused …”), the claim is the act of saying: `factual`, `author`.",
            "0.2": "If the main clause only links, presents or frames (“this is on top of …”, “there is …”, “what was different "
            "was …”, “X drew cheers by saying that p”), the claim is the clause that it introduces.",
            "0.3": "Two coordinated clauses or predicates of different types: the one that stands first in the table of section 1; "
            "attribution and source follow the one chosen.",
            "0.4": "Claims in other subordinate, relative, participle or appositive clauses do not decide the label. "
            "A question that carries its assertion in a reason (“…? Because p”) takes the assertion.",
            "0.5": "A metaphor: paraphrase it literally and label the paraphrase. Sarcasm: the event that it describes, "
            "if there is one, else the judgement that is meant.",
            "0.6": "Loaded wording never changes the claim type (“resorted to its usual ballot stuffing” is `factual`); "
            "it goes to `loaded`.",
        },
    ),
    Section(
        "claim_type",
        "What would settle the claim? One label, in order of precedence.",
        {"1": "The table's definitions and notes decide."},
        (ClaimType,),
    ),
    Section(
        "attribution",
        "How is the claim sourced? One label.",
        {
            "2.1": "The table's definitions and notes decide. The remaining rules hold unless it is `author`.",
            "2.2": "`source`: the shortest exact words that name the source, with a title, without appositions; a pronoun counts, "
            "but never words inside the quotation itself; empty if the source is not in this sentence.",
            "2.3": "`cue`: the exact words that mark the attribution (said, according to, labelling …); empty if there is none.",
            "2.4": "`source_type`: see its table. A continuing sentence, or a quotation whose tag stands in the sentence before or "
            "after, takes it from there.",
            "2.5": "`source_party`: the registry party that the source belongs to or speaks for, if any.",
        },
        (Attribution, SourceType),
    ),
    Section(
        "source_perspective",
        "Whose account is it? A registry party, or `neutral`. The press-office test: would this party's press office gladly "
        "publish this sentence, in these words, as it stands? Apply in order. Wording anywhere in the sentence counts, not only "
        "in the claim. An outside supporter who speaks for a party's cause carries that party's account. "
        "Each party has a side: `a`, `b` or `other`. Parties of side `other` never make a claim neutral. Across topics, compare "
        "by side, not by party. Borderline members (supporters, media, former officials) are listed among the registry's aliases.",
        {
            "3.1": "In the author's voice and with no loaded words, reporting only an event, an act, a relation or a standing "
            "fact, however welcome or unwelcome: `neutral`.",
            "3.2": "A source's words, reported: that source's party (no party: `neutral`, unless the content passes the test for "
            "one), admissions included; unless the frame discredits them (“ranted”, rebutted in the same sentence): then whoever "
            "would publish the sentence with its frame, else `neutral`.",
            "3.3": "Otherwise test the parties of side a and side b. Exactly one side says yes: its party (the one most "
            "concerned). Both: `neutral`. Neither: the `other` party most directly concerned, if one says yes; else `neutral`.",
        },
        (Perspective,),
    ),
    Section(
        "stance",
        "In what light does the sentence show each party that it mentions or clearly refers to?",
        {
            "4.1": "Parties not referred to are left out; a place or medium where something happened is no mention; “we” and “you” "
            "count when they plainly stand for a party, implied agents do not.",
            "4.2": "Leaders, spokespeople and officials, former ones too when named by their office, count as their party; "
            "a country's name counts as its government only where it acts.",
            "4.3": "Accused: `-1`, also in a fair report; accuser: `0`. A plain denial, promise or self-description: `0`, "
            "praise added: `+1`. A call for a party's overthrow is `-1` for it, whoever makes it. "
            "Victims of an attack are `0` unless praised.",
        },
        (Stance,),
    ),
    Section(
        "loaded",
        "The shortest runs of words, copied exactly, whose *wording* pushes the reader: judgement words, sneers, epithets, "
        "glorifying or belittling figures, scare quotes, intensifiers that judge (“mere”, “so-called”). "
        "A neutral rewording that keeps the content must exist.",
        {
            "5.1": "Not inside direct quotations of a source; paraphrased speech counts.",
            "5.2": "An epithet is loaded when it judges and the reference stands without it.",
            "5.3": "Stock metaphors (“took aim”, “under fire”), measures (“severely restricted”) and plain reporting verbs (claim, "
            "admit, deny) are not; sneering or crediting ones (rant, brag, expose) are.",
            "5.4": "“Regime” for a government counts, except in “regime change”.",
            "5.5": "Every occurrence is listed.",
        },
    ),
    Section(
        "facts",
        "Which facts of the topic does the sentence report?",
        {
            "6.1": "Every registry fact that the sentence asserts, denies or clearly presupposes, wherever in the sentence and "
            "whatever figure it gives; a part of a conjunctive fact is enough.",
            "6.2": "Facts belong to the topic's event: another year's event does not count.",
            "6.3": "Where the sentence gives a figure or wording for the fact that other articles may give differently "
            "(an attendance), the words are kept with it.",
        },
    ),
)

DECISION_RULES: dict[str, str] = {number: text for section in SECTIONS for number, text in section.rules.items()}
"""Every decision rule by its number, as notes of adjudication name it."""
