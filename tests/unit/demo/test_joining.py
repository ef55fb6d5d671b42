"""The transports of the demo: the city's settings with its own ways in, and nothing half set up."""

from pathlib import Path

import pytest

from connectors.secrets import resolve
from connectors.source_settings import read_sources
from connectors.standard_webhooks import read_secret
from hub.demo.joining import join
from hub.domain.errors import Misconfigured
from hub.edges import Edge
from hub.edges.setup import wanted
from hub.settings import load


@pytest.fixture
def settings(tmp_path: Path):
    return load(data_dir=tmp_path / "data")


def test_the_demo_gets_transports_beside_what_the_city_has_set(settings):
    """Four sources post, two put files; what else the city says of them stands."""
    joined = join(settings)

    sources, city = read_sources(joined.settings.sources_path), read_sources(settings.sources_path)
    assert {name for name, one in sources.items() if one.intake is not None} >= {
        "hotline",
        "grid",
        "endpoint",
        "desk",
    }
    assert {name for name, one in sources.items() if one.drop is not None} == {"citymgmt", "grid"}
    assert all(sources[name].silence_minutes == one.silence_minutes for name, one in city.items())
    assert {Edge.HTTP, Edge.DROPS} <= set(wanted(joined.settings))


def test_its_secrets_are_those_that_intake_will_read_and_stay_for_the_next_demo(settings):
    """A file each, made once, beside the city's own."""
    joined = join(settings)

    sources = read_sources(joined.settings.sources_path)
    for name, secret in joined.secrets.items():
        intake = sources[name].intake
        assert intake is not None
        assert [read_secret(resolve(one, settings.data_dir)) for one in intake.secrets] == [secret]
    assert join(settings).secrets == joined.secrets
    assert not (settings.data_dir / "secrets").exists()


@pytest.mark.parametrize("edges", [(), ("http",), ("drops", "notices")])
def test_without_the_edges_that_carry_it_the_demo_says_so(tmp_path, edges):
    """Before anything starts, with the way past them."""
    with pytest.raises(Misconfigured, match="--direct"):
        join(load(data_dir=tmp_path, edges=edges))
