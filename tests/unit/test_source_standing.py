"""What the counts of unify say of a source."""

from hub.source_standing import quality_of


def test_what_came_is_what_became_of_it() -> None:
    """A batch sent back counts by its records; every reason, mark and word is there, of this source alone."""
    tallies = {
        "received.raw.grid": 12,
        "resplit.grid": 1,
        "resplit_records.grid": 5,
        "accepted.grid": 6,
        "duplicate.grid": 2,
        "ignored.grid.小广告": 1,
        "dead.raw.grid.bad_time": 2,
        "flag.grid.category_unknown": 3,
        "flag.hotline.channel_unknown": 9,
        "dead.raw.hotline.bad_time": 9,
    }
    found = quality_of("grid", "raw.grid", tallies)

    counts = found["counts"]
    assert counts == {"received": 11, "accepted": 6, "duplicate": 2, "ignored": 1, "rejected": 2}
    assert counts["received"] == sum(counts[name] for name in ("accepted", "duplicate", "ignored", "rejected"))
    assert found["errors"] == {"rejected": 2, "received": 11, "share": 0.1818}
    assert found["rejections"] == {"bad_time": 2}
    assert found["flags"] == {"category_unknown": 3}
    assert found["ignored"] == {"小广告": 1}


def test_nothing_received_is_no_share() -> None:
    """Not an error share of nought."""
    assert quality_of("grid", "raw.grid", {})["errors"]["share"] is None
