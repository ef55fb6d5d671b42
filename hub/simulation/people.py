"""Invented callers and staff. Every number is of the ranges that belong to nobody (samples/README.md)."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

_SURNAMES = "孟祁宫廉桑迟岳庄阮鲍温柴尤卓蔺隋邰佟"
_GIVEN = (
    "知夏",
    "见川",
    "念安",
    "予宁",
    "清和",
    "望舒",
    "明远",
    "若水",
    "云帆",
    "向晚",
    "长庚",
    "思齐",
    "景行",
    "一诺",
)
_CALLERS = 9_000


@dataclass(slots=True, frozen=True)
class Person:
    """A caller or a member of staff."""

    name: str
    sex: str
    mobile: str
    landline: str


def person(random: Random) -> Person:
    """Somebody of a pool small enough that people call again."""
    return _of_number(random.randrange(_CALLERS))


def _of_number(number: int) -> Person:
    name = _SURNAMES[number % len(_SURNAMES)] + _GIVEN[number // len(_SURNAMES) % len(_GIVEN)]
    return Person(name, "男女"[number % 2], f"1300000{number:04d}", f"0452-00000{number % 100:02d}")


def spelling(random: Random, mobile: str) -> str:
    """The same number as people and systems write it: plain, grouped, with the country, in full width."""
    grouped = f"{mobile[:3]}-{mobile[3:7]}-{mobile[7:]}"
    full_width = "".join(chr(ord(digit) + 0xFEE0) for digit in mobile)
    return random.choices(
        (mobile, grouped, grouped.replace("-", " "), f"+86 {grouped}", f"86{mobile}", full_width),
        (70, 8, 8, 6, 4, 4),
    )[0]


def everyone() -> Iterator[Person]:
    """All people that `person` can give, for a proof that none of them is told anywhere."""
    return map(_of_number, range(_CALLERS))
