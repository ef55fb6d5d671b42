"""`hub demo` as its user runs it: every record accounted for, every deadline proved, and nothing left running."""

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from hub.cli.demo import DAY
from hub.simulation import Message, expected_of, simulate

pytestmark = pytest.mark.integration

CASES = 150
DAYS = 3
# Straight to Kafka the verdicts are those that the simulation built in, one by one.
QUICK = ("--direct", "--exit", "--cases", str(CASES), "--day-in", "6s", "--days", str(DAYS))


@pytest.fixture(scope="module")
def demo_hub(new_hub):
    """A hub that has never run."""
    return new_hub()


@pytest.fixture(scope="module")
def first(demo_hub) -> dict[str, Any]:
    """What the first demo said."""
    return demo_hub.json("demo", *QUICK)


@pytest.fixture(scope="module")
def expected(samples: Path, qiqihar) -> dict[str, Any]:
    """The verdicts the samples and the simulated days must get."""
    return expected_with_samples(samples, simulate(CASES, 1, DAY, qiqihar, DAYS))


def expected_with_samples(samples: Path, messages: Iterable[Message]) -> dict[str, Any]:
    day = expected_of(messages)
    verdicts, reasons = Counter(day.verdicts), Counter(day.reasons)
    for folder in (samples, samples / "bad"):
        for one in json.loads((folder / "expected.json").read_text("utf-8"))["files"].values():
            reasons.update(reject["reason"] for reject in one["rejects"])
            verdicts["dead"] += len(one["rejects"])
            same = sum((record.get("resend") or {}).get("content") == "same" for record in one["records"])
            verdicts["duplicate"] += same
            verdicts["accepted"] += len(one["records"]) - same
    return {"verdicts": verdicts, "reasons": reasons}


@pytest.fixture(scope="module")
def qiqihar():
    from hub.city import load_city
    from hub.settings import load

    return load_city(load().city)


def test_every_record_of_the_demo_is_accounted_for(first):
    """accepted + duplicate + dead = published, in all and source by source."""
    assert first["accepted"] + first["duplicate"] + first["dead"] == first["published"] > CASES
    assert first["unaccounted"] == 0
    for row in first["by_source"].values():
        assert row["accepted"] + row["duplicate"] + row["dead"] == row["published"] > 0


def test_the_demo_comes_to_the_verdicts_that_were_built_in(first, expected, samples):
    """Samples and simulated days together: exactly as many of each verdict and of each reason.

    Files under `bad/` are valid in part and repeat ids of each other: those few good records are one event.
    """
    repeated = repeated_among_the_bad(samples)

    assert first["dead"] == expected["verdicts"]["dead"]
    assert first["dead_by_reason"] == expected["reasons"]
    assert first["duplicate"] == expected["verdicts"]["duplicate"] + repeated
    assert first["accepted"] == expected["verdicts"]["accepted"] - repeated


def repeated_among_the_bad(samples: Path) -> int:
    """Good records of the bad files that are the same event as one before."""
    files = json.loads((samples / "bad" / "expected.json").read_text("utf-8"))["files"]
    events = [json.dumps(record["event"], sort_keys=True) for one in files.values() for record in one["records"]]
    return len(events) - len(set(events))


def test_the_cases_are_told_by_source_level_tier_and_division(first):
    """Each table adds up to the cases whose report has come."""
    cases = first["cases"]
    reported = cases["total"] - cases["awaited"]

    for table in ("by_source", "by_level", "by_tier", "by_division"):
        assert sum(cases[table].values()) == reported, table
    assert set(cases["by_level"]) >= {"ordinary", "key", "difficult"}
    assert len(cases["by_division"]) >= 16


def test_the_ladder_shows_what_became_of_the_deadlines(first):
    """Warnings, both timeouts and what was in time; letters, call-backs, rework, more time."""
    ladder = first["ladder"]

    for clock in ("sign", "handle"):
        for outcome in ("AT_RISK", "FIRST_TIMEOUT", "SECOND_TIMEOUT", "MET"):
            assert ladder["outcomes"][clock][outcome] > 0, (clock, outcome)
    assert ladder["outcomes"]["call_back"]["MET"] > 50
    assert ladder["letters_issued"] == ladder["entries_open"] + ladder["entries_removed"] > 0
    assert ladder["call_backs"]["SATISFIED"] > 50
    assert ladder["rework"] > 0
    assert ladder["extensions_granted"] > 0


