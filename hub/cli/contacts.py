"""`hub contacts`: who may see callers' contacts, deleting a person, keys of the vault."""

import getpass
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from hub.contacts import Contacts
    from hub.settings import Settings

app = typer.Typer(no_args_is_help=True)
token_app = typer.Typer(no_args_is_help=True)
app.add_typer(token_app, name="token", help="Tokens of the call-back role: issue, revoke, list.")
Bootstrap = Annotated[str | None, typer.Option(help="A Kafka of your own.")]
AsJson = Annotated[bool, typer.Option("--json", help="The same as data.")]
_ROLE = "call_back"


@token_app.command()
def issue(
    name: Annotated[str, typer.Argument(help="The person who will use it; stands in every audit record.")],
    bootstrap: Bootstrap = None,
    as_json: AsJson = False,
) -> None:
    """A new token for a named person. It is shown this once; the hub keeps its hash."""
    from hub.timing import clock_of

    settings, contacts = _wired(bootstrap)
    record = contacts.audit()
    text, issued = contacts.tokens().issue(name, _ROLE, clock_of(settings).now_ms())
    try:
        record(f"token/{issued.id}", getpass.getuser(), "token.issue", "", {"role": _ROLE, "holder": issued.holder})
    except BaseException:
        contacts.tokens().revoke(issued.id, clock_of(settings).now_ms())
        raise
    if as_json:
        typer.echo(json.dumps({"id": issued.id, "holder": issued.holder, "token": text}, ensure_ascii=False))
        return
    typer.echo(text)
    typer.echo(
        f"token {issued.id} of {issued.holder}, shown this once. Revoke: hub contacts token revoke {issued.id}",
        err=True,
    )


@token_app.command()
def revoke(
    token_id: Annotated[str, typer.Argument(metavar="ID", help="the first part of the token, as list prints it")],
    bootstrap: Bootstrap = None,
) -> None:
    """The token is good for nothing from now on."""
    from hub.contacts import token_book
    from hub.settings import load
    from hub.timing import clock_of

    settings = load(bootstrap=bootstrap)
    issued = token_book(settings).revoke(token_id, clock_of(settings).now_ms())
    if issued is None or issued.role != _ROLE:
        typer.echo(f"there is no token {token_id}; see: hub contacts token list", err=True)
        raise typer.Exit(1)
    # Revoked first: that must not wait for a Kafka that is away.
    _, contacts = _wired(bootstrap)
    contacts.audit()(f"token/{issued.id}", getpass.getuser(), "token.revoke", "", {"holder": issued.holder})
    typer.echo(f"token {issued.id} of {issued.holder} is revoked")


@token_app.command("list")
def list_tokens(as_json: AsJson = False) -> None:
    """All tokens, revoked ones too; never a token itself."""
    from hub.contacts import token_book
    from hub.settings import load

    every = token_book(load()).every(_ROLE)
    if as_json:
        rows = [
            {"id": one.id, "holder": one.holder, "issued_at": one.issued_at, "revoked_at": one.revoked_at}
            for one in every
        ]
        typer.echo(json.dumps({"tokens": rows}, ensure_ascii=False))
        return
    for one in every:
        state = "good" if one.revoked_at is None else f"revoked {_day(one.revoked_at)}"
        typer.echo(f"{one.id}  issued {_day(one.issued_at)}  {state:<20} {one.holder}")


@app.command()
def delete(
    token: Annotated[str, typer.Argument(help="reporter.token of an event or case")],
    reason: Annotated[str, typer.Option(help="Why; goes into the audit log.")],
    bootstrap: Bootstrap = None,
) -> None:
    """Delete a person: on record first, then a tombstone in the vault. Nobody can reveal it from then on."""
    from connectors.contacts.copy import DELETED, subject_of
    from connectors.contacts.revealing import is_token, without_numbers

    if not is_token(token):
        raise typer.BadParameter("a token has 32 digits 0-9 and a-f; see reporter.token of: hub trace CASE")
    if not (kept := without_numbers(reason)):
        raise typer.BadParameter("say why: --reason")
    _, contacts = _wired(bootstrap)
    # Its making ends a rotation that may be under way.
    writer = contacts.writer()
    contacts.audit()(subject_of(token), getpass.getuser(), DELETED, kept, {})
    writer.delete(token)
    typer.echo(
        f"{token} is deleted. Raw records keep what was sent for 7 days, dead letters for 90: docs/contacts.md"
    )


@app.command()
def rotate(
    new_key: Annotated[
        bool, typer.Option("--new-key", help="First make a key, where the hub keeps its own; then restart the hub.")
    ] = False,
    bootstrap: Bootstrap = None,
    as_json: AsJson = False,
) -> None:
    """Encrypt the vault anew by the newest key; afterwards older keys may go. Also sweeps out deleted people."""
    from connectors.contacts.keyring import make_own_key
    from hub.domain.errors import Misconfigured

    settings, contacts = _wired(bootstrap)
    if new_key:
        if settings.contact_keys is not None:
            raise Misconfigured(
                ["HUB_CONTACT_KEYS: put the new key first in it; --new-key makes only the hub's own"]
            )
        made = make_own_key(settings.data_dir)
        typer.echo(
            f"key {made} is made; restart the hub so that unify encrypts by it, then: hub contacts rotate", err=True
        )
    keyring = contacts.keyring()
    writer = contacts.writer()
    copy = contacts.copy("contacts-rotate")
    try:
        copy.catch_up()
        done = writer.rotate(copy, keyring)
    finally:
        copy.close()
    if as_json:
        told = {"key": keyring.newest, "renewed": done.renewed, "swept": done.swept, "current": done.current}
        typer.echo(json.dumps(told))
        return
    typer.echo(
        f"key {keyring.newest}: {done.renewed} encrypted anew, {done.current} already, {done.swept} swept out"
    )


def _wired(bootstrap: str | None) -> "tuple[Settings, Contacts]":
    from hub import cluster
    from hub.contacts import Contacts
    from hub.settings import load
    from hub.topics import catalogue
    from schemas.codec import codec

    settings = load(bootstrap=bootstrap)
    return settings, Contacts(settings, cluster.running(settings), catalogue(), codec(settings.registry_url))


def _day(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%d")
