"""A whole hub takes files: killed under load, paused, told to take again; checked from its topics alone."""

import json
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from hub.domain.audit import is_chained
from schemas.codec import codec

pytestmark = pytest.mark.integration

FILES, CASES, KILLS = 24, 60, 4
HEADER = "上报编号,上报时间,事件描述\n"


@pytest.fixture(scope="module")
def hub(new_hub: Callable[[], Any], tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A hub whose grid drops files; nothing else is connected."""
    hub = new_hub()
    file = tmp_path_factory.mktemp("settings") / "sources.yaml"
    drop = {"folder": "drop/grid", "stable_seconds": 0, "every_seconds": 0.1, "order": "name"}
    file.write_text(yaml.safe_dump({"sources": {"grid": {"drop": drop, "silence_minutes": 60}}}))
    hub.run("up", HUB_SOURCES=str(file), HUB_EDGES='["drops"]')
    hub.sources = {"HUB_SOURCES": str(file)}
    return hub


def folder_of(hub: Any) -> Path:
    return Path(hub.data_dir) / "drop" / "grid"


def place(hub: Any, name: str, text: str) -> None:
    draft = folder_of(hub) / f"{name}.part"
    draft.write_text(text, "utf-8")
    draft.rename(folder_of(hub) / name)


def file_of(number: int) -> str:
    """A report of every case, its text of this file alone; and a row that nobody can read."""
    rows = (f"WG{case:03},2026-11-20 08:00,text {number}\n" for case in range(CASES))
    return HEADER + "".join(rows) + f",2026-11-20 08:00,row {number} without a number\n"


def kill_edge(hub: Any) -> None:
    """kill -9; the supervisor starts another."""
    os.kill(hub.pid("drops"), signal.SIGKILL)


def archived(hub: Any) -> list[Path]:
    return list(folder_of(hub).glob("done/*/*.csv"))


def listed(hub: Any) -> dict[str, Any]:
    found = json.loads(hub.run("sources", "list", "--json", **hub.sources).stdout)["sources"]
    return next(one for one in found if one["name"] == "grid")


def test_killed_under_load_nothing_is_lost_or_doubled_and_cases_keep_their_order(hub, until) -> None:
    """Files come while the edge is killed: each row one event or one dead letter, each case in order."""

    def send() -> None:
        for number in range(FILES):
            place(hub, f"export{number}.csv", file_of(number))
            time.sleep(0.15)

    sender = threading.Thread(target=send)
    sender.start()
    for done in range(KILLS):
        until(lambda done=done: len(archived(hub)) > done * 3, "files archived")
        kill_edge(hub)
    sender.join()
    until(lambda: len(archived(hub)) == FILES, "all files archived")
    hub.settle()

    events = [codec().decode(one.value) for one in hub.records(hub.topics.case_events)]
    texts: dict[str, list[str]] = {}
    for event in events:
        texts.setdefault(event["source_case_id"], []).append(event["text"])
    assert texts == {f"WG{case:03}": [f"text {number}" for number in range(FILES)] for case in range(CASES)}
    assert len(hub.letters()) == FILES
    results = [json.loads(Path(f"{file}.result.json").read_text("utf-8"))["rows"] for file in archived(hub)]
    told = Counter({name: sum(rows[name] for rows in results) for name in results[0]})
    assert told == {"total": FILES * (CASES + 1), "accepted": FILES * CASES, "rejected": FILES, **_nothing()}
    counted = listed(hub)["counts"]
    assert (counted["accepted"], counted["rejected"]) == (FILES * CASES, FILES)


def _nothing() -> dict[str, int]:
    return {"duplicate": 0, "ignored": 0}


def test_a_pause_survives_kill_9_and_is_on_the_audit_log(hub, until) -> None:
    """While paused a file stays where it is; resumed, it is taken; both are on record, chained."""
    hub.run("sources", "pause", "grid", "--reason", "rebuilding", **hub.sources)
    until(lambda: listed(hub)["state"] == "paused", "the pause")
    kill_edge(hub)
    place(hub, "later.csv", HEADER + "WG900,2026-11-20 08:00,later\n")
    until(lambda: listed(hub)["positions"]["drop"]["waiting"] == 1, "the file seen by the new process")
    assert (folder_of(hub) / "later.csv").exists()

    hub.run("sources", "resume", "grid", "--reason", "rebuilt", **hub.sources)
    until(lambda: len(archived(hub)) == FILES + 1, "the file taken")
    records = [codec().decode(one.value) for one in hub.records(hub.topics.audit_log)]
    own = [record for record in records if record["subject"] == "source/grid"]
    assert [(record["action"], record["reason"]) for record in own[:2]] == [
        ("source.pause", "rebuilding"),
        ("source.resume", "rebuilt"),
    ]
    assert is_chained(own)


def _done(hub: Any) -> int:
    return sum(1 for one in listed(hub)["commands"] if one["done"])


def test_a_rewind_and_a_re_import_given_twice_change_nothing(hub, until) -> None:
    """Sent again, dropped again: no event more; what came of each is told."""
    before = len(hub.records(hub.topics.case_events))
    position = listed(hub)["positions"]["drop"]["position"]
    back = str(int(position) - 2)
    hub.run("sources", "reimport", "grid", "--id", "grid:WG900", "--reason", "test", **hub.sources)
    for number in (2, 3):
        hub.run("sources", "rewind", "grid", "--position", back, "--reason", "test", **hub.sources)
        until(lambda number=number: _done(hub) == number, "the commands done")
    hub.settle()
    assert {one["done"]["drop"]["outcome"] for one in listed(hub)["commands"]} == {"done"}
    assert len(hub.records(hub.topics.case_events)) == before
