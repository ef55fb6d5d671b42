"""`hub sources pause|resume|rewind|reimport|check`, and the tables of `hub sources list`."""

import json
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from hub.source_control import SourceDesk, Told

_Sources = Annotated[list[str], typer.Argument(help="hotline, citymgmt, grid …")]
_Source = Annotated[str, typer.Argument(help="hotline, citymgmt, grid …")]
_Reason = Annotated[str, typer.Option(help="Why; it goes on the audit log. No names, no numbers.")]
_Transport = Annotated[str | None, typer.Option(help="drop, database or poll; where a source has several.")]
_Bootstrap = Annotated[str | None, typer.Option(help="A Kafka of your own.")]
_AsJson = Annotated[bool, typer.Option("--json", help="What was told, as data.")]


def pause(sources: _Sources, reason: _Reason, bootstrap: _Bootstrap = None, as_json: _AsJson = False) -> None:
    """Take nothing from the sources until they are resumed, over restarts too; the intake answers 503."""
    desk = _desk(sources, bootstrap)
    _tell([desk.pause(source, reason) for source in sources], as_json)


def resume(sources: _Sources, reason: _Reason, bootstrap: _Bootstrap = None, as_json: _AsJson = False) -> None:
    """Take from the sources again, from where they stood."""
    desk = _desk(sources, bootstrap)
    _tell([desk.resume(source, reason) for source in sources], as_json)


def rewind(
    source: _Source,
    reason: _Reason,
    to: Annotated[str | None, typer.Option(help="An instant, 2026-11-20T08:00; without a zone UTC+8.")] = None,
    position: Annotated[str | None, typer.Option(help="A position as `hub sources list` shows it.")] = None,
    transport: _Transport = None,
    bootstrap: _Bootstrap = None,
    as_json: _AsJson = False,
) -> None:
    """Go back and take again what came after; what the hub has seen is dropped, so nothing comes twice."""
    from hub.domain.errors import Refused

    if (to is None) == (position is None):
        raise typer.BadParameter("say --to or --position, one of them")
    desk = _desk([source], bootstrap)
    to_ms = None if to is None else _epoch_ms(to)
    try:
        told = desk.rewind(
            source,
            _settings_of(source),
            reason,
            transport=_transport_of(transport),
            to_ms=to_ms,
            to_position=position,
        )
    except Refused as refused:
        raise typer.BadParameter(refused.reason) from None
    _tell([told], as_json)


def reimport(
    source: _Source,
    reason: _Reason,
    ids: Annotated[
        list[str] | None, typer.Option("--id", help="A case id or source event id; several times.")
    ] = None,
    files: Annotated[
        list[str] | None, typer.Option("--file", help="Name of a dropped file; several times.")
    ] = None,
    transport: _Transport = None,
    bootstrap: _Bootstrap = None,
    as_json: _AsJson = False,
) -> None:
    """Take chosen records or files again; what the hub has seen is dropped, so nothing comes twice."""
    from hub.domain.errors import Refused

    if bool(ids) == bool(files):
        raise typer.BadParameter("say --id or --file, one of them, as often as needed")
    desk = _desk([source], bootstrap)
    try:
        told = desk.reimport(
            source,
            _settings_of(source),
            reason,
            transport=_transport_of(transport),
            ids=tuple(ids or ()),
            files=tuple(files or ()),
        )
    except Refused as refused:
        raise typer.BadParameter(refused.reason) from None
    _tell([told], as_json)


def check(bootstrap: _Bootstrap = None, as_json: _AsJson = False) -> None:
    """Try settings, secrets, folders, databases, servers and Kafka; all problems at once.

    Exit code 2: something is set wrong. 1: something does not answer now. 0: all well.
    """
    from hub.settings import load
    from hub.source_checks import check_sources
    from hub.topics import catalogue

    checked = check_sources(load(bootstrap=bootstrap), catalogue())
    if as_json:
        problems = [
            {"place": one.place, "kind": "away" if one.is_away else "settings", "problem": one.text}
            for one in checked.problems
        ]
        typer.echo(json.dumps({"problems": problems, "notes": checked.notes}, ensure_ascii=False))
    else:
        for one in checked.problems:
            typer.echo(f"{one.place}: {one.text}" if one.place else one.text)
        for note in checked.notes:
            typer.echo(f"note: {note}", err=True)
        if not checked.problems:
            typer.echo("no problems", err=True)
    if checked.problems:
        raise typer.Exit(2 if any(not one.is_away for one in checked.problems) else 1)


