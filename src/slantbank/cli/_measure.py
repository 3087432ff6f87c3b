"""The commands compare, agreement, score and report print or write measures."""

import io
import shutil
from pathlib import Path
from typing import Any

import click

from slantbank import staged
from slantbank.cli._shared import (
    BANK,
    BUILT,
    COLLECTION,
    exit_on_problems,
    filter_collection,
    missing_extra,
    notify,
    read_frames,
    usage_errors,
)

FORMATS = click.option(
    "--format",
    "style",
    type=click.Choice(["table", "markdown", "json", "csv", "parquet"]),
    default="table",
    show_default=True,
    help="Format of the output.",
)
OUTPUT = click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Write to this file instead of printing."
)
LABELS = click.option(
    "--labels",
    metavar="ANNOTATOR",
    help="Use the labels of this annotator; or `majority`: what most coders chose, where nothing is adjudicated.",
)


def _refuse_removed(context: click.Context, option: click.Parameter, value: object) -> None:
    """Say that an option was removed, if it is given; a callback of click."""
    if value is not None:
        raise click.UsageError(f"--{option.name} was removed: intervals are computed without random draws")


REPLICATES = click.option("--replicates", hidden=True, expose_value=False, callback=_refuse_removed)
SEED = click.option("--seed", hidden=True, expose_value=False, callback=_refuse_removed)


@click.command()
@click.argument("only", nargs=-1, metavar="[TOPIC|ARTICLE]...")
@click.option("--by", default="article_id", show_default=True, help="Column of `articles` to group by: outlet, origin, …")
@click.option(
    "--show",
    type=click.Choice(["values", "differences", "distances", "facts", "coders"]),
    default="values",
    show_default=True,
    help="Values of the measures; tests of differences; distances between groups; facts reported; values by coder.",
)
@click.option("--measure", "measures", multiple=True, help="Show this measure instead of the main ones; may be repeated.")
@click.option("--all", "everything", is_flag=True, help="Show every measure.")
@click.option(
    "--explain", metavar="ITEM", help="Show the sentences behind one --measure of one ARTICLE: those of ITEM, or all for ''."
)
@click.option("--headline", is_flag=True, help="Measure the headlines instead of the bodies.")
@click.option("--coders", is_flag=True, help="Use the labels of all coders; the intervals then hold for other coders, too.")
@LABELS
@COLLECTION
@click.option(
    "--permutations", type=click.IntRange(min=1), help="Permutations for --show differences and distances.  [default: 1999]"
)
@click.option("--seed", type=int, help="Random seed for --show differences and distances.  [default: 20171]")
@REPLICATES
@FORMATS
@OUTPUT
@BUILT
@BANK
def compare(
    only: tuple[str, ...],
    by: str,
    show: str,
    measures: tuple[str, ...],
    everything: bool,
    explain: str | None,
    headline: bool,
    coders: bool,
    labels: str | None,
    collection: str | None,
    permutations: int | None,
    seed: int | None,
    style: str,
    output: Path | None,
    built: bool,
    bank: Path | None,
) -> None:
    """Compare the articles about an event, measure by measure.

    Example: `slantbank compare free-iran-rally-2017`

    Name TOPICs or ARTICLEs by their ids. If you name none and the bank has several topics, they are listed. Measures of all
    articles are those of one collection: see --collection.
    """
    from slantbank import measure
    from slantbank.show import terminal as table

    common: dict[str, Any] = {"only": only or None, "headline": headline, "labels": labels}
    random: dict[str, Any] = {name: value for name, value in (("permutations", permutations), ("seed", seed)) if value is not None}
    width = shutil.get_terminal_size((80, 24)).columns
    with exit_on_problems(), usage_errors():
        frames = read_frames(bank, built=built)
        bare = not (random or measures or everything or headline or coders or labels or explain is not None or by != "article_id")
        if not only and bare and (show, style) == ("values", "table") and frames["articles"]["topic_id"].n_unique() > 1:
            listed = frames if collection is None else filter_collection(frames, collection)
            output_text(table.overview_text(listed["articles"], width), output)
            return
        if not only:
            frames = filter_collection(frames, collection)
        measures = tuple(name.replace(" ", "_") for name in measures)
        selected = None if everything else measures or table.main_measures(table.select_articles(frames, only)["articles"])
        columns: list[str] = []
        if coders and (show != "values" or explain is not None):
            raise click.UsageError("--coders works only without --show and --explain")
        if random and (show not in ("differences", "distances") or explain is not None):
            raise click.UsageError(f"--{next(iter(random))} works only with --show differences or distances")
        if explain is not None:
            if len(only) != 1 or len(measures) != 1:
                raise click.UsageError("--explain needs one ARTICLE and one --measure")
            rows = measure.evidence(frames, only[0], measures[0], explain or None, headline=headline, labels=labels)
            columns = ["n", "item", "contribution", "text"]
        elif show == "differences":
            rows = measure.differences(frames, by, measures=selected, **random, **common)
            columns = ["a", "b", "measure", "item", "difference", "low", "high", "p_corrected"]
        elif show == "distances":
            rows = measure.distances(frames, by, **random, **common)
            columns = ["a", "b", "label", "distance", "chance", "excess", "p_corrected"]
        elif show == "facts":
            rows = measure.coverage(frames, only=only or None, labels=labels)
            columns = ["fact_id", "article_id", "reported", "words"]
        elif show == "coders":
            rows = measure.by_coder(frames, by, measures=selected, **common)
            columns = [by, "measure", "item", "value", "lowest", "highest", "between"]
        else:
            rows = measure.compare(frames, by, measures=selected, coders=coders, **common)
    if style != "table":
        write_frame(rows, style, output)
    elif columns:
        rows, note = table.without_missing(rows, "difference") if "difference" in columns else (rows, "")
        text = table.aligned(rows, frames["articles"], "article_id" if explain is not None else by, columns, width)
        output_text("\n".join([text, *table.wrap(note, width)] if note else [text]), output)
    else:
        output_text(table.comparison_text(frames, rows, by, width), output)


