"""Writes the tables of deploy/cities/qiqihar from the plan beside this script; the same plan gives the same bytes.

python deploy/cities/generate_qiqihar.py [FOLDER]
"""

import csv
import random
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

from hub.domain.routing import weight

HERE = Path(__file__).parent
LEVELS = ("ordinary", "key", "difficult")
URGENCIES = ("NORMAL", "URGENT", "CRITICAL")
LIMIT_UNITS = {"h": "urgent_hour", "wh": "work_hour", "wd": "work_day", "nd": "natural_day"}
TITLES = ("值班岗终端", "承办岗终端", "分管负责人终端", "督办岗终端")
STREET_TITLES = ("值班岗终端", "网格长终端", "网格员终端", "分管负责人终端")

Row = dict[str, Any]


def main(folder: Path) -> None:
    """Reads the plan and the city page, writes the eight tables into the folder."""
    plan = _read("qiqihar_plan.yaml")
    categories = list(category_rows(_read("qiqihar_categories.yaml")))
    city = _read("qiqihar/city.yaml")
    divisions = {division["code"]: division["name"] for division in city["divisions"]}
    luck = random.Random(plan["seed"])

    streets = list(street_rows(plan, divisions, luck))
    units = list(unit_rows(plan, city, divisions, streets))
    _write(folder / "streets.csv", streets)
    _write(folder / "communities.csv", community_rows(plan, streets, luck))
    _write(folder / "units.csv", ({key: value for key, value in unit.items() if key != "staff"} for unit in units))
    _write(folder / "endpoints.csv", endpoint_rows(plan, units, luck))
    _write(folder / "categories.csv", categories)
    _write(folder / "routing.csv", routing_rows(plan, divisions, streets))
    _write(folder / "limits.csv", limit_rows(plan["limits"]))
    _write(folder / "steps.csv", step_rows(plan["steps"], plan["limits"]["version"]))


def street_rows(plan: Row, divisions: dict[str, str], luck: random.Random) -> Iterator[Row]:
    """Streets from 001, towns from 100, townships from 200; in the 12 digits of the statistical table."""
    for division in divisions:
        counts = plan["divisions"][division]
        words = luck.sample(plan["words"], len(plan["words"]))
        for first, suffix, count in (
            (1, "街道", counts["streets"]),
            (100, "镇", counts["towns"]),
            (200, "乡", counts["townships"]),
        ):
            for number in range(first, first + count):
                code = f"{division}{number:03}"
                name = plan["named"].get(code) or words.pop() + suffix
                yield {"code": code + "000", "name": name}


def community_rows(plan: Row, streets: list[Row], luck: random.Random) -> Iterator[Row]:
    """Communities (社区) from 001 and villages (村) from 201; every place the plan names is among them."""
    for street in streets:
        code = street["code"][:9]
        rural = not street["name"].endswith("街道")
        numbers = set(range(1, luck.randint(3, 4) if rural else luck.randint(7, 10)))
        numbers |= set(range(201, 201 + luck.randint(4, 7))) if rural else set()
        numbers |= {int(named[9:]) for named in plan["named"] if len(named) == 12 and named.startswith(code)}
        words = luck.sample(plan["words"], len(numbers))
        for number in sorted(numbers):
            full = f"{code}{number:03}"
            word = words.pop()
            name = plan["named"].get(full) or f"{word}{'村' if number > 200 else '社区'}"
            yield {"code": full, "name": name}


