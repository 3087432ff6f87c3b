"""Write the files of a new bank."""

import json
from pathlib import Path

from slantbank import staged
from slantbank.curate._attributes import ATTRIBUTES

_README = """\
# {name}

A bank of [slantbank](https://pypi.org/project/slantbank/): articles labelled sentence by sentence. In this folder:

1. `slantbank topic new` asks what the articles are about: the parties with their sides, and the facts.
2. `slantbank new article.html --annotator YOU` takes an article in: a page, a Word file, a text, an address, or many at once.
3. Label by `schema/codebook.md`: every label with its definition, and the rules that decide.
4. `slantbank status` says how far everybody is, and what to do next.

Labels stand in `articles/*/annotations/`; `slantbank compare` and `slantbank report` show what they come to.
"""
_EXTENSIONS = {"recommendations": ["tombi-toml.tombi"]}
_SETTINGS = {"files.encoding": "utf8", "files.eol": "\n", "files.trimTrailingWhitespace": False}


def init(folder: Path) -> list[Path]:
    """Make the folder a bank, and return the files that were written; files that exist are not changed.

    The codebook and the JSON Schemas, by which editors that read `.vscode` complete labels, are written by
    `publish.write_rendered`. Raises FileExistsError if the folder is a bank already.
    """
    if (folder / "topics").exists() or (folder / "articles").exists():
        raise FileExistsError(f"{folder} is a bank already; `slantbank status --bank {folder}` says what is in it")
    files = {
        "topics/.gitkeep": "",
        "articles/.gitkeep": "",
        ".gitattributes": ATTRIBUTES,
        ".vscode/extensions.json": json.dumps(_EXTENSIONS, indent=2) + "\n",
        ".vscode/settings.json": json.dumps(_SETTINGS, indent=2) + "\n",
        "README.md": _README.format(name=folder.resolve().name),
    }
    written = []
    for name, text in files.items():
        path = folder / name
        if not path.exists():
            staged.write(path, text, root=folder, new=True)
            written.append(path)
    return written
