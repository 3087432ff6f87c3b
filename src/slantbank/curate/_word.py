"""Read a Word file (.docx) with mammoth; what mammoth would leave out without a word is saved before, or reported."""

import io
import zipfile
from collections.abc import Iterator
from typing import Any

from slantbank.curate._blocks import missing_words, paragraphs, remark_on
from slantbank.curate._original import Original, OriginalError, guard, has_heading, make_original, name_and_version

MOST_XML = 5_000_000
"""Bytes of text and layout that a Word file may unpack to."""
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_PURL = "{http://purl.org/dc/elements/1.1/}"
_WRAPPERS = ("fldSimple", "dir", "bdo", "customXml", "smartTag", "ruby", "rubyBase")
"""Elements around runs of visible text: fields such as a date, runs from right to left, the base of ruby."""
_HIDDEN = ("del", "moveFrom", "delText", "instrText", "rPrChange", "pPrChange", "fldData")
"""Elements that are not visible: text that was deleted or moved away, and the instructions of fields."""
_NOTES = {"footnote": "footnotes", "endnote": "endnotes", "header": "page headers", "footer": "page footers"}


def read(content: bytes, charset: str | None, title: str | None) -> Original:
    """Read a .docx file. The day in its properties is not used, for it need not be the day of publication."""
    import lxml.html
    import mammoth

    def read_archive() -> tuple[str, dict[str, Any], dict[str, list[str]]]:
        parts = _parts(content)
        body, lost = _prepare(parts)
        result = mammoth.convert_to_html(io.BytesIO(body), convert_image=lambda image: [], include_embedded_style_map=False)
        return result.value, _properties(parts.get("docProps/core.xml")), lost

    html, properties, lost = guard(read_archive, "is not a Word file (.docx) that can be read")
    tree = lxml.html.document_fromstring(f"<body>{html}</body>")
    for note in tree.xpath('//*[starts-with(@id, "footnote-") or starts-with(@id, "endnote-")]'):
        note.drop_tree()
    lines = paragraphs(tree)
    visible = lost.pop("")
    left_out = missing_words(visible, "\n".join(lines))
    remarks = (
        *remark_on("left out", left_out),
        *(remark for heading, texts in lost.items() for remark in remark_on(heading, texts)),
    )
    note = f"Extracted from a Word file with {name_and_version('mammoth')}"
    return make_original(lines, properties, title, note, remarks, headed=has_heading(tree, lines))


def _parts(content: bytes) -> dict[str, bytes]:
    """Return the XML parts of the archive, by name. Raises OriginalError if they are too large for an article."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        size = sum(part.file_size for part in archive.infolist() if part.filename.lower().endswith((".xml", ".rels")))
        if size > MOST_XML:
            raise OriginalError(f"unpacks to {size:,} bytes of text; an article has at most {MOST_XML:,}")
        return {
            part.filename: archive.read(part) for part in archive.infolist() if part.filename.lower().endswith((".xml", ".rels"))
        }


def _parsed(data: bytes) -> Any:
    import lxml.etree

    parser = lxml.etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    return lxml.etree.fromstring(data, parser)


def _properties(core: bytes | None) -> dict[str, Any]:
    import lxml.etree

    parser = lxml.etree.XMLParser(resolve_entities=False, no_network=True, recover=True)
    properties = lxml.etree.fromstring(core, parser) if core else None
    names = {"author": "creator", "language": "language"}
    return {key: properties.findtext(f"{_PURL}{name}") for key, name in names.items()} if properties is not None else {}


def _prepare(parts: dict[str, bytes]) -> tuple[bytes, dict[str, list[str]]]:
    """Return the file with all visible text where mammoth looks for it, and texts to report, by heading; "": visible blocks."""
    import lxml.etree

    lost: dict[str, list[str]] = {"": []}
    files = dict(parts)
    for name, data in parts.items():
        if not name.endswith(".xml") or f"{_W[1:-1]}".encode() not in data:
            continue
        kind = next((kind for kind in _NOTES if name.rpartition("/")[2].startswith(kind)), None)
        root = _parsed(data)
        if kind:
            lost.setdefault(f"left out, the {_NOTES[kind]}", []).extend(_blocks(root))
        elif root.tag == f"{_W}document":
            _tidy(root, lost)
            lost[""] += _blocks(root)
            files[name] = lxml.etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue(), lost


def _tidy(root: Any, lost: dict[str, list[str]]) -> None:
    """Remove what is not visible, and unwrap visible text from elements that mammoth would skip with all their content."""
    for run in list(root.iter(f"{_W}r")):
        text = "".join(run.itertext(f"{_W}t"))
        if _is_on(run, "vanish"):
            lost.setdefault("left out, being hidden text", []).append(text)
            run.getparent().remove(run)
        elif _is_on(run, "strike") or _is_on(run, "dstrike"):
            lost.setdefault("struck through, and kept: take it out if it should not be there", []).append(text)
    for hidden in [*root.iter(*(f"{_W}{name}" for name in _HIDDEN))]:
        if hidden.getparent() is not None and hidden.tag != f"{_W}instrText":  # mammoth needs that for links
            hidden.getparent().remove(hidden)
    for reading in [*root.iter(f"{_W}rt")]:
        lost.setdefault("left out, readings above the line (ruby)", []).append("".join(reading.itertext(f"{_W}t")))
        reading.getparent().remove(reading)
    for wrapper in [*root.iter(*(f"{_W}{name}" for name in _WRAPPERS))]:
        parent = wrapper.getparent()
        at = parent.index(wrapper)
        parent[at : at + 1] = [child for child in wrapper if not child.tag.endswith("Pr")]


def _is_on(run: Any, name: str) -> bool:
    """Whether a run has a property that is not turned off."""
    setting = run.find(f"{_W}rPr/{_W}{name}")
    return setting is not None and setting.get(f"{_W}val", "true") not in ("0", "false", "off", "none")


def _blocks(root: Any) -> Iterator[str]:
    """Yield the text of each paragraph as it is printed; the paragraphs of a text box come once."""
    fallback = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
    for paragraph in root.iter(f"{_W}p"):
        if any(above.tag == fallback for above in paragraph.iterancestors()):
            continue
        parts = []
        for node in paragraph.iter():
            nearest = next((above for above in node.iterancestors(f"{_W}p")), None)
            if nearest is not paragraph or any(above.tag == fallback for above in node.iterancestors()):
                continue
            if node.tag == f"{_W}t":
                parts.append(node.text or "")
            elif node.tag in (f"{_W}tab", f"{_W}br", f"{_W}cr"):
                parts.append(" ")
            elif node.tag == f"{_W}noBreakHyphen":
                parts.append("-")
        if text := "".join(parts).strip():
            yield text
