"""`hub clock`: due times for the IT desk, without Kafka."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

app = typer.Typer(no_args_is_help=True)
_Calendar = Annotated[Path | None, typer.Option(help="Folder of <year>.json; without it the city's.")]
_AsJson = Annotated[bool, typer.Option("--json", help="The same as data.")]


@app.command()
def due(
    start: Annotated[str, typer.Option(help="ISO 8601 with a zone, as 2026-07-06T10:20:00+08:00.")],
    limit: Annotated[float, typer.Option(help="Greater than 0; may be a fraction.")],
    unit: Annotated[str, typer.Option(help="urgent_hour, work_hour, work_day or natural_day.")],
    pause: Annotated[list[str] | None, typer.Option(help="FROM/TO; FROM/ is open-ended. May be repeated.")] = None,
    calendar: _Calendar = None,
    as_json: _AsJson = False,
) -> None:
    """Compute one due time, by the code that the workers run."""
    from hub.clockdesk.calendars import read_calendar, read_office_hours
    from hub.clockdesk.reading import make_limit, number_of
    from hub.clockdesk.words import due_line, parse_pause
    from hub.domain.errors import Refused, Rejected
    from hub.domain.instants import parse_instant
    from hub.domain.worktime import WorkTime
    from hub.settings import load

    city = load().city
    worktime = WorkTime.of(read_calendar(calendar or city / "calendar"), read_office_hours(city))
    try:
        begin = parse_instant(start)
        counted = make_limit(number_of({"limit": limit}, "limit", "--limit"), unit, "--unit")
        pauses = [parse_pause(text) for text in pause or ()]
        found = worktime.due(begin, counted, pauses)
    except Rejected as error:
        raise typer.BadParameter(f"{error.field} {error.detail}") from None
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    except Refused:
        raise typer.BadParameter("--limit reaches beyond the year 9999; make it smaller") from None
    if not as_json:
        typer.echo(due_line(found))
        return
    answer: dict[str, Any] = {
        "start": begin.isoformat(),
        "limit": {"value": int(limit) if limit.is_integer() else limit, "unit": unit},
        "pauses": [{"from": one.begin.isoformat(), "to": one.end and one.end.isoformat()} for one in pauses],
        "due": found.at and found.at.isoformat(),
        "provisional": found.is_provisional,
        "calendar": worktime.calendar.version,
    }
    typer.echo(json.dumps(answer, ensure_ascii=False))


@app.command()
def check(
    files: Annotated[list[Path], typer.Argument(help="Vectors and stories, as vectors.json and ladder.json.")],
    calendar: _Calendar = None,
    as_json: _AsJson = False,
) -> None:
    """Check vectors and stories; each difference with expected and got; exit code 1 when there is one."""
    from dataclasses import asdict

    from hub.clockdesk.calendars import read_calendar
    from hub.clockdesk.checking import Checker
    from hub.settings import load

    verdict = Checker(read_calendar(calendar or load().city / "calendar")).check(files)
    if as_json:
        typer.echo(json.dumps(asdict(verdict), ensure_ascii=False))
    else:
        for one in verdict.differences:
            typer.echo(f"{one.file} {one.case}: {one.what}")
            typer.echo(f"  expected  {one.expected}")
            typer.echo(f"  got       {one.got}")
        typer.echo(f"{verdict.checked} checked, {verdict.differ} differ")
    if verdict.differ:
        raise typer.Exit(1)
