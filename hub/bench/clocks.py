"""`hub bench clocks`: live clocks in a store, many due at once, lateness at normal load, due instants a second."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from hub.bench.clock_city import write_city
from hub.bench.clock_evening import Evenings, Lived, Plan
from hub.bench.clock_store import FilledStore, cases_for
from hub.bench.due_rate import due_rates
from hub.bench.figures import Report, median
from hub.bench.machine import machine
from hub.bench.stages import hub_stages
from hub.city import load_city
from hub.domain.errors import Misconfigured
from hub.domain.worktime import WorkTime
from hub.settings import Settings

PARTS: Final = ("store", "burst", "steady", "due")
TARGETS: Final = {
    "store_live_clocks": 1_000_000,
    "quiet_cpu_percent": 2.0,
    "burst_last_s": 5.0,
    "burst_traffic_p99_ms": 1000.0,
    "steady_p99_s": 1.0,
    "due_per_s": 100_000,
    "due_paused_per_s": 100_000,
    **{f"{part}_{wrong}": 0 for part in ("burst", "steady") for wrong in ("early", "doubled", "missing")},
}
_AT_LEAST: Final = ("store_live_clocks", "due_per_s", "due_paused_per_s")

Echo = Callable[[str], None]
Figures = dict[str, float]


@dataclass(slots=True, frozen=True)
class Sizes:
    """How much of everything. `timers` are due a second, for `seconds`; `rate` is that of the normal messages."""

    clocks: int = 1_000_000
    due: int = 70_000
    timers: int = 20
    seconds: int = 60
    rate: int = 344
    workers: int = 2
    quiet_seconds: float = 60.0


def measure(
    settings: Settings, bootstrap: str | None, rounds: int, sizes: Sizes, only: Sequence[str] | None, echo: Echo
) -> Report:
    """The parts named, all without a name. The store is filled once; everything else is measured in each round.

    Raises:
        Misconfigured: there is no such part.
    """
    if wrong := [name for name in only or () if name not in PARTS]:
        raise Misconfigured([f"--only {name}: the parts are {', '.join(PARTS)}" for name in wrong])
    parts = set(only or PARTS)
    about = machine()
    found: dict[str, list[float]] = {}
    details: dict[str, Any] = {"sizes": asdict(sizes)}
    if parts & {"store", "burst", "steady"}:
        _measure_hub(settings, bootstrap, rounds, sizes, parts, echo, found, details)
    if "due" in parts:
        _measure_due(settings, rounds, echo, found)
    return Report(
        bench="clocks",
        unit=_unit(parts, sizes),
        ours={name: _middle(values) for name, values in found.items()},
        rounds=rounds,
        machine=about,
        target={name: target for name, target in TARGETS.items() if name in found},
        details={**found, **details},
        at_least=[name for name in _AT_LEAST if name in found],
    )


def figures_of(lived: Lived) -> Figures:
    """The figures of one evening."""
    found: Figures = {}
    for name, late, traffic in (
        ("burst", lived.burst, lived.burst_traffic),
        ("steady", lived.steady, lived.steady_traffic),
    ):
        if late is not None:
            found |= {f"{name}_{figure}": value for figure, value in late.figures().items()}
            found |= {f"{name}_written_{figure}": value for figure, value in late.written_figures().items()}
        if traffic is not None:
            found[f"{name}_traffic_p50_ms"] = traffic.p50
            found[f"{name}_traffic_p99_ms"] = traffic.p99
            found[f"{name}_traffic_max_ms"] = traffic.most
            found[f"{name}_traffic_messages"] = traffic.messages
    if lived.undispatched:
        found["undispatched"] = lived.undispatched
    return found


def _measure_hub(
    settings: Settings,
    bootstrap: str | None,
    rounds: int,
    sizes: Sizes,
    parts: set[str],
    echo: Echo,
    found: dict[str, list[float]],
    details: dict[str, Any],
) -> None:
    """Store first: whoever measures the burst too measures it beside all those clocks."""
    next_case = 0
    with hub_stages(settings, bootstrap, echo) as (stages, topics):
        stages.environment["HUB_CITY"] = str(write_city(settings.city, stages.folder / "city"))
        if "store" in parts:
            next_case = cases_for(sizes.clocks)
            store = FilledStore(stages, topics, next_case, echo)
            for name, value in store.fill().items():
                found[name] = [value]
            for number in range(rounds):
                _add(found, {"quiet_cpu_percent": store.quiet_share(sizes.quiet_seconds)}, number, echo)
            details["store_workers"] = 1
        plan = Plan(
            due=sizes.due if "burst" in parts else 0,
            timers=sizes.timers,
            seconds=sizes.seconds if "steady" in parts else 0,
            rate=sizes.rate,
            workers=sizes.workers,
        )
        if not parts & {"burst", "steady"}:
            return
        details["live_clocks_beside"] = next_case and round(found["store_live_clocks"][0])
        evenings = Evenings(stages, topics, plan, echo)
        for number in range(rounds):
            _add(found, figures_of(evenings.live(next_case)), number, echo)
            next_case += plan.due + plan.timers * plan.seconds


def _measure_due(settings: Settings, rounds: int, echo: Echo, found: dict[str, list[float]]) -> None:
    city = load_city(settings.city)
    worktime = WorkTime.of(city.calendar, city.policy.office_hours)
    for number in range(rounds):
        _add(found, dict(due_rates(worktime)), number, echo)


def _add(found: dict[str, list[float]], figures: Figures, number: int, echo: Echo) -> None:
    for name, value in figures.items():
        found.setdefault(name, []).append(value)
    echo(f"round {number + 1}: " + ", ".join(f"{name} {value:,}" for name, value in figures.items()))


def _middle(values: list[float]) -> float:
    middle = round(median(values), 3)
    return int(middle) if middle == int(middle) and all(isinstance(value, int) for value in values) else middle


def _unit(parts: set[str], sizes: Sizes) -> str:
    """What a reader of the table must know; the names of the figures end with their units."""
    said = "units in the names"
    if "store" in parts:
        said += f", a quiet window of {sizes.quiet_seconds:g} s stands for the hour"
    return said
