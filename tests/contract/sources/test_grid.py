"""The conformance kit on the source grid."""

from connectors.sources.conformance import conformance
from connectors.sources.grid import GRID

test_grid = conformance(GRID, corpus="grid")