def unit_rows(plan: Row, city: Row, divisions: dict[str, str], streets: list[Row]) -> Iterator[Row]:
    """The city's units, then each division's, then each street's; `staff` is how many endpoints it starts from."""
    desk = plan["city_desk"]
    yield _unit(desk["code"], desk["name"], "city", "", "", "duty_desk", desk["staff"])
    for body in plan["city_units"]:
        yield _unit(body["code"], body["name"], "city", "", "", body["kind"], body["staff"])
    for body in plan["departments"]:
        yield _unit(
            f"QQHR-{body['suffix']}", city["name"] + body["name"], "city", "", "", _kind(body), body["staff"]
        )
    desk = plan["county_desk"]
    for division, name in divisions.items():
        abbr = plan["divisions"][division]["abbr"]
        title = desk["name"].format(division=name)
        yield _unit(f"{abbr}-{desk['suffix']}", title, "county", division, "", "duty_desk", desk["staff"])
        for body in plan["departments"]:
            code = f"{abbr}-{body['suffix']}"
            yield _unit(code, name + body["name"], "county", division, "", _kind(body), body["staff"])
    for street in streets:
        code, division = street["code"][:9], street["code"][:6]
        place = divisions[division] + street["name"]
        for body in (*plan["street_units"], plan["street_desk"] | {"kind": "duty_desk"}):
            title = body["name"].format(street=place)
            yield _unit(f"{code}-{body['suffix']}", title, "street", division, code, body["kind"], body["staff"])


def endpoint_rows(plan: Row, units: list[Row], luck: random.Random) -> Iterator[Row]:
    """Exactly as many endpoints as planned, numbered within each division; the pinned ones where they belong."""
    staff = {unit["code"]: unit["staff"] for unit in units}
    missing = plan["endpoints"] - sum(staff.values())
    if missing < 0:
        raise SystemExit(f"qiqihar_plan.yaml: staff sums to {-missing} more than endpoints ({plan['endpoints']})")
    for code in luck.choices([unit["code"] for unit in units if unit["kind"] != "duty_desk"], k=missing):
        staff[code] += 1
    ids: dict[str, list[str]] = {}
    numbers: dict[str, int] = {}
    for unit in units:
        place = unit["division"] or "230200"
        first = numbers.get(place, 0) + 1
        numbers[place] = first + staff[unit["code"]] - 1
        ids[unit["code"]] = [f"EP-{place}-{number:04}" for number in range(first, numbers[place] + 1)]
    for pin in plan["pinned_endpoints"]:
        _pin(ids, pin["endpoint"], pin["unit"], pin["case"])
    for unit in units:
        titles = STREET_TITLES if unit["tier"] == "street" else TITLES
        since = plan["since"] if luck.random() < 0.9 else "2025-07-01"
        for number, endpoint in enumerate(ids[unit["code"]]):
            serial = f"{number // len(titles) + 1}"
            yield {
                "endpoint": endpoint,
                "unit": unit["code"],
                "name": titles[number % len(titles)] + serial,
                # The first of a unit was there from the beginning: no unit without an endpoint.
                "active_from": plan["since"] if number == 0 else since,
                "active_to": "",
            }


def _pin(ids: dict[str, list[str]], endpoint: str, unit: str, case: str) -> None:
    """Moves an endpoint into a unit and every endpoint that would outweigh it for the case out of it."""
    prefix = endpoint[:9]
    others = [code for code, held in ids.items() if code != unit and held[0].startswith(prefix)]
    home = next(code for code, held in ids.items() if endpoint in held)
    if home != unit:
        _swap(ids, home, endpoint, unit, ids[unit][-1])
    for held in list(ids[unit]):
        if weight(held.encode(), case.encode()) > weight(endpoint.encode(), case.encode()):
            code, lighter = next(
                (code, other)
                for code in others
                for other in ids[code]
                if weight(other.encode(), case.encode()) < weight(endpoint.encode(), case.encode())
            )
            _swap(ids, unit, held, code, lighter)


def _swap(ids: dict[str, list[str]], one: str, of_one: str, other: str, of_other: str) -> None:
    ids[one][ids[one].index(of_one)], ids[other][ids[other].index(of_other)] = of_other, of_one


def category_rows(schemes: Row) -> Iterator[Row]:
    """Every level of every scheme is a row: code and path."""
    for scheme, top in schemes.items():
        joint = "-" if scheme == "citymgmt" else ""
        yield from _levels(scheme, joint, "", "", top)


