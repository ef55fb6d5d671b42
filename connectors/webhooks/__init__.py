"""Webhooks: dispatches and outcomes for departments without Kafka. For users: docs/webhooks.md"""

from connectors.webhooks.messages import Maker
from connectors.webhooks.sender import Sender
from connectors.webhooks.settings import Target, Webhooks, read_webhooks

__all__ = ["Maker", "Sender", "Target", "Webhooks", "read_webhooks"]
