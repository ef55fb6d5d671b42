"""Shows a benchmark's report on a terminal."""

from rich.console import Console
from rich.table import Table

from hub.bench.figures import Report


def show(report: Report, console: Console | None = None) -> None:
    """A table of all programs with the ratios and targets, and by name whoever is missing."""
    out = console or Console()
    table = Table(title=f"{report.bench} ({report.unit}, {report.rounds} rounds, median)", title_justify="left")
    if "rate" in report.ours:
        _rates(table, report)
    else:
        _figures(table, report)
    out.print(table)
    for name, figures in report.peers.items():
        out.print(f"{name}: {figures['remark']}", highlight=False)
    for name, why in report.missing.items():
        out.print(f"[yellow]missing: {name}[/] {why}", highlight=False)
    about = report.machine
    out.print(f"{about['cores']} cores, {about['cpu']}, load {about['load_1m']} at the start", highlight=False)


def _rates(table: Table, report: Report) -> None:
    for heading in ("program", "records/s", "second half", "s from start", "CPU µs each", "ours/peer", "target"):
        table.add_column(heading, justify="left" if heading == "program" else "right")
    programs = {"hub": report.ours, **report.peers}
    for name, figures in programs.items():
        ratio, target = report.ratio.get(name), report.target.get(name)
        table.add_row(
            name,
            f"{figures['rate']:,}",
            f"{figures['steady_rate']:,}",
            f"{figures['seconds_from_start']:.1f}",
            f"{figures['cpu_us_per_record']:.1f}",
            "" if ratio is None else f"{ratio:.2f}",
            "" if target is None else f"≥ {target} {_verdict(ratio is not None and ratio >= target)}",
        )


def _figures(table: Table, report: Report) -> None:
    for heading in ("figure", "median", "target", "rounds"):
        table.add_column(heading, justify="left" if heading == "figure" else "right")
    for name, value in report.ours.items():
        if isinstance(value, list):
            continue
        is_reached = report.is_reached(name)
        sign = "≥" if name in report.at_least else "≤"
        table.add_row(
            name,
            f"{value:,}",
            "" if is_reached is None else f"{sign} {_shown(report.target[name])} {_verdict(is_reached)}",
            ", ".join(str(each) for each in report.details.get(name, ())),
        )


def _shown(target: float) -> str:
    return f"{target:,}" if isinstance(target, int) else f"{target:g}"


def _verdict(reached: bool) -> str:
    return "[green]reached[/]" if reached else "[red]not reached[/]"
