"""The codebook: every label and decision rule, stated once; everything else that names a label is derived from this module.

The order of a label set is public, since it numbers the classes of the published dataset: append labels, never move or remove one.
"""

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

VERSION = "1.1"

GOLD = "gold"
"""The id of the annotator of an article's adjudicated labels."""
NEUTRAL = "neutral"
"""The perspective in an annotation file of a sentence that gives no party's account."""
CORE = "core"
"""The collection of a topic that does not name one."""
FRAMES = ("sentences", "annotations", "articles", "parties", "facts")
"""The frames of a bank, the default first; no collection may have one of these names."""
ALL = "all"
"""The name that stands for all collections; no collection may have it."""


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
        (
            "Open questions (one that presupposes or insinuates something takes that), greetings, transitions, “it remains to be "
            "seen”, figures of speech with no literal paraphrase about the world, fragments."
        ),
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
    """Does the sentence show a party that it mentions or clearly refers to as good, bad or neither?"""

    BAD = -1
    NEITHER = 0
    GOOD = 1

    @property
    def definition(self) -> str:
        """The meaning of the value."""
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
    BUSINESS = "business", "Companies, and associations of companies."


class Favours(Code):
    """Which side is helped when a fact is reported."""

    A = "a", "Side a."
    B = "b", "Side b."
    NONE = "none", "Neither."


class Split(Code):
    """What a topic is for, where models are trained and tested."""

    TRAIN = "train", "Training, and any other use."
    TEST = "test", "Tests alone: no part of the topic is trained on."


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

CLASS_LABELS = ("claim_type", "attribution", "source_type", "source_perspective")
"""The label columns that the published dataset declares as classes, numbered in the order of the codebook."""


@dataclass(frozen=True)
class DecisionRule:
    """A rule that decides labels, with the rulings that complete it, each under its subject."""

    text: str
    rulings: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return "\n".join([self.text, *(f"- *{subject}*: {text}" for subject, text in self.rulings.items())])


@dataclass(frozen=True)
class Section:
    """A section of the codebook: title, preamble with rulings of its own, rules by number, and the label sets that it decides."""

    title: str
    preamble: DecisionRule
    rules: dict[str, DecisionRule]
    labels: tuple[type[Code] | type[Stance], ...] = ()


