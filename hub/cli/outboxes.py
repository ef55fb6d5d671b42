"""Commands over the outbox of an edge, the same for every edge that delivers.

They reach the running process through its SQLite file: what it delivers is decided by that file alone, so a command
holds at once, also while the edge is down, and after a restart. They run on the edge's own machine.
"""

import json
import time
from datetime import datetime
from typing import Annotated, Any

import typer

from hub.edges import Edge

AsJson = Annotated[bool, typer.Option("--json", help="The same as data.")]
Bootstrap = Annotated[str | None, typer.Option(help="A Kafka of your own.")]
Reason = Annotated[str, typer.Option(help="Why; goes into the audit log.")]
_LONGEST_LIST = 1000


def commands(edge: Edge, target_word: str) -> typer.Typer:
    """`list`, `messages`, `park`, `resume`, `replay`, `skip` for an edge that calls its targets `target_word`."""
    app = typer.Typer(no_args_is_help=True)

    @app.command("list", help=f"Each {target_word}: open messages, parked ones, whether it is halted.")
    def list_targets(as_json: AsJson = False) -> None:
        with _Opened(edge) as outbox:
            rows = targets(outbox)
        if as_json:
            typer.echo(json.dumps({"targets": rows}, ensure_ascii=False))
            return
        for row in rows:
            halted = f"  HALTED since {row['halted_at']}: {row['halted']}" if row["halted"] else ""
            typer.echo(f"{row['target']:<24} waiting {row['waiting']:>7}  parked {row['parked']:>5}{halted}")
        if not rows:
            typer.echo("nothing was to be delivered yet")

    @app.command("messages", help="Messages, newest last: id, state, attempts, last answer, reference.")
    def list_messages(
        state: Annotated[str | None, typer.Option(help="waiting, delivered, parked or skipped.")] = None,
        target: Annotated[str | None, typer.Option(help=f"Of this {target_word}.")] = None,
        as_json: AsJson = False,
    ) -> None:
        from dataclasses import asdict

        from connectors.outbox import State

        if state is not None and state not in list(State):
            raise typer.BadParameter(f"a state is one of {', '.join(State)}")
        with _Opened(edge) as outbox:
            found = outbox.newest(_LONGEST_LIST, target=target, state=None if state is None else State(state))
        if as_json:
            typer.echo(json.dumps({"messages": [asdict(one) for one in found]}, ensure_ascii=False))
            return
        for one in found:
            typer.echo(
                f"{one.id}  {one.target}  {one.state}  {one.attempts}×  {one.answer or '-'}  {one.reference or ''}"
            )

    @app.command("park", help=f"Deliver nothing to a {target_word}; what comes is kept.")
    def park(target: str, reason: Reason = "", bootstrap: Bootstrap = None) -> None:
        _audit(edge, bootstrap, "park", reason, {"target": target})
        with _Opened(edge) as outbox:
            outbox.halt(target, f"by an operator{': ' + reason if reason else ''}", _now_ms())
        typer.echo(f"{target} is halted; go on with: hub {edge} resume {target}")

    @app.command("resume", help=f"Deliver to a halted {target_word} again, from where it stood.")
    def resume(target: str, reason: Reason = "", bootstrap: Bootstrap = None) -> None:
        with _Opened(edge) as outbox:
            if target not in outbox.halted():
                typer.echo(f"{target} is not halted", err=True)
                raise typer.Exit(1)
            _audit(edge, bootstrap, "resume", reason, {"target": target})
            outbox.resume(target, _now_ms())
        typer.echo(f"{target} goes on")

    @app.command("replay", help="Try parked messages again, with the same ids.")
    def replay(
        ids: Annotated[list[str] | None, typer.Argument(metavar="[ID]…")] = None,
        target: Annotated[str | None, typer.Option(help=f"All parked ones of this {target_word}.")] = None,
        every: Annotated[bool, typer.Option("--all", help="All parked ones.")] = False,
        reason: Reason = "",
        bootstrap: Bootstrap = None,
    ) -> None:
        from connectors.outbox import State

        if not ids and not target and not every:
            raise typer.BadParameter("name messages, --target or --all")
        with _Opened(edge) as outbox:
            found = [one.id for one in outbox.kept(ids=ids or None, target=target, state=State.PARKED)]
            if ids and (unknown := set(ids) - set(found)):
                typer.echo(f"not parked: {', '.join(sorted(unknown))}", err=True)
                raise typer.Exit(1)
            _audit(edge, bootstrap, "replay", reason, {"messages": str(len(found)), "target": target or ""})
            outbox.replay(_now_ms(), ids=found)
        typer.echo(f"{len(found)} messages are tried again")

    @app.command("skip", help="Give open messages up for good, so that those behind them go on.")
    def skip(ids: list[str], reason: Reason = "", bootstrap: Bootstrap = None) -> None:
        from hub.settings import load
        from hub.timing import clock_of

        with _Opened(edge) as outbox:
            _audit(edge, bootstrap, "skip", reason, {"ids": " ".join(ids)})
            skipped = outbox.skip(ids, clock_of(load()).now_ms(), _now_ms())
        typer.echo(f"{len(skipped)} messages were given up")
        raise typer.Exit(0 if len(skipped) == len(set(ids)) else 1)

    return app


def targets(outbox: Any) -> list[dict[str, Any]]:
    """One row a target, as `list` shows it."""
    from connectors.outbox import State

    counts, halted = outbox.counts(), outbox.halted()
    rows = []
    for name in sorted({target for target, _ in counts} | halted.keys()):
        reason, at = halted.get(name, (None, None))
        rows.append(
            {
                "target": name,
                "waiting": counts.get((name, State.WAITING), 0),
                "parked": counts.get((name, State.PARKED), 0),
                "halted": reason,
                "halted_at": None if at is None else datetime.fromtimestamp(at / 1000).isoformat("T", "seconds"),
            }
        )
    return rows


class _Opened:
    """The outbox of an edge for one command; exit 1 where the edge never ran here."""

    def __init__(self, edge: Edge) -> None:
        self._edge = edge

    def __enter__(self) -> Any:
        from connectors.outbox import Outbox
        from hub.edges.delivering import outbox_file
        from hub.settings import load

        file = outbox_file(load(), self._edge)
        if not file.exists():
            typer.echo(f"{self._edge} has not run with this data folder: {file} is not there", err=True)
            raise typer.Exit(1)
        self._outbox = Outbox(file)
        return self._outbox

    def __exit__(self, *_: object) -> None:
        self._outbox.close()


def _audit(edge: Edge, bootstrap: str | None, action: str, reason: str, details: dict[str, str]) -> None:
    """On record before it is done."""
    import getpass

    from hub import cluster
    from hub.auditing import Act, AuditLog
    from hub.settings import load
    from hub.timing import clock_of
    from hub.topics import catalogue
    from schemas.codec import codec

    settings = load(bootstrap=bootstrap)
    topics = catalogue()
    AuditLog(
        cluster.running(settings),
        topics.audit_log,
        topics.partitions,
        codec(settings.registry_url),
        clock_of(settings).now_ms,
    ).write(Act(f"edge/{edge}", getpass.getuser(), action, reason, details))


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
