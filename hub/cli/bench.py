"""`hub bench NAME`: measure against peers in one run, or against the hub's own targets."""

import json
from typing import Annotated, Any

import typer

app = typer.Typer(no_args_is_help=True)

Rounds = Annotated[int, typer.Option(min=1, help="Rounds; ours and each peer run once in each, in turn.")]
Records = Annotated[int | None, typer.Option(min=1000, help="Records a round; fewer than the default warm no JVM.")]
Workers = Annotated[
    int | None, typer.Option(min=1, max=6, help="Our processes, and as many threads or processes of each peer.")
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object instead of tables.")]
Bootstrap = Annotated[str | None, typer.Option(help="A Kafka of your own instead of one just for this run.")]
Only = Annotated[list[str] | None, typer.Option("--peer", help="Compare with this peer only; may be repeated.")]
NoPeers = Annotated[bool, typer.Option("--no-peers", help="Measure ours alone.")]


def _add_throughput(name: str, text: str) -> None:
    """One command for each bench that is compared with peers: all take the same options."""

    @app.command(name, help=text)
    def command(
        rounds: Rounds = 3,
        records: Records = None,
        workers: Workers = None,
        as_json: AsJson = False,
        bootstrap: Bootstrap = None,
        peer: Only = None,
        no_peers: NoPeers = False,
    ) -> None:
        _throughput(name, rounds, records, workers, as_json, bootstrap, peer, no_peers)


_add_throughput("loop", "The runtime alone: JSON to seven Avro fields, exactly once.")
_add_throughput("unify", "Native hotline JSON to CaseEvent with all checks, masking and dedupe, exactly once.")
_add_throughput("casework", "The store path: rows of 600 bytes, due index, changelog, output, exactly once.")


@app.command()
def latency(
    rounds: Rounds = 3,
    seconds: Annotated[int, typer.Option(min=1, help="How long to publish.")] = 60,
    rate: Annotated[int, typer.Option(min=1, help="Messages a second.")] = 344,
    as_json: AsJson = False,
    bootstrap: Bootstrap = None,
) -> None:
    """Published to visible in the dispatch topic, through unify and casework."""
    from hub.bench.latency import measure

    _show(measure(_settings(), bootstrap, rounds, rate, seconds, _echo(as_json)), as_json)


@app.command()
def restart(
    rounds: Rounds = 3,
    records: Annotated[int, typer.Option(min=1000, help="Cases in the store.")] = 1_000_000,
    as_json: AsJson = False,
    bootstrap: Bootstrap = None,
) -> None:
    """Kill -9 with many cases in the store: how soon the restarted worker dispatches again."""
    from hub.bench.restart import measure

    _show(measure(_settings(), bootstrap, rounds, records, _echo(as_json)), as_json)


@app.command()
def clocks(
    clocks: Annotated[int, typer.Option(min=2, help="Live clocks in the store of one process.")] = 1_000_000,
    due: Annotated[int, typer.Option(min=1, help="Clocks due in one instant.")] = 70_000,
    timers: Annotated[int, typer.Option(min=1, help="Clocks due a second at normal load.")] = 20,
    seconds: Annotated[int, typer.Option(min=1, help="How long clocks fall due at normal load.")] = 60,
    rate: Annotated[int, typer.Option(min=1, help="Messages a second of normal traffic.")] = 344,
    workers: Annotated[int, typer.Option(min=1, max=6, help="Casework processes of burst and steady.")] = 2,
    quiet_seconds: Annotated[float, typer.Option(min=1, help="The window that stands for a quiet hour.")] = 60,
    only: Annotated[list[str] | None, typer.Option(help="store, burst, steady or due; may be repeated.")] = None,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds; the store is filled once.")] = 1,
    as_json: AsJson = False,
    bootstrap: Bootstrap = None,
) -> None:
    """Many live clocks, many due at once, lateness at normal load, due instants a second."""
    from hub.bench.clocks import Sizes, measure

    sizes = Sizes(clocks, due, timers, seconds, rate, workers, quiet_seconds)
    _show(measure(_settings(), bootstrap, rounds, sizes, only, _echo(as_json)), as_json)


@app.command()
def fanout(
    rounds: Annotated[int, typer.Option(min=1, help="Rounds, each with a gateway of its own.")] = 3,
    streams: Annotated[int | None, typer.Option(min=10, help="So many endpoints; else all of the city.")] = None,
    as_json: AsJson = False,
    bootstrap: Bootstrap = None,
) -> None:
    """Every endpoint's stream on one gateway: connect, push to all and to one, memory, all cut and back."""
    from hub.bench.fanout import measure

    _show(measure(_settings(), bootstrap, rounds, streams, _echo(as_json)), as_json)


def _throughput(
    name: str,
    rounds: int,
    records: int | None,
    workers: int | None,
    as_json: bool,
    bootstrap: str | None,
    only: list[str] | None,
    no_peers: bool,
) -> None:
    from hub.bench.broker import own_kafka
    from hub.bench.programs import available, peers
    from hub.bench.throughput import BENCHES, Comparison, Setting

    echo = _echo(as_json)
    settings = _settings()
    bench = BENCHES[name]
    chosen = [] if no_peers else peers(settings.cache_dir, name, only)
    ready, missing = available(chosen, echo)
    with own_kafka(settings, bootstrap, echo) as (address, scratch):
        setting = Setting(address, scratch, rounds, records or bench.records, workers or bench.workers, echo)
        report = Comparison(bench, setting).run(ready, missing)
    _show(report, as_json)


def _settings() -> Any:
    from hub.settings import load

    return load()


def _echo(as_json: bool) -> Any:
    """Progress goes to the error stream, so that `--json` prints one object and nothing else."""
    return (lambda _: None) if as_json else (lambda line: typer.echo(line, err=True))


def _show(report: Any, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(report.as_json(), ensure_ascii=False))
        return
    from hub.bench.tables import show

    show(report)
