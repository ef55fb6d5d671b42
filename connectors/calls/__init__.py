"""HTTP requests to addresses that settings name: checked, pinned, bounded."""

from connectors.calls.addresses import Network, is_permitted
from connectors.calls.caller import Answer, Caller, CallFailed, Forbidden

__all__ = ["Answer", "CallFailed", "Caller", "Forbidden", "Network", "is_permitted"]
