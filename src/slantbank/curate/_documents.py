"""What programs and archives add to an article: the pages of Google Docs, the downloads of Nexis, Factiva and ProQuest."""

import re
from typing import Any

from slantbank.curate._blocks import single_line
from slantbank.curate._original import OriginalError


def tidy_google_docs(tree: Any, notes: list[str]) -> None:
    """Change a page of Google Docs in place: the title becomes a heading, and footnotes move from the text to `notes`."""
    body = tree.find("body")
    if body is None or "doc-content" not in (body.get("class") or "").split():
        return
    for paragraph in body.iter("p"):
        if "title" in (paragraph.get("class") or "").split():
            paragraph.tag = "h1"
    for link in [*body.iter("a")]:
        around = link.getparent() if link.getparent() is not None and link.getparent().tag == "sup" else link
        if (link.get("id") or "").startswith("ftnt_ref"):
            around.drop_tree()
        elif (link.get("id") or "").startswith("ftnt"):
            note = next((above for above in link.iterancestors("p", "div")), link)
            notes.append(single_line(note.text_content()))
            note.drop_tree()


_MARKS = {
    "Nexis": r"End of Document|\d+ of \d+ DOCUMENTS",
    "Factiva": r"Document [A-Z0-9]{6,}20\d{6}[a-z0-9]+",
    "ProQuest": r"Document \d+ of \d+",
}
_ENDS = {
    archive: [re.compile(rf"^\s*{pattern}\s*$", re.MULTILINE) for pattern in marks.split("|")] for archive, marks in _MARKS.items()
}
"""Lines that an archive prints once for each of its articles."""
_COVER = re.compile(r"^\s*(?:BYLINE|SECTION|LENGTH|LOAD-DATE|DATELINE|Byline|Section|Length|Load-Date): *\S.*$", re.MULTILINE)


def check_cover(text: str) -> tuple[str, ...]:
    """Return a remark on the lines of an archive's cover, if any. Raises OriginalError for a download of several articles."""
    for archive, patterns in _ENDS.items():
        if (count := max(len(pattern.findall(text)) for pattern in patterns)) > 1:
            raise OriginalError(
                f"it holds {count} articles, as {archive} gives them; save each as a file of its own, without its cover"
            )
    cover = [single_line(match) for match in _COVER.findall(text)]
    lines = "”, “".join(cover[:3])
    return (f"it has lines of an archive's cover, which are none of the article: “{lines}”",) if len(cover) > 1 else ()
