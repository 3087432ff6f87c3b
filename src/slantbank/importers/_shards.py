"""Write topics and articles straight to Parquet, a shard at a time, so that memory holds one shard.

`<folder>/<frame>/part-00000.parquet` and so on hold the frames, each part valid by itself; `<folder>/manifest.json` lists the
finished shards with a hash of their articles. A shard is added to the manifest after all its parts are written, so an import
that was killed continues after the last one listed, and no row is lost or duplicated.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from slantbank import frames
from slantbank.bank import Article, Topic
from slantbank.frames import schema, store
from slantbank.importers._report import Report

_MANIFEST = "manifest.json"


def write(items: Iterable[Topic | Article], folder: Path, size: int, report: Report) -> None:
    """Write topics and articles, `size` articles a shard; a shard that the manifest lists is only compared with its hash.

    Raises FileExistsError if the folder holds anything but such an import, ValueError if that import has other articles or
    another shard size, pandera.errors.SchemaErrors if a frame is not valid.
    """
    finished = _read_manifest(folder, size)
    topics: dict[str, Topic] = {}
    number = -1
    for number, shard in enumerate(_shards(items, size)):
        new = {item.id: item for item in shard if isinstance(item, Topic)}
        topics |= new
        articles = [item for item in shard if isinstance(item, Article)]
        for article in articles:
            report.count_written(article)
        report.written["topics"] += len(new)
        digest = _digest(shard)
        if number >= len(finished):
            _write_parts(new, topics, articles, folder, number)
            finished.append(digest)
            manifest = json.dumps({"size": size, "shards": finished}, indent=1) + "\n"
            store.write(str(folder / _MANIFEST), manifest.encode(), str(folder.parent))
        elif finished[number] != digest:
            raise ValueError(_CHANGED.format(folder=folder))
    if number + 1 < len(finished):
        raise ValueError(_CHANGED.format(folder=folder))


_CHANGED = "{folder} was begun with other articles or labels; remove it and import again"


def _read_manifest(folder: Path, size: int) -> list[str]:
    """The hashes of the finished shards; an empty manifest is written if there is none."""
    path = folder / _MANIFEST
    if not path.is_file():
        if folder.exists() and any(not other.name.startswith(".") for other in folder.iterdir()):
            raise FileExistsError(f"{folder} holds something else")
        folder.mkdir(parents=True, exist_ok=True)
        store.write(str(path), (json.dumps({"size": size, "shards": []}) + "\n").encode(), str(folder.parent))
    manifest = json.loads(path.read_text(encoding="utf-8"))
    if manifest["size"] != size:
        raise ValueError(f"{folder} was begun with {manifest['size']} articles a shard")
    return list(manifest["shards"])


def _shards(items: Iterable[Topic | Article], size: int) -> Iterator[list[Topic | Article]]:
    """The items in lists that each end with their `size`-th article."""
    shard: list[Topic | Article] = []
    articles = 0
    for item in items:
        shard.append(item)
        articles += isinstance(item, Article)
        if articles == size:
            yield shard
            shard, articles = [], 0
    if shard:
        yield shard


def _digest(shard: list[Topic | Article]) -> str:
    digest = hashlib.sha256()
    for item in shard:
        models = [item] if isinstance(item, Topic) else [item.meta, *item.annotations.values()]
        for model in models:
            digest.update(model.model_dump_json().encode("utf-8"))
    return digest.hexdigest()


def _write_parts(new: dict[str, Topic], topics: dict[str, Topic], articles: list[Article], folder: Path, number: int) -> None:
    """Write a part of each frame; `parties` and `facts` get only the `new` topics, which no earlier part has."""
    used = new | {article.meta.topic: topics[article.meta.topic] for article in articles}
    built = frames.tabulate(used.values(), articles)
    for name, frame in built.items():
        part = frame.filter(frame["topic_id"].is_in(list(new))) if name in ("parties", "facts") else frame
        path = folder / name / f"part-{number:05}.parquet"
        store.write(str(path), store.parquet(schema.validate(name, part)), str(folder.parent))
