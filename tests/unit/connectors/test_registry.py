"""A new folder is enough to make a new source known."""

import sys

from connectors.sources import SOURCES
from connectors.sources.registry import discover

DECLARATION = """
from hub.domain.source import Guarantees, Source
PARKING = Source("parking", ("application/json",), Guarantees("per case", "same source event id"), None, None)
"""


def test_the_five_sources_are_found():
    """Each under the name it declares."""
    assert {name for name, source in SOURCES.items() if source.name == name} >= {
        "hotline",
        "citymgmt",
        "grid",
        "endpoint",
        "desk",
    }


def test_a_folder_is_enough(tmp_path, monkeypatch):
    """Modules and folders without a declaration are passed over."""
    package = tmp_path / "some_sources"
    for folder, text in (("", ""), ("parking", DECLARATION), ("nothing", "")):
        (package / folder).mkdir(exist_ok=True)
        (package / folder / "__init__.py").write_text(text, encoding="utf-8")
    (package / "values.py").write_text("", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    assert list(discover("some_sources", [str(package)])) == ["parking"]
    for name in [name for name in sys.modules if name.startswith("some_sources")]:
        del sys.modules[name]