def test_the_ledger_of_the_demo_adds_up(first):
    """As of the last moment of the last day, with nothing left over."""
    figures = {name: figure["count"] for name, figure in first["ledger"]["figures"].items()}
    reported = first["cases"]["total"] - first["cases"]["awaited"]

    assert first["now"].startswith("2026-11-26T00:0")
    assert first["ledger"]["identities"] == []
    assert figures["received"] == reported
    assert figures["done_in_time"] > 50
    assert figures["supervision_opened"] == first["ladder"]["letters_issued"]


def test_the_check_of_the_demo_finds_nothing(first):
    """Every outcome once, none early, none missing; every case again from its log; many reckoned a second time."""
    check = first["check"]

    for fault in ("early", "twice", "missing", "unexpected", "differing", "gaps", "identities", "problems"):
        assert not check[fault], check
    assert check["holds"]
    assert check["outcomes"] > 300
    assert check["rebuilt"] == first["cases"]["total"]
    assert check["plain"] > 20
    assert check["letters"] == first["ladder"]["letters_issued"]


def test_nothing_runs_after_the_demo(demo_hub, first):
    """No Kafka, no supervisor, no worker; and a status that says so with its fix."""
    assert demo_hub.processes() == []
    assert "not running; start it: hub up" in demo_hub.run("status", code=1).stdout


def test_a_second_demo_on_the_same_data_finds_resends_only(demo_hub, first):
    """The same seed publishes the same records: all were passed on before, except those that are dead again."""
    second = demo_hub.json("demo", *QUICK)

    assert (second["published"], second["dead"]) == (first["published"], first["dead"])
    assert second["dead_by_reason"] == first["dead_by_reason"]
    assert (second["accepted"], second["duplicate"]) == (0, first["accepted"] + first["duplicate"])
    assert second["cases"] == first["cases"]
    assert second["ladder"] == first["ladder"]
    assert second["check"]["holds"]
    assert demo_hub.processes() == []


def test_a_hub_goes_on_by_the_machines_clock_after_a_demo(demo_hub, first):
    """Deadlines of the rehearsal that are over by now are told late; a demo with its own clock is then refused."""
    demo_hub.run("up")
    demo_hub.settle()

    refused = demo_hub.run("demo", *QUICK, code=2).stderr

    assert "a hub is up already" in refused
    assert "fix: hub down" in refused
    assert demo_hub.json("rebuild", "--check")["differing"] == 0
    demo_hub.run("down")
    assert demo_hub.processes() == []


def test_the_demo_goes_through_the_transports(new_hub, samples, qiqihar):
    """Posts, files, actions of endpoints with open streams; what no transport lets in is told with its reason."""
    cases, days = 60, 2
    pace = ("--exit", "--cases", str(cases), "--day-in", "5s", "--days", str(days))
    messages = list(simulate(cases, 1, DAY, qiqihar, days))
    expected = expected_with_samples(samples, messages)

    told = new_hub().json("demo", *pace, HUB_EDGES='["http","drops"]')

    sent = {(one["transport"], one["source"]): one for one in told["transports"]["sent"]}
    gateway = told["transports"]["gateway"]
    actions = Counter(gateway["actions"])
    assert told["unaccounted"] == 0
    assert told["check"]["holds"], told["check"]
    assert set(sent) >= {("HTTP intake", name) for name in ("hotline", "grid", "endpoint", "desk")}
    assert set(sent) >= {("file drop", "citymgmt"), ("file drop", "grid")}
    for (transport, _), one in sent.items():
        answers = {answer: count for answer, count in one["answers"].items() if answer not in ("401", "none")}
        assert transport.startswith("Kafka") or sum(answers.values()) == one["sent"]
    assert gateway["streams"] > 20
    assert gateway["dispatches"] >= gateway["streams"]
    assert actions["accepted"] > 20
    assert sum(gateway["refused"].values()) == actions["refused"]
    # Whatever is bad is dead where its transport lets it in, and refused where not; all else is as without them.
    bad = Counter(told["dead_by_reason"]) + Counter(told["refused_by_reason"]) - Counter(gateway["refused"])
    assert bad == expected["reasons"]
    good = expected["verdicts"]["accepted"] + expected["verdicts"]["duplicate"]
    assert told["accepted"] + told["duplicate"] + actions["refused"] == good


