"""A report for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TextIO

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cds_hooks.data_quality import QualityEntry, quality_json
from cds_hooks.doctor.report import ModelReport, Report, SearchReport

_MARKS = {"complete": "[green]complete[/]", "partial": "[yellow]partial[/]", "unavailable": "[red]none[/]"}
_SUPPORT = {"yes": "[green]yes[/]", "no": "[red]no[/]", "not stated": "[dim]not stated[/]"}
_OUTCOMES = {"finding": "[green]finding[/]", "no answer": "[yellow]no answer[/]"}


def print_report(report: Report, out: TextIO, width: int) -> None:
    """Writes the report; colors only where the output is a terminal."""
    console = Console(file=out, width=width, highlight=False, soft_wrap=False)
    for line in _head(report):
        console.print(line)
    if report.capability is not None and report.searches:
        console.print(_searches(report.searches))
    if report.quality:
        console.print(_counts(report.quality))
    for note in report.quality:
        console.print(f"  [yellow]{note.problem}[/]  {escape(note.source)}: {escape(note.reason)}")
    for part in _models(report.models):
        console.print(part)
    console.print(_verdict(report))


def _head(report: Report) -> Iterable[str]:
    yield f"[bold]{escape(report.server)}[/]"
    capability = report.capability
    if capability is not None:
        stated = f" ({escape(capability.stated_version)})" if capability.stated_version else ""
        yield f"  FHIR {capability.version or 'unknown'}{stated}, answered in {report.milliseconds:.0f} ms"
        maker = ", ".join(filter(None, (capability.software, capability.publisher)))
        yield f"  software: {escape(maker) or 'not stated'}; read as: {report.vendor}"
        if report.is_vendor_hidden:
            yield f'  set vendor = "{report.vendor}" in \\[\\[fhir.servers]]: the address does not tell'
        services = ", ".join(capability.security)
        yield f"  authorization: {escape(services) or 'none stated'}"
        if capability.token_url:
            yield f"  token endpoint: {escape(capability.token_url)}"


def _searches(searches: Iterable[SearchReport]) -> Table:
    table = Table(title="What the models ask for", title_justify="left", box=None, pad_edge=False)
    for name in ("Resource", "Stated", "Came", "Found", "ms", "Why not all"):
        table.add_column(name, justify="right" if name in ("Found", "ms") else "left")
    for search in searches:
        table.add_row(
            search.resource,
            _SUPPORT[search.supported],
            _MARKS.get(search.coverage, escape(search.coverage)),
            "" if search.found is None else str(search.found),
            "" if search.milliseconds is None else f"{search.milliseconds:.0f}",
            escape(search.reason),
        )
    return table


def _counts(entries: Iterable[QualityEntry]) -> Table:
    """How much was not taken as it came, by reason."""
    table = Table(title="What was not taken as it came", title_justify="left", box=None, pad_edge=False)
    for name in ("", "Problem", "Resource", "Why", "Count"):
        table.add_column(name, justify="right" if name == "Count" else "left")
    for each in quality_json(entries)["counts"]:
        cells = (each["treatment"], each["problem"], each["resource"], escape(each["reason"]))
        table.add_row(*cells, str(each["count"]))
    return table


def _models(models: Sequence[ModelReport]) -> Iterable[Table | str]:
    """What speaks and what lacks something line by line; the rest by name."""
    table = Table(title="What that is enough for", title_justify="left", box=None, pad_edge=False)
    for name in ("Model", "Outcome", "Why"):
        table.add_column(name)
    for outcome in ("finding", "no answer"):
        for model in models:
            if model.outcome == outcome and model.cause != "not-indicated":
                table.add_row(model.name, _OUTCOMES[outcome], escape(model.reason))
    if table.row_count:
        yield table
    for words, names in (
        ("Assessed, nothing to say", [m.name for m in models if m.outcome == "nothing to say"]),
        ("Question does not arise", [m.name for m in models if m.cause == "not-indicated"]),
    ):
        if names:
            yield f"{words}: {', '.join(names)}"


def _verdict(report: Report) -> str:
    if report.trouble:
        return f"[bold red]Can't be used:[/] {escape(report.trouble)}"
    if not report.is_healthy:
        return "[bold yellow]Usable with gaps:[/] not every query was answered in full."
    if report.remark:
        return f"[bold green]Healthy:[/] every query was answered in full; {escape(report.remark)}."
    if report.models:
        return "[bold green]Healthy:[/] every query was answered in full."
    return "[bold green]Reachable.[/] Name a patient with --patient to see what its charts are enough for."
