"""The command `hub`: one module a group of commands, each imported only when it is called."""

import importlib
import logging
import sys
from typing import Any

import typer

from hub.domain.errors import Misconfigured, Unavailable

# name → (module, what it is for); a module's `app` is a group, its function `command` a single command.
_COMMANDS = {
    "up": ("hub.cli.lifecycle:up", "Start Kafka, topics and workers; says so when they run already."),
    "down": ("hub.cli.lifecycle:down", "Stop everything that runs; --wipe removes the data folder."),
    "status": ("hub.cli.lifecycle:status", "What runs, what each stage has done."),
    "demo": ("hub.cli.demo:demo", "Run the samples and a simulated day of the city through the hub."),
    "send": ("hub.cli.send:send", "Publish native files as a legacy system would."),
    "trace": ("hub.cli.trace:trace", "A case from raw message to dispatch, with every decision."),
    "ledger": ("hub.cli.ledger:ledger", "Figures of a period that add up, each with its definition and its cases."),
    "explain": ("hub.cli.explain:explain", "The deadlines of a case, interval by interval."),
    "rebuild": ("hub.cli.rebuild:rebuild", "Every case computed anew from its log, compared with the live state."),
    "dead": ("hub.cli.dead", "Dead letters: list, show, replay."),
    "sources": ("hub.cli.sources", "Sources: list, try an export, make a new one."),
    "contacts": ("hub.cli.contacts", "Callers' contacts: role tokens, deleting a person, keys of the vault."),
    "webhooks": ("hub.cli.webhooks", "Webhooks: list, park, resume, replay, check."),
    "writeback": (
        "hub.cli.writeback",
        "Statuses back to the sources: list, park, resume, replay, statuses, check.",
    ),
    "notices": ("hub.cli.notices", "Notices to people: list, park, resume, replay."),
    "supervision": ("hub.cli.supervision", "The supervision list (督办事项)."),
    "endpoints": ("hub.cli.endpoints", "Staff endpoints: issue, revoke and list their bearer tokens."),
    "qr": ("hub.cli.qr", "QR codes of the citizen page: one, or many from a table."),
    "appeal": ("hub.cli.appeal:appeal", "An appeal against a breach: file, accept or reject it."),
    "calendar": ("hub.cli.calendar", "The working calendar: show, put a new or corrected year in force."),
    "clock": ("hub.cli.clock", "Due times and the ladder: compute one, check vectors and stories."),
    "topics": ("hub.cli.topics", "The topic catalogue: list, apply, describe."),
    "asyncapi": ("hub.cli.asyncapi:asyncapi", "The AsyncAPI 3 document of the topics."),
    "schemas": ("hub.cli.schemas", "Avro schemas: list, show, check, register, serve."),
    "city": ("hub.cli.city", "The city folder: check."),
    "openapi": ("hub.cli.openapi:openapi", "The OpenAPI document of the HTTP edge."),
    "bench": ("hub.cli.bench", "Measure against peers in one run."),
    "chaos": ("hub.cli.chaos", "Kill processes while they work, then prove nothing was lost."),
    "worker": ("hub.cli.worker:worker", "Run one worker slot in the foreground."),
    "edge": (
        "hub.cli.edge:edge",
        "Run one edge in the foreground: intake, drops, notices …",
    ),
    "supervise": ("hub.cli.lifecycle:supervise", "Keep the workers running (started by up)."),
}
_EXIT_UNAVAILABLE = 1
_EXIT_MISCONFIGURED = 2


def build(only: str | None = None) -> typer.Typer:
    """The application; with `only`, just that command is imported, so that a worker starts quickly."""
    app = typer.Typer(
        name="hub",
        help="Message hub of a city's street whistles, departments report (吹哨报到) work.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        add_completion=False,
    )
    names = [only] if only in _COMMANDS else list(_COMMANDS)
    for name in names:
        target, text = _COMMANDS[name]
        module_name, _, function = target.partition(":")
        module: Any = importlib.import_module(module_name)
        if function:
            app.command(name, help=text, hidden=name == "supervise")(getattr(module, function))
        else:
            app.add_typer(module.app, name=name, help=text)
    app.callback()(lambda: None)
    return app


def main() -> None:
    """Run the command line; exit codes: 0 done, 1 something is away or does not hold, 2 usage or settings."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    # kafka-python tells of its own slow turns whenever the machine is busy: nothing anyone could mend.
    for slow in ("kafka.net.selector", "kafka.cluster"):
        logging.getLogger(slow).setLevel(logging.ERROR)
    only = next((word for word in sys.argv[1:] if not word.startswith("-")), None)
    try:
        build(only)()
    except Misconfigured as error:
        for problem in error.problems:
            print(f"hub: {problem}", file=sys.stderr)
        sys.exit(_EXIT_MISCONFIGURED)
    except Unavailable as error:
        print(f"hub: {error}", file=sys.stderr)
        sys.exit(_EXIT_UNAVAILABLE)
