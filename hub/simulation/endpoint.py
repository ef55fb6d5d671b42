"""Feedback of staff endpoints in their native format."""

from typing import Any

from hub.domain.case import Party
from hub.simulation.draft import Draft, zoned_time


class Terminal:
    """Writes the feedback of the endpoints that have one case; its messages are numbered through."""

    def __init__(self, case_id: str) -> None:
        self._case_id = case_id
        self._said = 0

    def says(self, party: Party, action: str, at_ms: int, **more: Any) -> Draft:
        """One message of the endpoint that has the dispatch."""
        self._said += 1
        fields = {
            "feedbackId": f"FB-{number_of(self._case_id)}-{self._said}",
            "dispatchId": party["dispatch_id"],
            "caseId": self._case_id,
            "endpointId": party["endpoint_id"],
            "action": action,
            "at": zoned_time(at_ms),
            **more,
        }
        text_field = next((field for field in ("reason", "note") if field in more), None)
        return Draft("endpoint", "json", self._case_id, fields, at_ms, text_field)

    def evidence(self) -> list[str]:
        """A picture of the finished work."""
        return [f"https://files.example.invalid/ep/{number_of(self._case_id)}-{self._said}.jpg"]


def number_of(case_id: str) -> str:
    """The case's number in its own system."""
    return case_id.partition(":")[2]
