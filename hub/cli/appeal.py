"""`hub appeal CASE`: an appeal (申诉) against a breach is filed, accepted or rejected."""

import json
import uuid
from typing import Annotated

import typer


def appeal(
    case: Annotated[str, typer.Argument(help="case id, e.g. hotline:HL2026111000017")],
    reason: Annotated[str, typer.Option(help="Why; kept with the appeal.")],
    clock: Annotated[str, typer.Option(help="sign, handle, call_back or total.")] = "handle",
    cycle: Annotated[int | None, typer.Option(min=1, help="Which cycle; without it the latest breach.")] = None,
    leg: Annotated[int | None, typer.Option(min=1, help="Which leg; without it the latest breach.")] = None,
    accept: Annotated[bool, typer.Option("--accept", help="It holds: an excuse beside the breach.")] = False,
    reject: Annotated[bool, typer.Option("--reject", help="The appeal does not hold.")] = False,
    by: Annotated[str | None, typer.Option(help="The post that says so, e.g. QQHR-ZHZX; never a name.")] = None,
    bootstrap: Annotated[str | None, typer.Option(help="A Kafka of your own.")] = None,
) -> None:
    """File an appeal; with --accept or --reject decide it. The breach stays, rates are given both ways."""
    from connectors.sources import SOURCES
    from hub.domain.instants import from_epoch_ms
    from hub.sending import open_publisher
    from hub.settings import load
    from hub.timing import clock_of

    if accept and reject:
        raise typer.BadParameter("--accept and --reject exclude each other")
    settings = load(bootstrap=bootstrap)
    message = {
        "messageId": f"appeal/{uuid.uuid4().hex}",
        "caseId": case,
        "action": "excuse" if accept else "reject" if reject else "appeal",
        "at": from_epoch_ms(clock_of(settings).now_ms()).isoformat(),
        "clock": clock,
        "reason": reason,
        **{name: value for name, value in (("cycle", cycle), ("leg", leg), ("operator", by)) if value},
    }
    publisher = open_publisher(settings, connector="hub-appeal")
    try:
        payload = json.dumps(message, ensure_ascii=False).encode()
        (pending,) = publisher.publish(SOURCES["desk"], payload, {"content-type": "application/json"})
        place = pending.wait()
    finally:
        publisher.close()
    typer.echo(f"{place.topic}/{place.partition}/{place.offset}  see what came of it: hub explain {case}")
