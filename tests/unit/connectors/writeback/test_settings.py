"""The section `writeback` of sources.yaml: one way out, known statuses, a format that the source has."""

import re
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.sources import SOURCES
from connectors.writeback.encoders import encoder_of, encoders_of, problems
from connectors.writeback.settings import WritebackSettings

URL = {"url": "https://12345.example.invalid/hub", "statuses": {"DONE": "已办结"}}


@pytest.mark.parametrize(
    ("section", "says"),
    [
        ({"statuses": {"DONE": "x"}}, "exactly one of url, folder and kafka is needed, here none"),
        (URL | {"folder": "out"}, "here url and folder"),
        (URL | {"statuses": {}}, "statuses"),
        (URL | {"statuses": {"FINISHED": "x"}}, "statuses.FINISHED"),
        (URL | {"ignored": ["DONE"]}, "DONE in statuses and in ignored"),
        (URL | {"url": "ftp://x"}, "url"),
        (URL | {"secret": "whsec_abc"}, "secret"),
        ({"folder": "out", "statuses": {"DONE": "x"}, "token": "env:T"}, "token is for a url"),
        (URL | {"retries": 3}, "retries"),
    ],
)
def test_a_section_that_cannot_be_meant_is_refused(section: dict[str, Any], says: str) -> None:
    """With the place or the way out."""
    with pytest.raises(ValidationError) as found:
        WritebackSettings.model_validate(section)
    assert any(
        re.search(re.escape(says), f"{'.'.join(map(str, one['loc']))}: {one['msg']}")
        for one in found.value.errors()
    )


def test_what_is_neither_mapped_nor_left_out_on_purpose_is_known() -> None:
    """It is shown to the operator before the first such status comes."""
    settings = WritebackSettings.model_validate(URL | {"ignored": ["SIGNED"]})

    assert "RETURNED" in settings.unmapped
    assert not {"DONE", "SIGNED"} & set(settings.unmapped)


def test_each_source_that_reports_cases_has_a_format_and_the_others_none() -> None:
    """Endpoints and the command centre have no cases of their own."""
    assert {name: list(encoders_of(name)) for name in SOURCES} == {
        "hotline": ["json"],
        "citymgmt": ["xml"],
        "grid": ["json", "csv"],
        "endpoint": [],
        "desk": [],
    }


def test_a_format_that_the_source_has_not_is_a_problem() -> None:
    """Told with what there is."""
    settings = WritebackSettings.model_validate(URL | {"format": "csv"})

    assert problems({"grid": settings}) == []
    assert problems({"hotline": settings, "desk": settings}) == [
        "sources.hotline.writeback.format: csv is not one of json",
        "sources.desk.writeback: desk has no format to write back in; remove the section",
    ]
    assert encoder_of("grid", settings) is encoders_of("grid")["csv"]
