"""The topics of the hub: the one catalogue, and making a cluster agree with it."""

from hub.topics.apply import Report, apply, drift
from hub.topics.catalogue import Catalogue, Topic, catalogue, read

__all__ = ["Catalogue", "Report", "Topic", "apply", "catalogue", "drift", "read"]
