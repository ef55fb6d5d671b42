"""`hub trace CASE`: a case from raw message to dispatch."""

import json
from datetime import datetime, timedelta, timezone
from typing import Annotated, Any

import typer

_LOCAL = timezone(timedelta(hours=8))


def trace(
    case: Annotated[str, typer.Argument(help="case id, e.g. hotline:HL2026111000017")],
    bootstrap: Annotated[str | None, typer.Option(help="A Kafka of your own.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The same as data.")] = False,
) -> None:
    """Raw message → event → decisions with reasons → dispatches; topic/partition/offset of each."""
    from hub import cluster, tracing
    from hub.settings import load
    from hub.topics import catalogue
    from schemas.codec import codec

    settings = load(bootstrap=bootstrap)
    found = tracing.trace(cluster.running(settings), catalogue(), codec(settings.registry_url), case)
    if found is None:
        typer.echo(f"no case {case}; ids look like hotline:HL2026111000017, see: hub send", err=True)
        raise typer.Exit(1)
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
        return
    state = found["state"]
    rule = state["rule"] or {"rule_id": "-", "version": "-", "matched": {}}
    typer.echo(f"{case}  {state['status']}  {state['level'] or '-'} → {state['tier'] or '-'}  {state['place']}")
    matched = ", ".join(f"{name}={value}" for name, value in rule["matched"].items())
    typer.echo(f"level by rule {rule['rule_id']} ({rule['version']}){': ' + matched if matched else ''}")
    for step in found["steps"]:
        _print_step(step)


def _print_step(step: dict[str, Any]) -> None:
    event, decision, raw = step["event"], step["decision"], step["raw"]
    at = datetime.fromtimestamp(event["occurred_at"] / 1000, _LOCAL)
    typer.echo(f"\n{at:%m-%d %H:%M:%S}  {event['kind']}")
    kept = "" if raw is None else f"{raw['place']}{'' if raw['kept'] else ' (past its retention)'}"
    typer.echo(f"  raw       {kept or '-'}")
    typer.echo(f"  event     {event['place']}  {event['event_id']}")
    change = f"{decision['from_status'] or '∅'} → {decision['to_status']}"
    reason = f"  {decision['reason']}" if decision["reason"] else ""
    typer.echo(f"  decision  {decision['outcome']}  {change}{reason}")
    for one in step["dispatches"]:
        route = "  no_route" if one["no_route"] else ""
        typer.echo(
            f"  dispatch  {one['place']}  {one['action']} {one['role']} {one['tier']} "
            f"{one['unit_name']} → {one['endpoint_id']}  {one['reason']}{route}"
        )
