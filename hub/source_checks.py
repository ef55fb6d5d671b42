"""`hub sources check`: everything that can be tried without taking a record, and all problems at once."""

import os
import socket
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from connectors.drops.watching import look
from connectors.polls import checking as polls
from connectors.secrets import resolve
from connectors.source_settings import Sources, SourceSettings, read_sources
from hub import cluster
from hub.domain.errors import Misconfigured, Unavailable
from hub.settings import Settings
from hub.topics import Catalogue, drift

_SECONDS = 5.0


class Problem(NamedTuple):
    """`place` is a key of the file. `is_away` tells what does not answer now from what is set wrong."""

    place: str
    text: str
    is_away: bool = False


class Checked(NamedTuple):
    """What is wrong; and what is worth knowing though it is not."""

    problems: list[Problem]
    notes: list[str]


Checker = Callable[[str, SourceSettings, Path], Iterator[Problem]]


def check_sources(settings: Settings, topics: Catalogue) -> Checked:
    """Try the settings file, secrets, folders, databases, servers, Kafka and its topics."""
    try:
        sources = read_sources(settings.sources_path)
    except Misconfigured as wrong:
        return Checked([Problem("", line) for line in wrong.problems], [])
    problems = [
        problem
        for name, source in sources.items()
        for check in CHECKERS
        for problem in check(name, source, settings.data_dir)
    ]
    problems += _shared_folders(sources, settings.data_dir)
    problems += _kafka(settings, topics, sources)
    return Checked(problems, list(_notes(sources)))


def _secrets(name: str, source: SourceSettings, data_dir: Path) -> Iterator[Problem]:
    references = [("intake.secrets", one) for one in (source.intake.secrets if source.intake else ())]
    if source.writeback is not None:
        given = (("writeback.secret", source.writeback.secret), ("writeback.token", source.writeback.token))
        references += [(place, one) for place, one in given if one is not None]
    for place, reference in references:
        try:
            resolve(reference, data_dir)
        except Misconfigured as wrong:
            fix = f"; make it: hub sources secret {name}" if place == "intake.secrets" else ""
            yield from (Problem(f"sources.{name}.{place}", text + fix) for text in wrong.problems)


def _drop(name: str, source: SourceSettings, data_dir: Path) -> Iterator[Problem]:
    if source.drop is not None:
        folder = data_dir / source.drop.folder
        place = f"sources.{name}.drop.folder"
        if not folder.is_dir():
            if source.drop.folder.is_absolute():
                yield Problem(place, f"{folder} is not there; make or mount it", is_away=True)
            return
        yield from (Problem(place, text) for text in _cannot_write(folder))
        try:
            look(folder, source.drop.pattern)
        except OSError as error:
            yield Problem(place, f"{folder} cannot be read: {error.strerror}")


def _polls(name: str, source: SourceSettings, data_dir: Path) -> Iterator[Problem]:
    wrong = polls.check_settings(name, source, data_dir)
    for line in polls.check(name, source, data_dir):
        place, _, text = line.partition(": ")
        yield Problem(place, text, is_away=line not in wrong)


def _writeback(name: str, source: SourceSettings, data_dir: Path) -> Iterator[Problem]:
    target = source.writeback
    if target is None:
        return
    place = f"sources.{name}.writeback"
    if target.url is not None:
        address = urlsplit(target.url)
        port = address.port or (443 if address.scheme == "https" else 80)
        yield from _no_answer(f"{place}.url", address.hostname or "", port)
    if target.kafka is not None:
        host, _, port_text = target.kafka.bootstrap.split(",")[0].rpartition(":")
        if port_text.isdecimal():
            yield from _no_answer(f"{place}.kafka", host, int(port_text))
        else:
            yield Problem(f"{place}.kafka", "bootstrap is not host:port")
    if target.folder is not None:
        folder = data_dir / target.folder
        if folder.is_dir():
            yield from (Problem(f"{place}.folder", text) for text in _cannot_write(folder))
        elif target.folder.is_absolute():
            yield Problem(f"{place}.folder", f"{folder} is not there; make or mount it", is_away=True)


CHECKERS: tuple[Checker, ...] = (_secrets, _drop, _polls, _writeback)
"""One a transport; a further transport adds its own."""


def _cannot_write(folder: Path) -> Iterator[str]:
    """A file is made, renamed into a folder of ours and removed, as a drop does with files."""
    try:
        with tempfile.TemporaryDirectory(prefix=".check-", dir=folder) as inner:
            handle, name = tempfile.mkstemp(prefix=".check-", dir=folder)
            os.close(handle)
            Path(name).rename(Path(inner) / "moved")
    except OSError as error:
        yield f"{folder} cannot be written: {error.strerror}; the hub moves files within it"


def _no_answer(place: str, host: str, port: int) -> Iterator[Problem]:
    try:
        socket.create_connection((host, port), _SECONDS).close()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        yield Problem(place, f"nobody answers at {host}:{port} ({reason})", is_away=True)


def _shared_folders(sources: Sources, data_dir: Path) -> Iterator[Problem]:
    """Two drops of one folder would take each other's files."""
    users: dict[Path, str] = {}
    for name, source in sources.items():
        if source.drop is None:
            continue
        folder = (data_dir / source.drop.folder).resolve()
        if (other := users.setdefault(folder, name)) != name:
            yield Problem(f"sources.{name}.drop.folder", f"is the folder of {other} too; give each its own")


def _kafka(settings: Settings, topics: Catalogue, sources: Sources) -> Iterator[Problem]:
    needed = {*(topics.raw(name) for name in sources), topics.source_control, topics.source_status}
    try:
        missing = {topic.name for topic in drift(cluster.running(settings), topics).missing}
    except Unavailable as away:
        yield Problem("kafka", str(away).replace("\n", ";"), is_away=True)
        return
    if missing & needed:
        names = ", ".join(sorted(missing & needed))
        yield Problem("kafka", f"topics are not there: {names}; try: hub topics apply", is_away=True)


def _notes(sources: Sources) -> Iterator[str]:
    for name, source in sources.items():
        if source.writeback is not None and source.writeback.unmapped:
            words = ", ".join(source.writeback.unmapped)
            yield f"sources.{name}.writeback.statuses: no word for {words}; these are counted, and not sent"
        if source.ignored:
            yield f"sources.{name}.ignored: records with {', '.join(sorted(source.ignored))} become no events"
        if source.silence_minutes is None and any((source.intake, source.drop, source.database, source.poll)):
            yield f"sources.{name}: no silence_minutes; that nothing comes raises no alarm"
