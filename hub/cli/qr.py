"""`hub qr`: the QR codes behind which citizens report."""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

app = typer.Typer(no_args_is_help=True)

_KINDS = (".svg", ".png")
_COLUMNS = ("place", "area")


@app.callback()
def group() -> None:
    """A group with one command for now."""


@app.command()
def make(
    place: Annotated[
        str | None, typer.Option(help="The QR code's own id, for example QRC-230202003005-018.")
    ] = None,
    grid: Annotated[
        str | None, typer.Option(help="Where it hangs: a grid (15 digits) or community (12) of the city.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="The image to write, .svg or .png.")] = None,
    table: Annotated[
        Path | None, typer.Option("--csv", help="Many: a table with the columns place and area.")
    ] = None,
    into: Annotated[
        Path | None, typer.Option("--into", help="With --csv: the folder for images and urls.csv.")
    ] = None,
    png: Annotated[bool, typer.Option("--png", help="With --csv: PNG instead of SVG.")] = False,
    url: Annotated[str | None, typer.Option(help="Address of the page; else HUB_PUBLIC_URL.")] = None,
) -> None:
    """Make signed QR codes and print their addresses. Needs the hub's key (HUB_REPORT_KEYS), no Kafka."""
    from connectors.citizen.stamps import read_stamps
    from hub.city.areas import area_names, full_name
    from hub.settings import load

    if (place is None) == (table is None):
        raise typer.BadParameter("give --place ID or --csv TABLE")
    settings = load(public_url=url)
    base = (settings.public_url or f"http://{settings.http_host}:{settings.http_port}").rstrip("/")
    stamps = read_stamps(settings.report_keys, settings.data_dir)
    if settings.public_url is None:
        typer.echo(f"HUB_PUBLIC_URL is not set: these codes lead to {base}, which phones do not reach", err=True)
    names = area_names(settings.city)
    if table is None:
        if out is not None and out.suffix.lower() not in _KINDS:
            raise typer.BadParameter("--out ends in .svg or .png")
        ((_, _, address),) = _addresses([(place or "", grid)], base, stamps, names)
        if out is not None:
            _draw(address, out)
        typer.echo(address)
        return
    if into is None:
        raise typer.BadParameter("--csv needs --into FOLDER")
    made = _addresses(_rows(table), base, stamps, names)
    into.mkdir(parents=True, exist_ok=True)
    for one, _, address in made:
        _draw(address, into / f"{one}{'.png' if png else '.svg'}")
        typer.echo(address)
    name = full_name(names)
    with (into / "urls.csv").open("w", encoding="utf-8-sig", newline="") as sink:
        writer = csv.writer(sink)
        writer.writerow(("place", "area", "name", "url"))
        writer.writerows((one, area, name(area or ""), address) for one, area, address in made)
    typer.echo(f"{len(made)} codes in {into}, listed in urls.csv", err=True)


def _rows(table: Path) -> list[tuple[str, str | None]]:
    from hub.domain.errors import Misconfigured

    try:
        with table.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            if not set(_COLUMNS) <= set(reader.fieldnames or ()):
                raise Misconfigured([f"{table}: the header needs the columns {' and '.join(_COLUMNS)}"])
            rows = [((row["place"] or "").strip(), (row["area"] or "").strip() or None) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise Misconfigured([f"{table} cannot be read: {error}"]) from None
    ids = [one for one, _ in rows]
    if twice := sorted({one for one in ids if ids.count(one) > 1}) if len(set(ids)) < len(ids) else []:
        raise Misconfigured([f"{table}: place {one!r} stands twice" for one in twice])
    return rows


def _addresses(
    rows: list[tuple[str, str | None]], base: str, stamps: Any, names: Mapping[str, str]
) -> list[tuple[str, str | None, str]]:
    from connectors.citizen.places import place_of, write_place
    from hub.domain.errors import Misconfigured

    problems: list[str] = []
    made = []
    for one, area in rows:
        try:
            place = place_of(one, area)
        except Misconfigured as wrong:
            problems += wrong.problems
            continue
        if area is not None and area[:12] not in names:
            problems.append(f"place {one!r}: community {area[:12]} is not in the city's communities.csv")
        made.append((one, area, f"{base}/report/{write_place(place, stamps)}"))
    if problems:
        raise Misconfigured(problems)
    return made


def _draw(address: str, file: Path) -> None:
    """Error correction that survives dirt and scratches outdoors; with the quiet zone that scanners need."""
    import segno

    segno.make(address, error="q", micro=False).save(str(file), scale=8, border=4)
