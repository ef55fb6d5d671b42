"""From when on the server is asked: by its own clock and its own data, never by the hub's clock. Pure."""

from datetime import UTC, datetime, tzinfo

from connectors.polls.settings import Since


def mark_after(server_now_ms: int | None, newest_ms: int | None, before_ms: int | None) -> int | None:
    """Up to which instant of the server a whole pass has seen its records.

    `server_now_ms` is the server's Date when the pass began, `newest_ms` the newest time of all records seen. The
    earlier of the two counts: a Date that runs ahead of the data leaves nothing out, nor does a record from the
    future. Before the first record the mark stays where it was.
    """
    if newest_ms is None:
        return before_ms
    return newest_ms if server_now_ms is None else min(server_now_ms, newest_ms)


def asked_from(mark_ms: int | None, since: Since, zone: tzinfo) -> int | None:
    """The instant to ask from: the mark less the overlap, before the first one the start that is set; None: all."""
    if mark_ms is not None:
        return mark_ms - round(since.overlap_seconds * 1000)
    if since.start is None:
        return None
    start = since.start if since.start.tzinfo is not None else since.start.replace(tzinfo=zone)
    return round(start.timestamp() * 1000)


def earlier_start(
    asked_ms: int | None, server_now_ms: int | None, elapsed_ms: int | None, overlap_seconds: float
) -> int | None:
    """Where to ask from instead, when the server's clock was turned back since the last pass; else None.

    By its Date the last pass began `elapsed_ms` ago. Asked from a later instant, it would leave out what it has
    stamped since.
    """
    if asked_ms is None or server_now_ms is None or elapsed_ms is None:
        return None
    last_pass = server_now_ms - max(elapsed_ms, 0)
    return None if last_pass >= asked_ms else last_pass - round(overlap_seconds * 1000)


def written(instant_ms: int, since: Since, zone: tzinfo) -> str:
    """The instant as the server takes it, cut to the second where its form has no more."""
    if since.format == "epoch_ms":
        return str(instant_ms)
    seconds = instant_ms // 1000
    if since.format == "epoch_s":
        return str(seconds)
    if since.format == "iso":
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return datetime.fromtimestamp(seconds, zone).strftime("%Y-%m-%d %H:%M:%S")
