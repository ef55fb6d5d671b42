"""The conformance kit on the source endpoint."""

from connectors.sources.conformance import conformance
from connectors.sources.endpoint import ENDPOINT

test_endpoint = conformance(ENDPOINT, corpus="endpoint")
