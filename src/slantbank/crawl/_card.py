"""The dataset card of a crawl, by which `load_dataset` finds the files of each frame."""

import re
from collections.abc import Mapping

from slantbank.frames import store
from slantbank.problem import ContributionError, Problem

NAME = "README.md"
_HEAD = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)
_BODY = """
# A crawl

TODO: where the texts come from, under which licences, and what they must not be used for.

Articles of a crawl, cut into sentences; nobody has labelled them, and the columns of labels are null. Built by slantbank;
`manifest.json` says of which files, and what was refused. In every frame, the column `split` names that of the article's topic.
Frames without a row are files here, and no configs, because `load_dataset` refuses those.
"""


def write(into: str, contents: Mapping[str, tuple[int, str]]) -> None:
    """Write the card of the frames in `into`; `contents` has for each frame its number of rows and a text that identifies it.

    Other content of an existing card is kept. Raises ContributionError if its YAML head cannot be read.
    """
    import yaml

    from slantbank.frames import hub  # it imports `datasets`, which takes long, and only this process needs it

    configs = (
        hub.Config(name, name, hub.version_of(content), {"train": hub.Files(f"{name}/*.parquet", rows)})
        for name, (rows, content) in contents.items()
    )
    stated, infos = hub.described(configs)
    text = store.text(f"{into}/{NAME}") or ""
    head = _HEAD.match(text)
    try:
        existing = (yaml.safe_load(head[1]) or {}) if head else {"tags": ["news"]}
        metadata = {**existing, "configs": stated, "dataset_info": infos}
    except (yaml.YAMLError, TypeError) as error:
        message = "the YAML head cannot be read: " + " ".join(str(error).split())
        raise ContributionError([Problem(f"{into}/{NAME}", 1, 1, "SB107", message)]) from error
    body = _HEAD.sub("", text) or _BODY
    store.write(f"{into}/{NAME}", (hub.yaml_head(metadata) + body).encode())
