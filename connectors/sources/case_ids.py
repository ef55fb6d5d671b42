"""Reads the id of a case of the hub, as a message about another source's case carries it."""

CASE_SOURCES = frozenset({"hotline", "citymgmt", "grid"})
EXPECTED = "hotline:…, citymgmt:… or grid:…"


def source_case_id(case_id: str | None) -> str | None:
    """The part after the first colon, None where the whole is not a case id."""
    source, _, rest = (case_id or "").partition(":")
    return rest if rest and source in CASE_SOURCES else None
