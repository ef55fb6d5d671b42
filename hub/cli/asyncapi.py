"""`hub asyncapi`: the AsyncAPI 3 document of the topics."""

from typing import Annotated

import typer


def asyncapi(as_json: Annotated[bool, typer.Option("--json", help="JSON instead of YAML.")] = False) -> None:
    """Print it; the repository keeps it as docs/asyncapi.yaml. Needs no Kafka."""
    import json

    from hub.asyncapi import as_yaml, document
    from hub.topics import catalogue

    topics = catalogue()
    typer.echo(json.dumps(document(topics), ensure_ascii=False) if as_json else as_yaml(topics), nl=as_json)
