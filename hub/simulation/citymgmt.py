"""Records of digital city management: cases, their state changes, and the XML batch around them."""

from random import Random
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from hub.simulation.draft import Draft, later, slashed_time
from hub.simulation.people import person
from hub.simulation.places import Place
from hub.simulation.subjects import CITYMGMT, wording

_STEPS = (
    ("立案", "予以立案。", 0.92, (8, 40)),
    ("派遣", "派责任单位处置，时限4工作时。", 0.9, (5, 30)),
    ("处置", "已到场处置。", 0.6, (40, 300)),
    ("核查", "核查属实。", 0.8, (20, 90)),
    ("结案", "结案。", 0.9, (5, 60)),
)


def city_case(random: Random, number: str, at_ms: int, place: Place, info_source: str) -> list[Draft]:
    """A case found on the street and how it goes through the city's own steps."""
    kind, text = random.choices([(entry[0], entry[2]) for entry in CITYMGMT], [e[1] for e in CITYMGMT])[0]
    info_type, big, big_name, small, small_name = kind
    task = f"CG{place.division}{number}"
    fields: dict[str, Any] = {
        "TASKID": task,
        "INFOSOURCE": info_source,
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
    drafts = [Draft("citymgmt", "case", f"citymgmt:{task}", fields, at_ms, "DESCRIPTION")]
    for change, (state, opinion, chance, (least, most)) in enumerate(_STEPS, start=1):
        if random.random() > chance:
            break
        at_ms = later(random, at_ms, least, most)
        drafts.append(_state_change(random, task, change, at_ms, state, opinion))
    return drafts


def _state_change(random: Random, task: str, change: int, at_ms: int, state: str, opinion: str) -> Draft:
    fields = {
        "TASKID": task,
        "CHANGENO": str(change),
        "STATE": state,
        "CHANGETIME": slashed_time(at_ms),
        "DEPTCODE": random.choice(("SZCG-01", "LS-HW", "JH-SZ", "TF-CG")),
        "OPERATOR": f"派遣员{random.randrange(1, 20):02d}",
        "OPINION": opinion,
    }
    return Draft("citymgmt", "state_change", f"citymgmt:{task}", fields, at_ms, "OPINION")


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
