"""`hub notices`: messages to people: what waits, what is parked, and what to do about it."""

from hub.cli.outboxes import commands
from hub.edges import Edge

app = commands(Edge.NOTICES, "channel")
