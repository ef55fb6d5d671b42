"""The demo's result as tables for a screen."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from rich.columns import Columns
from rich.table import Table

from hub.demo.carried import Carried
from hub.demo.ladder import LATE, Ladder
from hub.demo.run import Outcome
from hub.domain.clock import OUTCOMES
from hub.domain.ledger import Ledger
from hub.domain.ledger_terms import FIGURES, RATES

_CLOCK_NAMES: Final = {"sign": "签收", "handle": "办理", "call_back": "回访", "total": "总时限"}
_OUTCOME_NAMES: Final = {
    "AT_RISK": "AT_RISK 临期",
    "FIRST_TIMEOUT": "FIRST 首次超时",
    "SECOND_TIMEOUT": "SECOND 二次超时",
    "MET": "MET 按时",
    LATE: "told late 迟报",
}
_ENDS: Final = ("published", "accepted", "duplicate", "dead", "refused")
_MAIN_FIGURES: Final = (
    "received",
    "answered_directly",
    "rejected",
    "withdrawn",
    "dispatched",
    "done_in_time",
    "done_late",
    "done_late_excused",
    "open_in_time",
    "open_late",
    "rework",
    "call_backs_owed",
    "call_backs_settled",
    "call_backs_open",
    "supervision_listed",
    "supervision_open",
)


def tables(outcome: Outcome) -> Iterator[Any]:
    """Records, cases, ladder, ledger, check, and the verdict: what a console prints one after the other."""
    yield from _records(outcome)
    if outcome.carried is not None:
        yield from _transports(outcome.carried)
    yield from _ladder(outcome.ladder)
    yield from _ledger(outcome.ledger)
    yield from _verdict(outcome)


def _records(outcome: Outcome) -> Iterator[Any]:
    account, cases = outcome.account, outcome.cases
    rows: list[tuple[str, ...]] = [
        (source, *(f"{row[name]:,}" for name in _ENDS)) for source, row in account.by_source.items()
    ]
    totals = (account.published, account.accepted, account.duplicate, account.dead, account.refused)
    rows.append(("all", *(f"{number:,}" for number in totals)))
    yield _table("Records · 记录", ("source", *_ENDS), rows)
    groups = {
        "Source · 来源": cases.by_source,
        "Level · 哨级": cases.by_level,
        "Tier · 层级": cases.by_tier,
        "Status · 状态": cases.by_status,
        "Division · 县区": cases.by_division,
        "Dead letters · 死信": Counter(account.dead_by_reason),
        "Refused · 未受理": Counter(account.refused_by_reason),
    }
    yield Columns([_counts(title, dict(counts.most_common())) for title, counts in groups.items()])


def _transports(carried: Carried) -> Iterator[Any]:
    rows = [
        (f"{transport}, {source}", f"{sent:,}", _counted(carried.answers.get((transport, source), {})))
        for (transport, source), sent in sorted(carried.sent.items())
    ]
    yield _table("Transports · 接入", ("", "sent 发送", "answered 应答"), rows)
    gateway = {
        "streams 在线终端": carried.streams,
        "dispatches received 收到派遣": carried.dispatches,
        "actions accepted 办理受理": carried.actions["accepted"],
        "repeated, answered like the first 重复提交": carried.actions["repeated"],
        "refused 拒绝": carried.actions["refused"],
    }
    refused = dict(carried.refused_actions.most_common())
    yield Columns([_counts("Gateway · 终端网关", gateway), _counts("Refused actions · 拒绝原因", refused)])


def _ladder(ladder: Ladder) -> Iterator[Any]:
    names = (*OUTCOMES, LATE)
    rows = [
        (f"{clock} {_CLOCK_NAMES[clock]}", *(f"{counts[name]:,}" for name in names))
        for clock, counts in ladder.outcomes.items()
    ]
    yield _table("Ladder · 两级超时", ("clock", *(_OUTCOME_NAMES[name] for name in names)), rows)
    after = {
        "letters issued 督办函": ladder.letters_issued,
        "entries open 督办未销": ladder.entries_open,
        "entries removed 督办销号": ladder.entries_removed,
        "rework 返工": ladder.rework,
        "extensions granted 延期批准": ladder.extensions_granted,
        "extensions refused 延期未准": ladder.extensions_refused,
        "resumed by themselves 自动恢复": ladder.auto_resumed,
        "appeals filed 申诉": ladder.appeals_filed,
        "appeals accepted 申诉成立": ladder.appeals_excused,
        "appeals rejected 申诉驳回": ladder.appeals_rejected,
    }
    yield Columns([_counts("What followed · 后续", after), _counts("Call-backs · 回访", ladder.call_backs)])


def _ledger(ledger: Ledger) -> Iterator[Any]:
    figures = {f"{name} {FIGURES[name].term}": ledger.count(name) for name in _MAIN_FIGURES}
    rates: list[tuple[str, ...]] = [(f"{name} {rate.term}", ledger.text(name)) for name, rate in RATES.items()]
    yield Columns([_counts("Ledger · 台账", figures), _table("Rates · 比率", ("", ""), rates)])


def _verdict(outcome: Outcome) -> Iterator[Any]:
    account, checked = outcome.account, outcome.check
    yield ""
    yield (
        f"{account.published:,} records, {outcome.cases.total:,} cases in {outcome.seconds:.0f} s: "
        + ("everything accounted for" if account.unaccounted == 0 else f"UNACCOUNTED {account.unaccounted}")
    )
    wrong = {
        "early": checked.early,
        "twice": checked.twice,
        "missing": checked.missing,
        "not to be explained": checked.unexpected,
    }
    yield (
        f"{checked.outcomes:,} outcomes of deadlines: "
        + ", ".join(f"{count} {name}" for name, count in wrong.items())
        + f"; {checked.plain:,} cases reckoned a second time, plainly"
    )
    yield (
        f"{checked.rebuilt:,} cases computed anew from the log: {checked.differing} differ; "
        f"{checked.letters:,} letters: {checked.gaps} gaps in their numbers; "
        f"{len(checked.identities)} sums of the ledger wrong"
    )


def _counted(answers: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} × {answer}" for answer, count in sorted(answers.items()))


def _counts(title: str, counts: Mapping[str, int]) -> Table:
    return _table(title, ("", ""), [(name, f"{count:,}") for name, count in counts.items()])


def _table(title: str, names: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Table:
    table = Table(title=title, title_justify="left", show_header=any(names))
    for index, name in enumerate(names):
        table.add_column(name, justify="left" if index == 0 else "right")
    for row in rows:
        table.add_row(*row)
    return table
