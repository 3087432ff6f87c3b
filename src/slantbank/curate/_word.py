"""A Word file (.docx), read by mammoth; what mammoth would silently leave out is saved first, or reported."""

import io
import zipfile
from collections.abc import Iterator
from typing import Any

from slantbank.curate._blocks import missing, paragraphs, told
from slantbank.curate._original import Original, OriginalError, guarded, has_heading, made, made_by

MOST_XML = 5_000_000
"""Bytes of text and layout that a Word file may unpack to."""
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_PURL = "{http://purl.org/dc/elements/1.1/}"
_AROUND = ("fldSimple", "dir", "bdo", "customXml", "smartTag", "ruby", "rubyBase")
"""Elements around runs whose text is a part of the line: fields as a date, runs from right to left, the base of ruby."""
_GONE = ("del", "moveFrom", "delText", "instrText", "rPrChange", "pPrChange", "fldData")
"""Elements that no reader of the page sees: what was deleted or moved away, and what fields are made by."""
_NOTES = {"footnote": "footnotes", "endnote": "endnotes", "header": "page headers", "footer": "page footers"}


def read(content: bytes, charset: str | None, title: str | None) -> Original:
    """A .docx file. Its properties name who made the file, and when, which need not be the author and the day."""
    import lxml.html
    import mammoth

    def read_archive() -> tuple[str, dict[str, Any], dict[str, list[str]]]:
        parts = _parts(content)
        body, lost = _prepared(parts)
        made = mammoth.convert_to_html(io.BytesIO(body), convert_image=lambda image: [], include_embedded_style_map=False)
        return made.value, _properties(parts.get("docProps/core.xml")), lost

    html, found, lost = guarded(read_archive, "is not a Word file (.docx) that can be read")
    tree = lxml.html.document_fromstring(f"<body>{html}</body>")
    for note in tree.xpath('//*[starts-with(@id, "footnote-") or starts-with(@id, "endnote-")]'):
        note.drop_tree()
    lines = paragraphs(tree)
    visible = lost.pop("")
    rest = missing(visible, "\n".join(lines))
    remarks = (*told("left out", rest), *(remark for what, texts in lost.items() for remark in told(what, texts)))
    note = f"Extracted from a Word file with {made_by('mammoth')}"
    return made(lines, found, title, note, remarks, headed=has_heading(tree, lines))


def _parts(content: bytes) -> dict[str, bytes]:
    """The parts of the archive, by name. Raises OriginalError if there is more of them than an article has."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        size = sum(one.file_size for one in archive.infolist() if one.filename.lower().endswith((".xml", ".rels")))
        if size > MOST_XML:
            raise OriginalError(f"unpacks to {size:,} bytes of text; an article has at most {MOST_XML:,}")
        return {one.filename: archive.read(one) for one in archive.infolist() if one.filename.lower().endswith((".xml", ".rels"))}


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


def _prepared(parts: dict[str, bytes]) -> tuple[bytes, dict[str, list[str]]]:
    """The file with all visible text where mammoth looks for it, its visible blocks (""), and what is reported apart."""
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
    """Take out what nobody sees, and the elements around what is seen, which mammoth would leave out with all that they hold."""
    for run in list(root.iter(f"{_W}r")):
        text = "".join(run.itertext(f"{_W}t"))
        if _is_on(run, "vanish"):
            lost.setdefault("left out, being hidden text", []).append(text)
            run.getparent().remove(run)
        elif _is_on(run, "strike") or _is_on(run, "dstrike"):
            lost.setdefault("struck through, and kept: take it out if it should not be there", []).append(text)
    for gone in [*root.iter(*(f"{_W}{name}" for name in _GONE))]:
        if gone.getparent() is not None and gone.tag != f"{_W}instrText":  # mammoth needs that for links
            gone.getparent().remove(gone)
    for reading in [*root.iter(f"{_W}rt")]:
        lost.setdefault("left out, readings above the line (ruby)", []).append("".join(reading.itertext(f"{_W}t")))
        reading.getparent().remove(reading)
    for around in [*root.iter(*(f"{_W}{name}" for name in _AROUND))]:
        parent = around.getparent()
        at = parent.index(around)
        parent[at : at + 1] = [child for child in around if not child.tag.endswith("Pr")]


def _is_on(run: Any, name: str) -> bool:
    """Whether a run has a property, that may be turned off."""
    found = run.find(f"{_W}rPr/{_W}{name}")
    return found is not None and found.get(f"{_W}val", "true") not in ("0", "false", "off", "none")


def _blocks(root: Any) -> Iterator[str]:
    """The text of each paragraph, as it is printed; of a text box, its own paragraphs, once."""
    fallback = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
    for paragraph in root.iter(f"{_W}p"):
        if any(above.tag == fallback for above in paragraph.iterancestors()):
            continue
        parts = []
        for node in paragraph.iter():
            inner = next((above for above in node.iterancestors(f"{_W}p")), None)
            if inner is not paragraph or any(above.tag == fallback for above in node.iterancestors()):
                continue
            if node.tag == f"{_W}t":
                parts.append(node.text or "")
            elif node.tag in (f"{_W}tab", f"{_W}br", f"{_W}cr"):
                parts.append(" ")
            elif node.tag == f"{_W}noBreakHyphen":
                parts.append("-")
        if text := "".join(parts).strip():
            yield text
