"""What programs and archives put around an article: the pages of Google Docs, the downloads of Nexis, Factiva and ProQuest."""

import re
from typing import Any

from slantbank.curate._blocks import line
from slantbank.curate._original import OriginalError


def tidy(tree: Any, notes: list[str]) -> None:
    """Make a page that Google Docs exported read as pages do: its title a heading, its footnotes out of the text, in `notes`."""
    body = tree.find("body")
    if body is None or "doc-content" not in (body.get("class") or "").split():
        return
    for one in body.iter("p"):
        if "title" in (one.get("class") or "").split():
            one.tag = "h1"
    for link in [*body.iter("a")]:
        around = link.getparent() if link.getparent() is not None and link.getparent().tag == "sup" else link
        if (link.get("id") or "").startswith("ftnt_ref"):
            around.drop_tree()
        elif (link.get("id") or "").startswith("ftnt"):
            note = next((above for above in link.iterancestors("p", "div")), link)
            notes.append(line(note.text_content()))
            note.drop_tree()


_MARKS = {
    "Nexis": r"End of Document|\d+ of \d+ DOCUMENTS",
    "Factiva": r"Document [A-Z0-9]{6,}20\d{6}[a-z0-9]+",
    "ProQuest": r"Document \d+ of \d+",
}
_ENDS = {archive: [re.compile(rf"^\s*{one}\s*$", re.MULTILINE) for one in marks.split("|")] for archive, marks in _MARKS.items()}
"""Lines of which an archive gives each of its articles one."""
_COVER = re.compile(r"^\s*(?:BYLINE|SECTION|LENGTH|LOAD-DATE|DATELINE|Byline|Section|Length|Load-Date): *\S.*$", re.MULTILINE)


def judge(text: str) -> tuple[str, ...]:
    """A remark on lines with which an archive covers an article. Raises OriginalError for a download of several articles."""
    for archive, patterns in _ENDS.items():
        if (count := max(len(pattern.findall(text)) for pattern in patterns)) > 1:
            raise OriginalError(
                f"it holds {count} articles, as {archive} gives them; save each as a file of its own, without its cover"
            )
    cover = [line(one) for one in _COVER.findall(text)]
    lines = "”, “".join(cover[:3])
    return (f"it has lines of an archive's cover, which are none of the article: “{lines}”",) if len(cover) > 1 else ()