COMMANDS: dict[str, Callable[..., None]] = {
    "pause": pause,
    "resume": resume,
    "rewind": rewind,
    "reimport": reimport,
    "check": check,
}


def show(found: list[dict[str, Any]], away: str | None) -> None:
    """The list for a person: how each source stands, what was told to it, what it sends that no table knows."""
    for one in found:
        typer.echo(f"{one['name']:<10} {one['state']:<14} {', '.join(one['transports']) or 'no transport'}")
        for line in _details(one):
            typer.echo(f"    {line}")
    if away is not None:
        typer.echo(f"of traffic nothing is known: {away}", err=True)


def _details(one: dict[str, Any]) -> Iterable[str]:
    if (paused := one.get("paused")) is not None:
        yield f"paused since {paused['since']} by {paused['by']}: {paused['reason']}"
    for transport, standing in one.get("positions", {}).items():
        waiting = f", {standing['waiting']} waiting" if standing["waiting"] else ""
        problem = f", problem: {standing['problem']}" if standing["problem"] else ""
        yield f"{transport} at {standing['position'] or 'the start'}{waiting}{problem}"
    yield ", ".join(filter(None, (_last(one), _silence(one["silence"]), _errors(one.get("errors")))))
    for command in one.get("commands", ()):
        done = "; ".join(
            f"{transport} {came['outcome']}, {came['detail']}" for transport, came in command["done"].items()
        )
        yield f"{command['kind']} {command['id']} of {command['given_at']}: {done or 'waiting'}"
    for what in ("flags", "rejections", "ignored"):
        if counts := one.get(what):
            yield f"{what}  " + ", ".join(f"{name} {count:,}" for name, count in counts.items())


def _last(one: dict[str, Any]) -> str:
    if (last := one.get("last_message")) is None:
        return "no message yet" if "rate" in one else ""
    rate = one["rate"]
    return f"last message {last}, {rate['messages'] * 60 / rate['seconds']:.1f} a minute"


def _silence(silence: dict[str, Any]) -> str:
    if silence["threshold_minutes"] is None:
        return "no silence alarm"
    after = f"silence alarm after {silence['threshold_minutes']:g} min"
    return f"SILENT for {silence['minutes']:g} min ({after})" if silence["is_silent"] else after


def _errors(errors: dict[str, Any] | None) -> str:
    if errors is None or errors["share"] is None:
        return ""
    return f"rejected {errors['share']:.2%} ({errors['rejected']:,} of {errors['received']:,})"


def _desk(sources: list[str], bootstrap: str | None) -> "SourceDesk":
    import getpass

    from connectors.sources import SOURCES
    from hub import cluster
    from hub.settings import load
    from hub.source_control import SourceDesk
    from hub.timing import clock_of
    from hub.topics import catalogue
    from schemas.codec import codec

    for source in sources:
        if source not in SOURCES:
            raise typer.BadParameter(f"unknown source {source!r}; there are: {', '.join(sorted(SOURCES))}")
    settings = load(bootstrap=bootstrap)
    return SourceDesk(
        cluster.running(settings),
        catalogue(),
        codec(settings.registry_url),
        actor=getpass.getuser(),
        now_ms=clock_of(settings).now_ms(),
    )


def _settings_of(source: str) -> Any:
    from connectors.source_settings import read_sources
    from hub.settings import load

    return read_sources(load().sources_path).get(source)


def _transport_of(text: str | None) -> Any:
    from connectors.control import Transport

    if text is None:
        return None
    try:
        return Transport(text)
    except ValueError:
        raise typer.BadParameter(f"no transport {text!r}; there are drop, database, poll") from None


def _epoch_ms(text: str) -> int:
    from hub.domain.instants import SHANGHAI, to_epoch_ms

    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not an instant such as 2026-11-20T08:00") from None
    return to_epoch_ms(instant if instant.tzinfo else instant.replace(tzinfo=SHANGHAI))


def _tell(told: list["Told"], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps([one.as_dict() for one in told], ensure_ascii=False))
        return
    for one in told:
        command = f" {one.command}" if one.command else ""
        state = "told" if one.changed else "was so already" if one.command is None else "waits already"
        typer.echo(f"{one.source}: {one.action}{command} {state}  see: hub sources list")
