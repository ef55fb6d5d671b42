"""Kills processes while they work, and proves from outside that nothing was lost, doubled or reordered."""

from hub.chaos.checker import Stage, check
from hub.chaos.findings import KINDS, Findings

__all__ = ["KINDS", "Findings", "Stage", "check"]
