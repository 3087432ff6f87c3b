"""The state of the work on a bank: for each article what each coder has decided, what is disputed, and what to do next."""

from dataclasses import dataclass

from slantbank.bank import Bank, Draft, decided
from slantbank.codebook import GOLD
from slantbank.curate._adjudicate import State, draft_state
from slantbank.problem import ContributionError


@dataclass(frozen=True)
class ArticleStatus:
    """The state of the work on an article; `disputes` is None until two coders have finished."""

    article: str
    title: str
    coders: dict[str, decided.Progress]
    disputes: int | None
    next: str


def status(bank: Bank) -> list[ArticleStatus]:
    """Return the state of the work on each article of the bank, in the order of their ids."""
    return [_article_status(draft) for draft in bank.articles.values()]


def _article_status(draft: Draft) -> ArticleStatus:
    name, title = draft.folder.name, str(draft.meta.tree.get("title", "")) if draft.meta else ""
    coders = decided.progress(draft)
    try:
        state = draft_state(draft)
    except ContributionError:
        return ArticleStatus(name, title, coders, None, f"slantbank check {name}")
    except ValueError:  # its text is withheld
        return ArticleStatus(name, title, coders, None, "")
    disputes = sum(map(len, state.disputes.values())) if len(state.coders) > 1 else None
    return ArticleStatus(name, title, coders, disputes, _next(draft, coders, state))


def _next(draft: Draft, coders: dict[str, decided.Progress], state: State) -> str:
    """Return what to do next with an article, as a message; empty if nothing is left to do."""
    name = draft.folder.name
    if extracted := draft.meta.tree.get("extracted", []) if draft.meta else []:
        names = ", ".join(extracted)
        return f"compare what a program found ({names}) with the original, then delete these names from `extracted` in article.toml"
    if not coders:
        return f"slantbank sheet {name} --annotator NAME"
    if waiting := [coder for coder, progress in coders.items() if coder != GOLD and not progress.is_whole]:
        return f"fill in {', '.join(f'annotations/{coder}.toml' for coder in waiting)}"
    if GOLD in coders:
        return f"slantbank adjudicate {name}: {len(state.left)} left" if state.left else ""
    return f"slantbank adjudicate {name}" if len(state.coders) > 1 else f"slantbank sheet {name} --annotator SECOND"
