"""What became of text messages after the provider took them: its delivery reports, each message's last one kept."""

import asyncio
import json
import logging
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import httpx

from connectors.calls import Caller, CallFailed
from connectors.notices.settings import Reports as Settings

log = logging.getLogger(__name__)

Fate = Literal["delivered", "failed", "under_way"]
_LONGEST_STATUS = 40


@dataclass(slots=True, frozen=True)
class Report:
    """`id` is the notice's; `status` the provider's word, `at` as it wrote it."""

    id: str
    fate: Fate
    status: str
    at: str


class ReportBook:
    """A SQLite file: the last report of each message, and the cursor after them, in one transaction.

    A report that comes twice changes nothing, and a final one is not undone by one that comes late.
    """

    def __init__(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._base = sqlite3.connect(file, timeout=20, isolation_level=None, check_same_thread=False)
        self._base.executescript(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
            "CREATE TABLE IF NOT EXISTS reports (id TEXT PRIMARY KEY, fate TEXT, status TEXT, at TEXT) STRICT;"
            "CREATE TABLE IF NOT EXISTS cursor (name TEXT PRIMARY KEY, value TEXT) STRICT;"
        )

    def cursor(self) -> str:
        """Where the provider is to go on; empty at the first time."""
        row = self._base.execute("SELECT value FROM cursor").fetchone()
        return "" if row is None else str(row[0])

    def keep(self, reports: list[Report], cursor: str) -> list[Report]:
        """Keep reports and cursor; returns those that say something new."""
        new = []
        self._base.execute("BEGIN IMMEDIATE")
        try:
            for one in reports:
                changed = self._base.execute(
                    "INSERT INTO reports VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE"
                    " SET fate = excluded.fate, status = excluded.status, at = excluded.at"
                    " WHERE fate = 'under_way' AND (excluded.fate, excluded.status) <> (fate, status)",
                    (one.id, one.fate, one.status, one.at),
                )
                if changed.rowcount:
                    new.append(one)
            self._base.execute(
                "INSERT INTO cursor VALUES ('cursor', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                (cursor,),
            )
            self._base.execute("COMMIT")
        except BaseException:
            self._base.execute("ROLLBACK")
            raise
        return new

    def reports(self, fate: str | None = None) -> list[Report]:
        """The last report of each message."""
        rows = self._base.execute("SELECT id, fate, status, at FROM reports WHERE ?1 IS NULL OR fate = ?1", (fate,))
        return [Report(*row) for row in rows]

    def close(self) -> None:
        """Let go of the file."""
        self._base.close()


async def follow(
    book: ReportBook, settings: Settings, caller: Caller, token: bytes | None, count: Callable[[Fate], None]
) -> None:
    """Ask the provider for reports until cancelled. One that fails is told by a log line, without its number."""
    headers = {} if token is None else {"Authorization": f"Bearer {token.decode()}"}
    while True:
        try:
            url = httpx.URL(settings.url).copy_merge_params({"cursor": book.cursor()})
            answer = await caller.request("GET", str(url), headers)
            if not answer.is_success:
                raise CallFailed(f"answer {answer.status}")
            reports, cursor = read_page(answer.body, settings)
        except (CallFailed, ValueError) as why:
            log.warning("delivery reports cannot be read: %s", why)
            reports, cursor = [], book.cursor()
        if reports or cursor != book.cursor():
            for one in book.keep(reports, cursor):
                count(one.fate)
                if one.fate == "failed":
                    log.error("notice %s did not reach its recipient: %s", one.id, one.status)
        if not reports:
            await asyncio.sleep(settings.every_seconds)


def read_page(body: bytes, settings: Settings) -> tuple[list[Report], str]:
    """The reports of one answer and the cursor after them.

    Raises:
        ValueError: it has another form.
    """
    try:
        content: dict[str, Any] = json.loads(body)
        found = [
            Report(
                str(one["id"]),
                _fate(str(one["status"]), settings),
                str(one["status"])[:_LONGEST_STATUS],
                str(one["at"]),
            )
            for one in content["reports"]
        ]
        return found, str(content["cursor"])
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ValueError("not {reports: [{id, status, at}], cursor}") from None


def _fate(status: str, settings: Settings) -> Fate:
    if status in settings.delivered:
        return "delivered"
    return "failed" if status in settings.failed else "under_way"
