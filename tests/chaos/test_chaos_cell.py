"""The chaos cell of CI: real workers die every few seconds, the broker once, and nothing is lost or doubled."""

import pytest

from hub.chaos.cell import Plan, run

PLAN = Plan(minutes=0.35, seed=20261110, messages=20_000)


@pytest.mark.chaos
@pytest.mark.integration
def test_nothing_is_lost_doubled_or_reordered_while_workers_and_broker_die(tmp_path):
    """20,000 messages with resends and disorder, every deadline overdue: the checker finds no difference."""
    said: list[str] = []

    outcome = run(PLAN, tmp_path / "hub", said.append)

    print(*said, outcome.as_data(), sep="\n")
    assert outcome.findings.holds, outcome.findings.examples
    assert outcome.expected.published >= PLAN.messages
    assert outcome.expected.verdicts["duplicate"] > 400
    assert outcome.expected.tags["disorder"] > 100
    assert outcome.kills >= 4
    assert outcome.broker_restarts == 1
    assert outcome.findings.facts["casework.outputs"] > 10_000
