"""Records of digital city management: cases, their state changes, and the XML batch around them."""

from functools import partial
from random import Random
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from hub.simulation.draft import Draft, Planned, later, slashed_time
from hub.simulation.people import person
from hub.simulation.places import Place
from hub.simulation.subjects import CITYMGMT, wording

_STEPS = (
    ("立案", "予以立案。", 0.95, (8, 40)),
    ("派遣", "派责任单位处置，时限4工作时。", 0.9, (5, 30)),
    ("处置", "已到场处置。", 0.4, (40, 300)),
    ("核查", "核查属实。", 0.8, (20, 90)),
    ("结案", "结案。", 0.9, (5, 60)),
)
_VOIDED = ("作废", "不属于城市管理范围，作废。")
_VOIDED_SHARE = 0.4


class CityCase:
    """A case found on the street, or told by a citizen, with the city's own steps."""

    def __init__(self, random: Random, number: str, place: Place, info_source: str) -> None:
        self._random = random
        self._place = place
        self._info_source = info_source
        self._task = f"CG{place.division}{number}"
        self._changes = 0

    @property
    def case_id(self) -> str:
        """The id that the hub gives the case."""
        return f"citymgmt:{self._task}"

    def report(self, at_ms: int) -> Draft:
        """The case itself."""
        random, place, task = self._random, self._place, self._task
        kind, text = random.choices([(entry[0], entry[2]) for entry in CITYMGMT], [e[1] for e in CITYMGMT])[0]
        info_type, big, big_name, small, small_name = kind
        fields: dict[str, Any] = {
            "TASKID": task,
            "INFOSOURCE": self._info_source,
            "INFOTYPE": info_type,
            "BIGCLASS": big,
            "BIGCLASSNAME": big_name,
            "SMALLCLASS": small,
            "SMALLCLASSNAME": small_name,
            "GRIDCODE": place.grid,
            "STREETCODE": place.street,
            "COMMUNITYCODE": place.community,
            "DISCOVERTIME": slashed_time(at_ms),
            **_coordinates(random, place),
            "ADDRESS": f"{place.address}门前",
            "DESCRIPTION": wording(text, place.estate, random.randrange(1, 20)),
            "URGENTDEGREE": random.choices("123", (88, 10, 2))[0],
            "REPORTER": f"监督员{random.randrange(1, 200):03d}",
            "REPORTERPHONE": person(random).mobile,
            "PHOTO": [("near", f"https://files.example.invalid/cg/{task}-n.jpg")] if random.random() < 0.7 else [],
        }
        return Draft("citymgmt", "case", self.case_id, fields, at_ms, "DESCRIPTION")

    def plan(self, at_ms: int) -> list[Planned]:
        """How far the case goes through the city's own steps."""
        random = self._random
        planned: list[Planned] = []
        for state, opinion, chance, (least, most) in _STEPS:
            if random.random() > chance:
                break
            at_ms = later(random, at_ms, least, most)
            planned.append(Planned(at_ms, partial(self.change, state=state, opinion=opinion)))
        if not planned and random.random() < _VOIDED_SHARE:
            state, opinion = _VOIDED
            void = partial(self.change, state=state, opinion=opinion)
            planned.append(Planned(later(random, at_ms, 10, 60), void))
        return planned

    def change(self, at_ms: int, state: str = "结案", opinion: str = "核查属实，结案。") -> Draft:
        """A step; without more the last one, with which the city closes a case itself."""
        self._changes += 1
        fields = {
            "TASKID": self._task,
            "CHANGENO": str(self._changes),
            "STATE": state,
            "CHANGETIME": slashed_time(at_ms),
            "DEPTCODE": self._random.choice(("SZCG-01", "LS-HW", "JH-SZ", "TF-CG")),
            "OPERATOR": f"派遣员{self._random.randrange(1, 20):02d}",
            "OPINION": opinion,
        }
        return Draft("citymgmt", "state_change", self.case_id, fields, at_ms, "OPINION")


def _coordinates(random: Random, place: Place) -> dict[str, str]:
    if place.lon is None or random.random() < 0.03:
        return {}
    if random.random() < 0.02:
        return {"COORDX": f"{41_500_000 + random.random() * 50_000:.2f}", "COORDY": "5242017.80", "CRS": "LOCAL"}
    return {"COORDX": f"{place.lon:.6f}", "COORDY": f"{place.lat:.6f}", "CRS": "CGCS2000"}


def element(draft: Draft) -> str:
    """A record as XML."""
    name = "Case" if draft.form == "case" else "StateChange"
    lines = [f"  <{name}>"]
    for tag, value in draft.fields.items():
        if tag == "PHOTO":
            lines += [f"    <PHOTO KIND={quoteattr(kind)} URI={quoteattr(uri)}/>" for kind, uri in value]
        else:
            lines.append(f"    <{tag}>{escape(value)}</{tag}>")
    lines.append(f"  </{name}>")
    return "\n".join(lines)


def batch(drafts: list[Draft], batch_number: str, at_ms: int) -> bytes:
    """Records as one CaseList, encoded as it declares."""
    head = (
        '<?xml version="1.0" encoding="GB18030"?>\n'
        f'<CaseList batchNo="{batch_number}" sendTime="{slashed_time(at_ms)}">'
    )
    return "\n".join([head, *map(element, drafts), "</CaseList>\n"]).encode("gb18030")
