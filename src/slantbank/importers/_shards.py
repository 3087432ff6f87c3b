"""Topics and articles straight to Parquet, a shard at a time, so that memory holds no more than one.

`<folder>/<frame>/part-00000.parquet` and so on hold the frames, each part valid by itself; `<folder>/manifest.json` lists the
finished shards with a hash of their articles. A shard is in the manifest once all its parts are there, so that an import that
was killed goes on after the last one listed: no row is lost, none is there twice.
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
    """Write topics and articles, `size` articles a shard; those of shards that the manifest lists are only compared with it.

    Raises FileExistsError if the folder holds anything but such an import, ValueError if it is of other articles or another
    size, pandera.errors.SchemaErrors if a frame is not valid.
    """
    done = _read_manifest(folder, size)
    topics: dict[str, Topic] = {}
    number = -1
    for number, shard in enumerate(_shards(items, size)):
        new = {one.id: one for one in shard if isinstance(one, Topic)}
        topics |= new
        articles = [one for one in shard if isinstance(one, Article)]
        for article in articles:
            report.count_written(article)
        report.written["topics"] += len(new)
        digest = _digest(shard)
        if number >= len(done):
            _write_parts(new, topics, articles, folder, number)
            done.append(digest)
            manifest = json.dumps({"size": size, "shards": done}, indent=1) + "\n"
            store.write(str(folder / _MANIFEST), manifest.encode(), str(folder.parent))
        elif done[number] != digest:
            raise ValueError(_OTHER.format(folder=folder))
    if number + 1 < len(done):
        raise ValueError(_OTHER.format(folder=folder))


_OTHER = "{folder} was begun with other articles or labels; remove it and import again"


def _read_manifest(folder: Path, size: int) -> list[str]:
    """The hashes of the shards that are finished."""
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
    """The items in lists that end with their `size`-th article."""
    shard: list[Topic | Article] = []
    articles = 0
    for one in items:
        shard.append(one)
        articles += isinstance(one, Article)
        if articles == size:
            yield shard
            shard, articles = [], 0
    if shard:
        yield shard


def _digest(shard: list[Topic | Article]) -> str:
    found = hashlib.sha256()
    for one in shard:
        models = [one] if isinstance(one, Topic) else [one.meta, *one.annotations.values()]
        for model in models:
            found.update(model.model_dump_json().encode("utf-8"))
    return found.hexdigest()


def _write_parts(new: dict[str, Topic], topics: dict[str, Topic], articles: list[Article], folder: Path, number: int) -> None:
    """Write a part of each frame, the registries with the topics that no earlier part has."""
    used = new | {article.meta.topic: topics[article.meta.topic] for article in articles}
    built = frames.tabulate(used.values(), articles)
    for name, frame in built.items():
        own = frame.filter(frame["topic_id"].is_in(list(new))) if name in ("parties", "facts") else frame
        path = folder / name / f"part-{number:05}.parquet"
        store.write(str(path), store.parquet(schema.validate(name, own)), str(folder.parent))
