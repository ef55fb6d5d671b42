"""Chooses the simulated endpoints that act through the gateway, and which of their actions can. Pure."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from hub.simulation import Message

MOST_ENDPOINTS = 200


@dataclass(slots=True, frozen=True)
class Staffing:
    """Endpoints at a terminal, those with the most to do first; the feedback ids of the actions they take there."""

    endpoints: tuple[str, ...]
    actions: frozenset[str]


def staffing(messages: Iterable[Message], most: int = MOST_ENDPOINTS) -> Staffing:
    """The busiest endpoints, and their actions.

    An action that the simulation corrects later, or sends to Kafka past everything, has no place at the gateway,
    where a key stands for one wording: all messages of such a one stay together on their way.
    """
    owner: dict[str, str] = {}
    elsewhere: set[str] = set()
    for message in messages:
        if message.source != "endpoint" or "bad" in message.tags:
            continue
        fields = json.loads(message.payload)
        owner[fields["feedbackId"]] = fields["endpointId"]
        if message.goes_raw or "revision" in message.tags:
            elsewhere.add(fields["feedbackId"])
    busy = Counter(endpoint for action, endpoint in owner.items() if action not in elsewhere)
    chosen = sorted(busy, key=lambda endpoint: (-busy[endpoint], endpoint))[:most]
    theirs = set(chosen)
    actions = (action for action, endpoint in owner.items() if endpoint in theirs and action not in elsewhere)
    return Staffing(tuple(chosen), frozenset(actions))
