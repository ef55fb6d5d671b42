"""The conformance kit on the source citymgmt."""

from connectors.sources.citymgmt import CITYMGMT
from connectors.sources.conformance import conformance

test_citymgmt = conformance(CITYMGMT, corpus="citymgmt")
