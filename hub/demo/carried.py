"""What the demo's transports carried, and how it was answered."""

import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Carried:
    """By transport and source: how much was sent, and how often each answer came; several threads may count."""

    sent: Counter[tuple[str, str]] = field(default_factory=Counter)
    answers: dict[tuple[str, str], Counter[str]] = field(default_factory=dict)
    streams: int = 0
    dispatches: int = 0
    actions: Counter[str] = field(default_factory=Counter)
    refused_actions: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    def hand_over(self, transport: str, source: str) -> None:
        """One more request or file."""
        with self._lock:
            self.sent[transport, source] += 1

    def answer(self, transport: str, source: str, answer: str) -> None:
        """One more answer."""
        with self._lock:
            self.answers.setdefault((transport, source), Counter())[answer] += 1

    def stream(self, opened: int) -> None:
        """So many streams are open."""
        with self._lock:
            self.streams = max(self.streams, opened)

    def dispatch(self) -> None:
        """One more event of a stream."""
        with self._lock:
            self.dispatches += 1

    def action(self, outcome: str, reason: str = "") -> None:
        """One more action, and what became of it; a refused one has a reason."""
        with self._lock:
            self.actions[outcome] += 1
            if reason:
                self.refused_actions[reason] += 1

    def as_data(self) -> dict[str, Any]:
        """For `--json`."""
        with self._lock:
            return {
                "sent": [
                    {
                        "transport": transport,
                        "source": source,
                        "sent": sent,
                        "answers": dict(self.answers.get((transport, source), {})),
                    }
                    for (transport, source), sent in sorted(self.sent.items())
                ],
                "gateway": {
                    "streams": self.streams,
                    "dispatches": self.dispatches,
                    "actions": dict(self.actions),
                    "refused": dict(self.refused_actions),
                },
            }
