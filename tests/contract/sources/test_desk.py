"""The conformance kit on the source desk."""

from pathlib import Path

from connectors.sources.conformance import conformance
from connectors.sources.desk import DESK

# Beside the samples, which are a copy of the legacy sources' contract.
test_desk = conformance(DESK, corpus="desk", root=Path(__file__).resolve().parents[2] / "data")