def test_a_demo_without_the_edges_that_carry_it_is_refused(demo_hub):
    """Before anything starts; the fix is told."""
    refused = demo_hub.run("demo", "--exit", code=2, HUB_EDGES='["http"]').stderr

    assert "HUB_EDGES leaves out drops" in refused
    assert "--direct" in refused
    assert demo_hub.processes() == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--day-in", "soon"), "is no duration; write it as 20s"),
        (("--day-in", "20s", "--rate", "5"), "give one of them"),
    ],
)
def test_a_clock_that_cannot_be_is_refused(demo_hub, arguments, said):
    """Before anything starts."""
    told = " ".join(re.sub("[│╭╮╰╯─]", " ", demo_hub.run("demo", *arguments, code=2).stderr).split())

    assert said in told


def test_on_a_terminal_the_hub_stays_until_ctrl_c(demo_hub, first):
    """Progress, tables and where to look next; one Ctrl-C takes everything down, without a traceback."""
    shown, code, ran_meanwhile = demo_on_a_terminal(
        demo_hub, "--direct", "--cases", "20", "--rate", "0", "--days", "1"
    )

    assert "Traceback" not in shown
    assert "Aborted" not in shown
    assert code == 0, shown
    assert ran_meanwhile, "nothing ran although the hub was to stay up"
    for part in (
        "Records · 记录",
        "Ladder · 两级超时",
        "Ledger · 台账",
        "everything accounted for",
        "0 early, 0 twice, 0 missing",
        "hub trace hotline:",
        "until Ctrl-C",
        "Stopped",
    ):
        assert part in shown, part
    assert max(map(len, shown.splitlines())) <= 200
    assert demo_hub.processes() == []


@pytest.mark.parametrize(
    ("pace", "number", "code"),
    [(("--rate", "5"), signal.SIGINT, 130), (("--day-in", "60s"), signal.SIGTERM, 143)],
)
def test_an_interrupted_demo_takes_everything_down(demo_hub, first, pace, number, code):
    """Ctrl-C or `kill` while it works: nothing stays behind, and the screen shows no traceback."""
    shown, ended, ran_meanwhile = demo_on_a_terminal(
        demo_hub, "--direct", "--cases", "200", *pace, interrupt_at="good and bad; now", number=number
    )

    assert ran_meanwhile
    assert "Traceback" not in shown, shown
    assert ended == code, shown
    assert demo_hub.processes() == []


def demo_on_a_terminal(
    hub, *arguments: str, interrupt_at: str = "until Ctrl-C", number: int = signal.SIGINT
) -> tuple[str, int, bool]:
    """Run the demo on a pseudo terminal and send the signal (Ctrl-C is one) once a text is shown.

    Returns what the screen got, the exit code, and whether something of the hub ran at that moment.
    """
    ours, theirs = pty.openpty()
    command = [*hub_command(), "demo", *arguments]
    environment = {**hub.environment, "COLUMNS": "80", "TERM": "xterm"}
    # As a script's background job would be started: ignoring Ctrl-C until the demo says otherwise.
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    process = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True
    )
    signal.signal(signal.SIGINT, before)
    os.close(theirs)
    shown, ran, pressed = "", False, False
    deadline = time.monotonic() + 120
    try:
        while time.monotonic() < deadline:
            ready, _, _ = select.select([ours], [], [], 0.2)
            if ready:
                try:
                    shown += os.read(ours, 65536).decode(errors="replace")
                except OSError:
                    break
            elif process.poll() is not None:
                break
            if not pressed and interrupt_at in shown:
                pressed = True
                time.sleep(0.5)
                ran = bool(hub.processes())
                os.killpg(process.pid, number)
        code = process.wait(30)
    finally:
        process.kill()
        os.close(ours)
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown), code, ran


def hub_command() -> list[str]:
    return [sys.executable, "-m", "hub.cli"]
