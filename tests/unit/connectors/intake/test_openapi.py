"""The OpenAPI document of the HTTP edge."""

import json
from pathlib import Path

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from typer.testing import CliRunner

from connectors.source_settings import read_sources
from hub.cli import build
from hub.edges.http import document
from hub.settings import load


@pytest.fixture(scope="module")
def made() -> dict:
    """The document of the default city."""
    settings = load()
    return document(settings, read_sources(settings.sources_path))


def test_the_document_is_valid(made):
    """By the reference validator of OpenAPI 3.1."""
    assert made["openapi"].startswith("3.1")
    assert list(OpenAPIV31SpecValidator(made).iter_errors()) == []


def test_it_says_what_a_source_needs_to_know(made):
    """Content types, the three headers, every answer; errors in one form, waits in a header."""
    operation = made["paths"]["/v1/sources/{source}/events"]["post"]

    assert set(operation["requestBody"]["content"]) == {
        "application/json",
        "application/xml",
        "text/csv",
        "text/xml",
    }
    required = {one["name"] for one in operation["parameters"] if one["required"]}
    assert required == {"source", "webhook-id", "webhook-timestamp", "webhook-signature"}
    assert set(operation["responses"]) == {"202", "400", "401", "404", "408", "413", "415", "429", "503"}
    for status, response in operation["responses"].items():
        assert status == "202" or list(response["content"]) == ["application/problem+json"]
        assert ("Retry-After" in response.get("headers", {})) == (status in ("429", "503"))


def test_no_route_answers_in_the_frameworks_own_form(made):
    """Invalid input is a problem with 400 everywhere."""
    assert "HTTPValidationError" not in json.dumps(made)
    assert not [
        path for path, one in made["paths"].items() for method in one.values() if "422" in method["responses"]
    ]


def test_the_command_writes_it(made, tmp_path: Path):
    """`hub openapi` prints it, `--into` writes it; both need no Kafka."""
    run = CliRunner().invoke(build("openapi"), ["openapi"])
    into = CliRunner().invoke(build("openapi"), ["openapi", "--into", str(tmp_path / "openapi.json")])

    assert (run.exit_code, into.exit_code) == (0, 0)
    assert json.loads(run.stdout) == made == json.loads((tmp_path / "openapi.json").read_text("utf-8"))
