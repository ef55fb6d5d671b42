"""What citizens say about a case after its report: it joins what is known and takes nothing away."""

from typing import Final

from hub.domain.case import CaseState
from hub.domain.event import CaseEvent, Location, Urgency

_URGENCIES: Final[tuple[Urgency, ...]] = ("NORMAL", "URGENT", "CRITICAL")


def add_words(case: CaseState, event: CaseEvent) -> None:
    """What citizens said joins the case, so that a later unit reads all of it; gaps of the report are filled."""
    if event["text"]:
        case["text"] = f"{case['text']}\n{event['text']}" if case["text"] else event["text"]
    if event["attachments"]:
        case["attachments"] = [*case["attachments"], *event["attachments"]]
    if event["category"] is not None and case["category"] is None:
        case["category"] = event["category"]
    if event["location"] is not None:
        case["location"] = _filled(case["location"], event["location"])
    case["urgency"] = _more_urgent(case["urgency"], event["urgency"])
    add_reporter(case, event)


def add_reporter(case: CaseState, event: CaseEvent) -> None:
    """Another caller joins; once one word was secret, the case is."""
    token = event["reporter"]["token"]
    if token is not None and token not in case["reporters"]:
        case["reporters"] = [*case["reporters"], token]
    case["secret"] = case["secret"] or event["reporter"]["secret"]


def _more_urgent(known: Urgency | None, said: Urgency | None) -> Urgency | None:
    """The higher of the two; a word without an urgency, or with one this program does not know, lowers nothing."""
    if said not in _URGENCIES or (known in _URGENCIES and _URGENCIES.index(known) >= _URGENCIES.index(said)):
        return known
    return said


def _filled(known: Location | None, more: Location) -> Location:
    """The known place with its gaps filled, unless the other report speaks of another place."""
    if known is None:
        return more
    if known["division"] is not None and more["division"] not in (None, known["division"]):
        return known
    return {**known, **{name: value for name, value in more.items() if known.get(name) is None}}  # type: ignore[typeddict-item]
