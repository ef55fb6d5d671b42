"""What leaves the hub: kept in a file of the edge until it is delivered. Steps and crashes: docs/outbox.md."""

from connectors.outbox.backoff import Backoff
from connectors.outbox.deliverer import Deliverer, Limits
from connectors.outbox.metrics import OutboxMetrics
from connectors.outbox.model import Delivered, Failed, Halted, Kept, Outcome, Outgoing, Parked, State
from connectors.outbox.ordered_feed import OrderedFeed
from connectors.outbox.receipts import Receipt, Receipts
from connectors.outbox.store import Outbox

__all__ = [
    "Backoff",
    "Delivered",
    "Deliverer",
    "Failed",
    "Halted",
    "Kept",
    "Limits",
    "OrderedFeed",
    "Outbox",
    "OutboxMetrics",
    "Outcome",
    "Outgoing",
    "Parked",
    "Receipt",
    "Receipts",
    "State",
]
