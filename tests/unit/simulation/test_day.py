"""A simulated day is reproducible, has the city's mix, and knows what the hub must make of it."""

import json
import re
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest

from hub.simulation import Message, expected_of, simulate
from hub.simulation.day import MIX

DAY = date(2026, 11, 10)
_PHONE = re.compile(
    r"(?<![0-9a-f])1[3-9][0-9][ -]?[0-9]{4}[ -]?[0-9]{4}(?![0-9a-f])|(?<![0-9])0[34][0-9]{2}-[0-9]{7,8}"
)


def _text(message: Message) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return message.payload.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise AssertionError("a payload in neither encoding")


def _share(part: int, whole: int) -> float:
    return part / whole


def test_the_same_seed_gives_the_same_bytes(city, day):
    """A run can be repeated, and its expectation recomputed, from four arguments."""
    assert list(simulate(5000, 7, DAY, city)) == day


def test_another_seed_gives_other_cases(city, day):
    """Two simulated days do not share a case id, so that they can run through one hub."""
    other = list(simulate(200, 8, DAY, city))
    ids = re.compile(r"\b(?:HL|CG|WG|QR|WX|XJ|DY)[0-9]{15,}")

    first = {found for message in day for found in ids.findall(_text(message))}
    second = {found for message in other for found in ids.findall(_text(message))}

    assert second
    assert not first & second


def test_messages_come_in_the_order_of_sending_and_within_a_day(day):
    """The day begins at local midnight; late resends may run a little past its end."""
    instants = [message.at_ms for message in day]
    start_ms = int(datetime(2026, 11, 9, 16, tzinfo=UTC).timestamp() * 1000)

    assert instants == sorted(instants)
    assert start_ms <= instants[0]
    assert instants[-1] < start_ms + timedelta(hours=26) // timedelta(milliseconds=1)


def test_the_mix_is_the_citys(day):
    """Phone 60 %, supervisors and patrols 32 %, WeChat 4.5 %, the rest by other ways."""
    channels: Counter[str] = Counter()
    for message in day:
        if "bad" in message.tags and message.records == 1:
            continue
        if message.source == "hotline":
            fields = json.loads(message.payload)
            if fields["eventType"] == "create" and not {"resend", "revision"} & set(message.tags):
                channels[fields["sourceType"]] += 1
        elif message.source == "grid" and message.content_type == "application/json":
            channels[json.loads(message.payload)["channel"]] += 1
        elif message.source == "grid":
            channels["row"] += message.records
        elif message.source == "citymgmt":
            channels.update(re.findall("<INFOSOURCE>([0-9]+)<", _text(message)))
    total = channels.total()

    assert _share(channels["电话"], total) == pytest.approx(0.60, abs=0.03)
    inspected = sum(channels[name] for name in ("1", "36", "row", "patrol"))
    assert _share(inspected, total) == pytest.approx(0.32, abs=0.03)
    assert _share(sum(channels[name] for name in ("微信", "61", "wechat")), total) == pytest.approx(
        0.045, abs=0.015
    )
    assert sum(MIX.values()) == 1000


def test_resends_revisions_disorder_and_bad_records_have_their_shares(day):
    """3 % exact resends, 1 % revisions, 1 % of cases out of order, 0.5 % bad."""
    expected = expected_of(day)
    total = expected.published

    assert _share(expected.verdicts["duplicate"], total) == pytest.approx(0.03, abs=0.006)
    assert _share(expected.verdicts["dead"], total) == pytest.approx(0.005, abs=0.002)
    assert 40 <= expected.tags["revision"] <= 180
    assert 40 <= expected.tags["disorder"] <= 180
    assert expected.tags["raw_batch"] > 5
    assert expected.tags["wrong_key"] > 5


def test_every_record_has_one_verdict(day):
    """accepted + duplicate + dead = published, by source as well; each dead one has its reason."""
    expected = expected_of(day)

    assert expected.published == sum(message.records for message in day)
    assert expected.published == sum(by_source.total() for by_source in expected.by_source.values())
    assert expected.reasons.total() == expected.verdicts["dead"]
    assert all(len(message.reasons) == message.expected.count("dead") for message in day)


def test_the_beginning_of_a_day_has_a_right_expectation(day):
    """A resend never stands before what it repeats, so a day may be cut anywhere."""
    seen: set[bytes] = set()
    for message in day:
        if message.source == "endpoint" and message.content_type == "application/json":
            fields = (
                json.dumps(json.loads(message.payload), sort_keys=True).encode() if message.reasons == () else b""
            )
            if message.expected == ("duplicate",):
                assert fields in seen
            seen.add(fields)


def test_all_five_sources_and_both_encodings_of_drops_occur(day):
    """Every way into the hub is used on a simulated day."""
    assert {message.source for message in day} == {"hotline", "citymgmt", "grid", "endpoint", "desk"}
    drops = [message.payload for message in day if message.content_type == "text/csv"]
    assert any(payload.startswith(b"\xef\xbb\xbf") for payload in drops)
    assert any(not payload.startswith(b"\xef\xbb\xbf") for payload in drops)


def test_one_hour_is_a_storm(day):
    """A heating failure on a November evening or morning: many cases of one kind within an hour."""
    creates = Counter(
        message.at_ms // 3_600_000
        for message in day
        if message.source == "hotline" and b'"create"' in message.payload and "040201" in _text(message)
    )
    (_, most), (_, next_most) = creates.most_common(2)

    assert most > 4 * next_most


def test_every_number_is_invented(day):
    """Mobile numbers are 1300000xxxx, landlines 0452-00000xx, in whatever spelling."""
    narrow = {code: code - 0xFEE0 for code in range(0xFF10, 0xFF1A)}
    for message in day:
        for found in _PHONE.findall(_text(message).translate(narrow)):
            digits = re.sub("[^0-9]", "", found)
            assert digits.startswith(("1300000", "045200000"))
