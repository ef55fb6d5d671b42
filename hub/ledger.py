"""Draws the ledger from `case.state`: every case once, as it stood when the reading began."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, cast

from hub.domain.case import CaseState
from hub.domain.errors import Unavailable
from hub.domain.instants import from_epoch_ms
from hub.domain.ledger import Ledger, draw
from hub.domain.ledger_terms import FIGURES, RATES
from hub.domain.period import Period
from hub.reading import Reader, Stored
from hub.topics import Catalogue
from schemas.codec import Codec


def ledger_of(
    bootstrap: str,
    topics: Catalogue,
    codec: Codec,
    period: Period,
    division: str | None = None,
    *,
    with_ids: bool = True,
) -> Ledger:
    """The ledger of what the hub holds. Only counts, and ids where asked for, stay in memory."""
    with Reader(bootstrap) as reader:
        return draw(states(reader, topics.case_state, codec), period, division, with_ids=with_ids)


def latest(scan: Callable[[], Iterable[Stored]]) -> Iterator[Stored]:
    """The last record of each key of one partition, without those that were deleted.

    Read twice: first the keys, then the records, so that no more than keys and offsets is held and no superseded
    record is decoded. One that was compacted away in between has a younger one of its key, which is taken instead.
    """
    last: dict[bytes, int] = {}
    for stored in scan():
        if stored.key is None:
            continue
        if stored.value is None:
            last.pop(stored.key, None)
        else:
            last[stored.key] = stored.offset
    for stored in scan() if last else ():
        if stored.key is None or stored.offset < last.get(stored.key, stored.offset + 1):
            continue
        del last[stored.key]
        if stored.value is not None:
            yield stored
    if last:
        raise Unavailable(f"{len(last):,} cases went away while they were read\n  fix: draw the ledger again")


def as_data(ledger: Ledger, problems: list[str]) -> dict[str, Any]:
    """The ledger for `--json`; `problems` is what `Ledger.check` found."""
    period = ledger.period
    return {
        "period": {
            "from": None if period.since is None else from_epoch_ms(period.since).isoformat(),
            "to": from_epoch_ms(period.end).isoformat(),
            "as_of": from_epoch_ms(period.as_of).isoformat(),
        },
        "division": ledger.division,
        "figures": {
            name: {
                "count": ledger.count(name),
                "term": figure.term,
                "definition": figure.definition,
                "definition_zh": figure.definition_zh,
            }
            for name, figure in FIGURES.items()
        },
        "rates": {
            name: {
                "numerator": ledger.fraction(name)[0],
                "denominator": ledger.fraction(name)[1],
                "text": ledger.text(name),
                "term": rate.term,
                "definition": rate.definition,
                "definition_zh": rate.definition_zh,
            }
            for name, rate in RATES.items()
        },
        "identities": problems,
    }


COLUMNS = ("name", "term", "count", "numerator", "denominator", "text", "definition", "definition_zh")


def as_rows(ledger: Ledger) -> Iterator[tuple[str, ...]]:
    """The same for a spreadsheet, one figure or rate a row, in the order of `COLUMNS`."""
    data = as_data(ledger, [])
    for name, facts in (*data["figures"].items(), *data["rates"].items()):
        yield (name, *(str(facts.get(column, "")) for column in COLUMNS[1:]))


def formula_safe(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) else cell


def states(reader: Reader, topic: str, codec: Codec) -> Iterator[CaseState]:
    """Every case once, as it stood when its partition was read."""
    for partition in reader.partitions(topic):
        for stored in latest(partial(reader.scan, topic, partition=partition)):
            yield cast(CaseState, codec.decode(stored.value or b"", "CaseState"))