def _levels(scheme: str, joint: str, code: str, path: str, below: Any) -> Iterator[Row]:
    if isinstance(below, list):
        below = {f"{number:02} {name}": None for number, name in enumerate(below, start=1)}
    for label, further in below.items():
        number, name = label.split(" ", 1)
        at = f"{code}{joint}{number}" if code else number
        full = f"{path}->{name}" if path else name
        yield {"scheme": scheme, "code": at, "path": full}
        if further is not None:
            yield from _levels(scheme, joint, at, full, further)


def routing_rows(plan: Row, divisions: dict[str, str], streets: list[Row]) -> Iterator[Row]:
    """Rows of the city, of each division, of each street, and the special ones; each with its own id."""
    for number, row in enumerate(_routing(plan, divisions, streets), start=1):
        yield {"row": f"R{number:05}"} | row


def _routing(plan: Row, divisions: dict[str, str], streets: list[Row]) -> Iterator[Row]:
    for body in plan["departments"]:
        yield from _owned(plan, body, "*", "*", "city", f"QQHR-{body['suffix']}")
    for division in divisions:
        for body in plan["departments"]:
            unit = f"{plan['divisions'][division]['abbr']}-{body['suffix']}"
            yield from _owned(plan, body, division, "*", "county", unit)
    for street in streets:
        code = street["code"][:9]
        for body in plan["street_units"]:
            yield from _owned(plan, body, code[:6], code, "street", f"{code}-{body['suffix']}")
    for row in plan["special_rows"]:
        body = {"owns": [row]}
        yield from _owned(plan, body, row["street"][:6], row["street"], row["tier"], row["unit"])


def _owned(plan: Row, body: Row, division: str, street: str, tier: str, unit: str) -> Iterator[Row]:
    for owned in body["owns"]:
        scheme, category = owned["category"].split(":")
        yield {
            "valid_from": owned.get("since", plan["since"]),
            "valid_to": owned.get("until", ""),
            "division": division,
            "street": street,
            "scheme": scheme,
            "category": category,
            "tier": tier,
            "unit": unit,
            "priority": owned.get("priority", 100),
        }


def limit_rows(limits: Row) -> Iterator[Row]:
    """Every category named in the plan × level × urgency."""
    number = 0
    for prefix, handle in limits["rows"].items():
        scheme, category = prefix.split(":")
        for level in LEVELS:
            for urgency in URGENCIES:
                number += 1
                value, unit = _limit(limits["critical"][level] if urgency == "CRITICAL" else handle[level])
                if urgency == "URGENT" and prefix not in limits["urgent_keeps"]:
                    value /= 2
                row = {
                    "row": f"L{number:03}",
                    "scheme": scheme,
                    "category": category,
                    "level": level,
                    "urgency": urgency,
                }
                row |= _columns("sign", *_limit(limits["sign"][urgency])) | _columns("handle", value, unit)
                row |= _columns("call_back", *_limit(limits["call_back"][urgency]))
                total = limits["total"].get(level)
                row |= _columns("total", *_limit(total)) if total else {"total_value": "", "total_unit": ""}
                yield row | {"version": limits["version"]}


def step_rows(steps: Row, version: str) -> Iterator[Row]:
    """The steps of each category, numbered."""
    for prefix, several in steps.items():
        scheme, category = prefix.split(":")
        for number, (title, limit) in enumerate(several, start=1):
            row = {"version": version, "scheme": scheme, "category": category, "step": number, "title": title}
            yield row | _columns("handle", *_limit(limit))


def _limit(text: str) -> tuple[float, str]:
    value, unit = text.split()
    return float(value), LIMIT_UNITS[unit]


def _columns(clock: str, value: float, unit: str) -> Row:
    return {f"{clock}_value": f"{value:g}", f"{clock}_unit": unit}


def _kind(body: Row) -> str:
    return str(body.get("kind", "department"))


def _unit(code: str, name: str, tier: str, division: str, street: str, kind: str, staff: int) -> Row:
    place = {"code": code, "name": name, "tier": tier, "division": division, "street": street}
    return place | {"kind": kind, "staff": staff}


def _read(name: str) -> Any:
    return yaml.safe_load((HERE / name).read_text(encoding="utf-8"))


def _write(path: Path, rows: Iterable[Row]) -> None:
    rows = list(rows)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "qiqihar")