_Rule = DecisionRule
SECTIONS: tuple[Section, ...] = (
    Section(
        "Find the claim",
        _Rule(
            "One sentence is labelled at a time; the headline is sentence 0. Read the whole article first, then label in order. "
            "Label what the sentence *says as published*, never whether it is true or whether you agree. "
            "The *claim* of a sentence is the proposition of its main clause. "
            "The rules apply in order, and 0.1 and 0.2 again to what they yield.",
            {
                "several sentences": "Where one line holds several, the first with a claim decides. A frame whose words "
                "stand in the next unit (“He put it this way:”) is `none` and takes that unit's attribution.",
            },
        ),
        {
            "0.1": _Rule(
                "If the main clause only reports speech or thought (source + cue: “X emphasized that p”), the claim is the "
                "reported content p. Accuse, promise, vow, urge, deny and apologize for report too (an accusation of an act: "
                "`factual`; a promise: `predictive`; an urging: `normative`). But where the point is *that*, *how* or *how often* "
                "it was said (“it was not the first time he accused …”), the claim is the act of saying: `factual`, `author`.",
                {
                    "wishes": "Hoping, wanting or asking that another act, and wanting a policy or a state of things, is an urging "
                    "(`normative`); a hope about an outcome is `predictive`; an emotion about p (“was saddened that p”) is a state "
                    "of mind, `factual`, attributed to whoever has it. Condemn, criticize, praise, applaud, defend, question, "
                    "downplay and deride report a judgement (`evaluative`); where “saying that p” follows, the claim is p. "
                    "Press, call on and demand report an urging.",
                    "belief and echo": "Believe, trust, doubt and fear unfold as speech does (a fear about an outcome: "
                    "`predictive`); only emotions are states of mind. “Echoed that”, “agreed” with no content of their own: "
                    "`factual`, `author`.",
                    "recursion": "Unfold once more only while the inner clause again reports speech of the same source. “We warned "
                    "them that p”, said to show foresight, is `factual` (that they warned), with the outer attribution.",
                    "speech as an event": "Where the grammatical subject is the one spoken to or about and the speaker is only a "
                    "*from*-phrase or missing (“faced calls to”, “is pressed to”, “drew criticism from”, “opposition has grown”), "
                    "it is an event: `factual`, `author`. “There is speculation that p”, “critics say” report p: `indirect`, "
                    "`collective`.",
                },
            ),
            "0.2": _Rule(
                "If the main clause only links, presents or frames (“this is on top of …”, “there is …”, “what was different "
                "was …”, “X drew cheers by saying that p”), the claim is the clause that it introduces.",
                {
                    "act or vehicle": "An act that stands without its words (passing a resolution or bill, voting, vetoing, filing "
                    "suit, striking) is the claim: `factual`, `author`, whatever a participle adds. A mere vehicle for words "
                    "(issued a statement saying, signed or sent a letter that, posted that, reacted with outrage, saying that p) "
                    "yields p. Pure timing links (“came as”, “came on the day that”): unfold.",
                },
            ),
            "0.3": _Rule(
                "Two coordinated clauses or predicates of different types: the one that stands first in the table of section 1; "
                "attribution and source follow the one chosen.",
                {
                    "equal types": "Coordinated clauses of one type: the first decides type, attribution, source and perspective.",
                },
            ),
            "0.4": _Rule(
                "Claims in other subordinate, relative, participle or appositive clauses do not decide the label. "
                "A question that carries its assertion in a reason (“…? Because p”) takes the assertion."
            ),
            "0.5": _Rule(
                "A metaphor: paraphrase it literally and label the paraphrase. Sarcasm: the event that it describes, "
                "if there is one, else the judgement that is meant."
            ),
            "0.6": _Rule(
                "Loaded wording never changes the claim type (“resorted to its usual ballot stuffing” is `factual`); "
                "it goes to `loaded`."
            ),
        },
    ),
    Section(
        "claim_type",
        _Rule(
            "What would settle the claim? One label, in order of precedence. The table's definitions and notes decide.",
            {
                "modals": "Is needed, must be: `normative`. Can, cannot, is fit or unfit for, of a person's or thing's ability: "
                "`evaluative`; of what a law or rule allows: `factual`. May, has the potential to: `predictive`. “Would be” with a "
                "judgement: `evaluative`; “can” with a causal verb: `causal`; a number that rises or falls: `statistical`. "
                "X restores, weakens, hurts Y, is harmed by, benefits from: `causal`; X is destructive, is harmful, Y is rising: "
                "`evaluative`.",
                "plans": "What somebody announces of the own next acts, scheduled events, and what was expected at a past time are "
                "`factual` (“will not attend”, “plan to vote on it”); `predictive` are pledges, promises and vows, stated "
                "likelihoods of own acts (“is unlikely to”, “zero chance”), and what others will do or what will come of it.",
                "bills and rules": "What a bill provides (would require, create, ban) is `factual`; what it is said to bring about "
                "(would expand access, would undermine integrity) is `predictive`.",
                "popularity": "`statistical` where a count or share is given, else `evaluative`.",
                "fragments": "Fragments of sentences, captions, embedding marks and appeals to the reader (“email any tips”): "
                "`none` and `neutral`; `author`, unless they are part of a quotation, whose attribution they keep. A correction is "
                "labelled by its content.",
                "questions": "A question that presupposes or insinuates p takes p (a judge's or interviewer's question that tests "
                "p too, attributed to whoever asks); only an open question is `none`.",
                "recommendations of a report or commission": "`normative`, attributed to it; what an enacted rule "
                "provides is `factual`.",
            },
        ),
        {},
        (ClaimType,),
    ),
    Section(
        "attribution",
        _Rule(
            "How is the claim sourced? One label.",
            {
                "mixed": "The claim chosen decides; a quoted fragment outside of it (in a trailing participle) does not make it "
                "`mixed`.",
            },
        ),
        {
            "2.1": _Rule("The table's definitions and notes decide. The remaining rules hold unless it is `author`."),
            "2.2": _Rule(
                "`source`: the shortest exact words that name the source, with a title, without appositions; a pronoun counts, "
                "but never words inside the quotation itself; empty if the source is not in this sentence."
            ),
            "2.3": _Rule(
                "`cue`: the exact words that mark the attribution (said, according to, labelling …); empty if there is none."
            ),
            "2.4": _Rule(
                "`source_type`: see its table. A continuing sentence, or a quotation whose tag stands in the sentence before or "
                "after, takes it from there.",
                {
                    "groups": "Members in the plural (“Democrats”, “officials”) are `collective`. Joint sources: the first named "
                    "gives the type; for the party, side a or b comes before other, and one of each side is none; the span of a "
                    "joint source is the first named. Somebody named elsewhere in the article is a `person` under a "
                    "description, too.",
                },
            ),
            "2.5": _Rule("`source_party`: the registry party that the source belongs to or speaks for, if any."),
        },
        (Attribution, SourceType),
    ),
    Section(
        "source_perspective",
        _Rule(
            "Whose account is it? A registry party, or `neutral`. The press-office test: would this party's press office gladly "
            "publish this sentence, in these words, as it stands? Apply in order. Wording anywhere in the sentence counts, not "
            "only in the claim. An outside supporter who speaks for a party's cause carries that party's account. "
            "Each party has a side: `a`, `b` or `other`. Parties of side `other` never make a claim neutral. Across topics, "
            "compare by side, not by party, and only where they have one `axis`, which says what a and b mean across topics "
            "(`us-left-right`: a is the side then nearer the Democrats; `none`); sides are never pooled across axes. "
            "Borderline members (supporters, media, former officials) are listed among the registry's aliases."
        ),
        {
            "3.1": _Rule(
                "In the author's voice and with no loaded words, reporting only an event, an act, a relation or a standing "
                "fact, however welcome or unwelcome: `neutral`.",
                {
                    "acts that carry words": "Perspective stays `neutral` where a side's words or accusation stand in quotation "
                    "marks or in a plain participle of an act. It is that side's where the article's own wording outside the "
                    "quotation marks is loaded, or where a disputed charge is presupposed in the article's own voice (“condemns "
                    "the party's racism”).",
                    "adjectives": "Crediting or belittling adjectives of the author (landmark, showcase, ambitious, historic) are "
                    "loaded, so that 3.3 decides; words of size (sweeping, expansive) are not. Forecasts, causal statements and "
                    "judgements in the author's voice are tested by 3.3.",
                    "disputed facts": "The author's own assertion, without a source, of a fact that the topic marks `disputed` is "
                    "the account of its `claimed_by` party, also without loaded words. A figure for it given as somebody's "
                    "(“organisers say”) is that party's by 3.2; given with both sides' figures, `neutral`.",
                },
            ),
            "3.2": _Rule(
                "A source's words, reported: that source's party (no party: `neutral`, unless the content passes the test for "
                "one), admissions included; unless the frame discredits them (“ranted”, rebutted in the same sentence): then "
                "whoever would publish the sentence with its frame, else `neutral`.",
                {
                    "no party": "What a source of no party reports is `neutral` if it is plain fact without loaded words; else 3.3 "
                    "tests its content.",
                    "media as source": "A news medium that reports is nobody's press office: `neutral`, unless the medium is "
                    "itself a party to the dispute.",
                },
            ),
            "3.3": _Rule(
                "Otherwise test the parties of side a and side b. Exactly one side says yes: its party (the one most "
                "concerned). Both: `neutral`. Neither: the `other` party most directly concerned, if one says yes; else `neutral`.",
                {
                    "one party divided": "Where a member attacks the own party or its leader, the account is neither side's: "
                    "`neutral`, or the `other` party that the registry has for such dissenters.",
                },
            ),
        },
        (Perspective,),
    ),
    Section(
        "stance",
        _Rule("In what light does the sentence show each party that it mentions or clearly refers to?"),
        {
            "4.1": _Rule(
                "Parties not referred to are left out; a place or medium where something happened is no mention; “we” and “you” "
                "count when they plainly stand for a party, implied agents do not.",
                {
                    "documents and pronouns": "A party's own document, advertisement or resolution counts as a mention of the "
                    "party, as does a pronoun that stands for it; `0` if nothing more is said. Its bill, decision or policy "
                    "counts, too: praise of it is `+1`, criticism `-1`; an activity (hunting) is no mention of those who do it. A "
                    "country inside “talks with X” is no mention unless it acts; a leader named there is one (`0`), and so is "
                    "whoever brought “the indictments”.",
                },
            ),
            "4.2": _Rule(
                "Leaders, spokespeople and officials, former ones too when named by their office, count as their party; "
                "a country's name counts as its government only where it acts."
            ),
            "4.3": _Rule(
                "Accused: `-1`, also in a fair report; accuser: `0`. A plain denial, promise or self-description: `0`, "
                "praise added: `+1`. A call for a party's overthrow is `-1` for it, whoever makes it. "
                "Victims of an attack are `0` unless praised.",
                {
                    "accused": "To be investigated, charged or suspected counts as accused (`-1`). To be sued counts, too. The "
                    "addressee of a demand to withdraw, repudiate, resign, stop or cancel, also a conditional one: `-1`; of a "
                    "demand to act: `0`. A party attacked by its own member: `-1`. An accusation that is reported only through "
                    "its denial: `0`.",
                },
            ),
        },
        (Stance,),
    ),
    Section(
        "loaded",
        _Rule(
            "The shortest runs of words, copied exactly, whose *wording* pushes the reader: judgement words, sneers, epithets, "
            "glorifying or belittling figures, scare quotes, intensifiers that judge (“mere”, “so-called”). "
            "A neutral rewording that keeps the content must exist.",
            {
                "accusations": "The plain content words of an accusation (bigotry, racism, discrimination, hate group) are not "
                "loaded where the accusation is attributed; “controversial”, “uproar”, “bitter dispute” are not, nor are stock "
                "verbs of attack (lash out, blast, slam, assail). A slogan in paraphrase (called it a power grab) is, and so is "
                "“so-called” before a plain name.",
            },
        ),
        {
            "5.1": _Rule("Not inside direct quotations of a source; paraphrased speech counts."),
            "5.2": _Rule("An epithet is loaded when it judges and the reference stands without it."),
            "5.3": _Rule(
                "Stock metaphors (“took aim”, “under fire”), measures (“severely restricted”) and plain reporting verbs (claim, "
                "admit, deny) are not; sneering or crediting ones (rant, brag, expose) are."
            ),
            "5.4": _Rule("“Regime” for a government counts, except in “regime change”."),
            "5.5": _Rule("Every occurrence is listed."),
        },
    ),
    Section(
        "facts",
        _Rule(
            "Which facts of the topic does the sentence report? A fact of a topic is one proposition, neutrally stated, that an "
            "account may report or leave out. `since` is the day from which it could be known: an account published before cannot "
            "omit it. `favours` says whom its report helps (a, b or none); `disputed` and `claimed_by`, where the sides differ on "
            "whether it is so, who says that it is."
        ),
        {
            "6.1": _Rule(
                "Every registry fact that the sentence asserts, denies or clearly presupposes, wherever in the sentence and "
                "whatever figure it gives; a part of a conjunctive fact is enough.",
                {
                    "names of acts": "Naming “the resolution” or “the bill” does not report that it was passed. To dispute an "
                    "incident reports both the incident and the dispute. A fact that says who denies something wants that party's "
                    "own denial. Naming a planned event as planned (with its day, or “upcoming”) reports the plan; calling for its "
                    "cancellation alone does not. A name that holds the fact (“the reversal”) reports it; a bare one (“the "
                    "decision”) does not. One member's criticism reports the fact of a party's opposition only where no narrower "
                    "fact fits.",
                },
            ),
            "6.2": _Rule("Facts belong to the topic's event: another year's event does not count."),
            "6.3": _Rule(
                "Where the sentence gives a figure or wording for the fact that other articles may give differently "
                "(an attendance), the words are kept with it."
            ),
        },
    ),
)

DECISION_RULES: dict[str, DecisionRule] = {
    number: rule for n, section in enumerate(SECTIONS) for number, rule in {str(n): section.preamble, **section.rules}.items()
}
"""Every decision rule by the number that adjudication names; the number of a section stands for its preamble.

`str` of a rule is its text with its rulings, as a coder reads it.
"""

RULE_IDS = frozenset(
    name for number, rule in DECISION_RULES.items() for name in (number, *(f"{number} {subject}" for subject in rule.rulings))
)
"""The ids of deciding rules in adjudication: the number of a rule, or that and the subject of a ruling (`0.1 wishes`)."""
