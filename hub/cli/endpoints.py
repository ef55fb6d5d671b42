"""`hub endpoints`: the bearer tokens of the staff endpoints."""

import csv
import getpass
import json
import sys
from typing import Annotated, Any

import typer

app = typer.Typer(no_args_is_help=True)
token = typer.Typer(no_args_is_help=True)
app.add_typer(token, name="token", help="Bearer tokens: issue, revoke, list.")

Bootstrap = Annotated[str | None, typer.Option(help="A Kafka of your own.")]
AsJson = Annotated[bool, typer.Option("--json", help="One object.")]
Reason = Annotated[str, typer.Option(help="Why; goes into the audit log.")]
_DAY_MS = 86_400_000


@token.command()
def issue(
    endpoints: Annotated[list[str] | None, typer.Argument(help="Endpoints of the city's endpoints.csv.")] = None,
    unit: Annotated[list[str] | None, typer.Option(help="All endpoints of a unit; may be repeated.")] = None,
    every: Annotated[bool, typer.Option("--all", help="All endpoints of the city.")] = False,
    days: Annotated[int | None, typer.Option(min=1, help="Valid for so many days; else until revoked.")] = None,
    reason: Reason = "",
    bootstrap: Bootstrap = None,
    as_json: AsJson = False,
) -> None:
    """A new token for each endpoint, printed once as CSV: the hub keeps its hash. Older ones stay in force."""
    from hub.lifecycle import city_of
    from hub.settings import load
    from hub.timing import clock_of

    settings = load(bootstrap=bootstrap)
    city = city_of(settings)
    if unknown := [one for one in endpoints or () if one not in city.endpoints]:
        raise typer.BadParameter(f"not in the city's endpoints.csv: {', '.join(unknown)}")
    if unknown := [one for one in unit or () if one not in city.units]:
        raise typer.BadParameter(f"not in the city's units.csv: {', '.join(unknown)}")
    units = set(unit or ())
    chosen = dict.fromkeys(endpoints or ())
    chosen |= dict.fromkeys(one.endpoint_id for one in city.endpoints.values() if every or one.unit in units)
    if not chosen:
        raise typer.BadParameter("name endpoints, --unit CODE or --all")
    expires_at = None if days is None else clock_of(settings).now_ms() + days * _DAY_MS
    issued = _desk(settings).issue(list(chosen), expires_at=expires_at, reason=reason)
    if as_json:
        rows = [
            {"endpoint": one.record.endpoint_id, "id": one.record.token_id, "token": one.token} for one in issued
        ]
        typer.echo(json.dumps({"issued": rows}))
        return
    table = csv.writer(sys.stdout, lineterminator="\n")
    table.writerow(("endpoint", "token"))
    table.writerows((one.record.endpoint_id, one.token) for one in issued)
    typer.echo(f"{len(issued)} tokens; this is the only time they are shown", err=True)


@token.command()
def revoke(
    ids: Annotated[list[str] | None, typer.Argument(help="Ids of tokens, as `list` shows them.")] = None,
    endpoint: Annotated[list[str] | None, typer.Option(help="All tokens of an endpoint; may be repeated.")] = None,
    reason: Reason = "",
    bootstrap: Bootstrap = None,
    as_json: AsJson = False,
) -> None:
    """Take tokens out of force on every gateway, at once; streams opened with them are cut."""
    from hub.settings import load

    if not ids and not endpoint:
        raise typer.BadParameter("name ids of tokens, or --endpoint")
    desk = _desk(load(bootstrap=bootstrap))
    known = desk.records()
    if unknown := set(ids or ()) - {one.token_id for one in known}:
        typer.echo(f"there is no token {', '.join(sorted(unknown))}; see: hub endpoints token list", err=True)
        raise typer.Exit(1)
    wanted, holders = set(ids or ()), set(endpoint or ())
    chosen = [one for one in known if one.token_id in wanted or one.endpoint_id in holders]
    revoked = desk.revoke(chosen, reason=reason)
    if as_json:
        typer.echo(json.dumps({"revoked": [one.token_id for one in revoked]}))
    else:
        typer.echo(f"revoked {len(revoked)}, out of force before {len(chosen) - len(revoked)}")


@token.command("list")
def list_tokens(
    endpoint: Annotated[list[str] | None, typer.Option(help="Of this endpoint only; may be repeated.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Also those out of force.")] = False,
    bootstrap: Bootstrap = None,
    as_json: AsJson = False,
) -> None:
    """Which endpoints have tokens: ids and dates, never the token."""
    from hub.settings import load
    from hub.timing import clock_of

    settings = load(bootstrap=bootstrap)
    now, wanted = clock_of(settings).now_ms(), set(endpoint or ())
    found = [
        one
        for one in _desk(settings).records()
        if (every or one.is_valid(now)) and (not wanted or one.endpoint_id in wanted)
    ]
    if as_json:
        rows = [{**one.model_dump(exclude={"sha256"}), "valid": one.is_valid(now)} for one in found]
        typer.echo(json.dumps({"tokens": rows}, ensure_ascii=False))
        return
    for one in found:
        state = "in force" if one.is_valid(now) else "revoked" if one.revoked_at is not None else "expired"
        until = "" if one.expires_at is None else f", until {_day(one.expires_at)}"
        typer.echo(
            f"{one.token_id}  {one.endpoint_id}  {state}, issued {_day(one.issued_at)} by {one.issued_by}{until}"
        )
    typer.echo(f"{len(found)} tokens", err=True)


def _desk(settings: Any) -> Any:
    from hub import cluster
    from hub.endpoint_tokens import TokenDesk
    from hub.timing import clock_of
    from hub.topics import catalogue
    from schemas.codec import codec

    return TokenDesk(
        cluster.running(settings),
        catalogue(),
        codec(settings.registry_url),
        actor=getpass.getuser(),
        now_ms=clock_of(settings).now_ms,
    )


def _day(at_ms: int) -> str:
    from hub.domain.instants import from_epoch_ms

    return from_epoch_ms(at_ms).strftime("%Y-%m-%d")