@click.command()
@click.option("--by-article", is_flag=True, help="Show each article, too.")
@REPLICATES
@SEED
@click.option("--coders", is_flag=True, help="Show how far each coder agrees with the others instead.")
@click.option("--labels", metavar="ANNOTATOR", multiple=True, help="Compare only these annotators; repeat it for each.")
@COLLECTION
@FORMATS
@OUTPUT
@BUILT
@BANK
def agreement(
    by_article: bool,
    coders: bool,
    labels: tuple[str, ...],
    collection: str | None,
    style: str,
    output: Path | None,
    built: bool,
    bank: Path | None,
) -> None:
    """Measure how far the coders agree, layer by layer."""
    from slantbank import measure
    from slantbank.show import terminal as table

    with exit_on_problems(), usage_errors():
        frames = filter_collection(read_frames(bank, built=built), collection)
        if coders:
            rows = measure.outliers(frames, coders=labels or None)
        else:
            rows = measure.agreement(frames, by="article_id" if by_article else None, coders=labels or None)
        if style == "table":
            output_text(table.outliers_text(rows) if coders else table.agreement_text(rows), output)
        else:
            write_frame(rows, style, output)


@click.command()
@click.argument("topic", required=False)
@click.option(
    "--format", "style", type=click.Choice(["html", "md", "svg"]), default="html", show_default=True, help="svg is one --chart."
)
@click.option("--chart", help="Name of the chart for --format svg.")
@click.option("--open", "opened", is_flag=True, help="Open the report in the browser.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="File to write; for all topics, a folder.")
@LABELS
@REPLICATES
@SEED
@BUILT
@BANK
def report(
    topic: str | None,
    style: str,
    chart: str | None,
    opened: bool,
    output: Path | None,
    labels: str | None,
    built: bool,
    bank: Path | None,
) -> None:
    """Write the report on a TOPIC, as one HTML file.

    Example: `slantbank report free-iran-rally-2017 --open`

    The file needs no network. Other formats are Markdown and a single chart. TOPIC (id) may be left out if the bank has only one;
    `all` writes a folder with a report on every topic and an index.
    """
    from slantbank import show

    with exit_on_problems():
        frames = read_frames(bank, built=built)
        if topic is None:
            topics = frames["articles"]["topic_id"].unique().sort().to_list()
            if not topics:
                raise click.UsageError("no article of this bank has finished labels; `slantbank status` says what to do next")
            if len(topics) != 1:
                raise click.UsageError(f"name one topic of {', '.join(topics[:10])}{' …' if len(topics) > 10 else ''}")
            topic = str(topics[0])
        target = output or Path("report" if topic == "all" else f"{topic}{f'-{chart}' if chart else ''}.{style}")
        if topic != "all" and target.is_dir():
            raise click.UsageError(f"{target} is a folder: name a file")
        try:
            if topic == "all":
                if style != "html":
                    raise click.UsageError("the report on all topics is written only as html")
                topics = frames["articles"]["topic_id"].unique().sort().to_list()
                pages = {target / f"{name}.html": show.report(frames, name, labels=labels) for name in topics}
                target = target / "index.html"
                pages[target] = show.index(frames, {name: f"{name}.html" for name in topics}, labels=labels)
            elif style == "html":
                pages = {target: show.report(frames, topic, labels=labels)}
            elif style == "md":
                pages = {target: show.markdown(frames, topic, labels=labels)}
            else:
                pages = {target: show.image(frames, topic, chart or "", labels=labels)}
        except ValueError as error:
            raise click.UsageError(str(error)) from error
        except ImportError as error:
            raise click.UsageError(missing_extra(error, "report")) from error
        for path, page in pages.items():
            staged.write(path, page)
    click.echo(f"written: {target}")
    if opened:
        click.launch(str(target.resolve()))


@click.command()
@click.argument("coders", nargs=-1, metavar="[ANNOTATOR|PREDICTIONS]...")
@click.option("--collection", metavar="NAME", help="Only articles of this collection.  [default: all]")
@FORMATS
@OUTPUT
@BUILT
@BANK
def score(coders: tuple[str, ...], collection: str | None, style: str, output: Path | None, built: bool, bank: Path | None) -> None:
    """Score coders or predictions against the adjudicated labels.

    Example: `slantbank score predictions.jsonl`

    PREDICTIONS is a .jsonl, .csv or .parquet file with `sentence_id` and any label columns of `annotations`. The table also has
    baselines (TF-IDF with slantbank[score]), the scores of the coders against each other as a ceiling, and the errors that the
    labels would cause in the measures of `slantbank compare`.
    """
    from slantbank import measure
    from slantbank.codebook import ALL
    from slantbank.show import terminal as table

    with exit_on_problems(), usage_errors():
        frames = filter_collection(read_frames(bank, built=built), collection or ALL)
        files = [name for name in coders if Path(name).suffix in _READERS]
        if len(files) > 1:
            raise click.UsageError("one file of predictions at a time")
        rows = measure.score(frames, [name for name in coders if name not in files], _predictions(files[0]) if files else None)
    for annotator in measure.related_models(frames):
        if annotator in rows["annotator_id"]:
            notify(f"{annotator} and gold's adjudicator are models of one family and may share mistakes: its scores flatter it")
    if style == "table":
        output_text(table.score_text(rows), output)
    elif style == "markdown":
        output_text(table.score_markdown(rows), output)
    else:
        write_frame(rows, style, output)


_READERS = {".jsonl": "read_ndjson", ".csv": "read_csv", ".parquet": "read_parquet"}


def _predictions(name: str) -> Any:
    """Read a file of predictions. Raises UsageError if it cannot be read."""
    import polars as pl

    from slantbank.frames import store

    path = Path(name)
    if not path.is_file():
        raise click.UsageError(f"no file {name}")
    try:
        with store.panics_caught():
            return getattr(pl, _READERS[path.suffix])(path)
    except pl.exceptions.PolarsError as error:
        raise click.UsageError(f"{name} cannot be read as {path.suffix[1:]}: {str(error).splitlines()[0]}") from error


def write_frame(frame: Any, style: str, output: Path | None) -> None:
    """Print or write a frame in a format that other programs read."""
    if style == "parquet":
        if output is None:
            raise click.UsageError("--format parquet needs --output")
        data = io.BytesIO()
        frame.write_parquet(data)
        staged.write(output, data.getvalue())
        return
    from slantbank.show import terminal as table

    text = table.frame_markdown(frame) if style == "markdown" else frame.write_json() if style == "json" else frame.write_csv()
    output_text(text.rstrip("\n"), output, exact=style != "markdown")


def output_text(text: str, output: Path | None, *, exact: bool = False) -> None:
    """Print a text or write it to a file. Unless it is `exact`, for programs, control characters are escaped."""
    from slantbank.problem import printable

    text = text if exact else "\n".join(map(printable, text.split("\n")))
    if output is None:
        click.echo(text)
    else:
        staged.write(output, text + "\n")
