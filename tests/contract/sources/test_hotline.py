"""The conformance kit on the source hotline."""

from connectors.sources.conformance import conformance
from connectors.sources.hotline import HOTLINE

test_hotline = conformance(HOTLINE, corpus="hotline")
