"""samples/README §2.1-2.5: values, codes, unknown fields, names, times."""

import json

import pytest

CREATE = json.dumps(
    {"eventType": "create", "eventSeq": 1, "eventTime": "2026-11-10 07:42:18", "majorContent": "冷"},
    ensure_ascii=False,
)


def _with(text):
    return (CREATE[:-1] + "," + text + "}").encode()


@pytest.mark.parametrize("number", ["1e5", "-0", "1.50", "0", "12345678901234567890123456789", "-1.0E+2", "1" * 30])
def test_a_number_as_text_keeps_its_digits(raw, number):
    """An id sent as a number is the digits as written, however long or unusual."""
    ((_, event),) = raw("hotline", _with(f'"orderId":{number}'), "application/json")
    assert event["source_case_id"] == number
    assert event["source_event_id"] == f"{number}/1"


def test_a_boolean_as_text_is_its_word(raw):
    """true and false where text is expected are taken as words."""
    ((_, event),) = raw("hotline", _with('"orderId":true,"title":false'), "application/json")
    assert (event["source_case_id"], event["title"]) == ("true", "false")


@pytest.mark.parametrize("value", [{}, [], ["x"], {"a": 1}])
@pytest.mark.parametrize("field", ["title", "callerSex", "visitor", "visitNum"])
def test_an_object_or_array_as_text_is_wrong_type(hotline, field, value):
    """Even in fields that are not carried or belong to another kind of event."""
    assert hotline(**{field: value}) == "wrong_type"


@pytest.mark.parametrize("nothing", ["", "  ", None, "\ufeff", "\u3000\u00a0", "\r\n"])
def test_nothing_is_not_given(hotline, nothing):
    """Empty, blank, null and a lone byte order mark are all: not given."""
    assert hotline(orderId=nothing) == "missing_field"
    assert hotline(title=nothing)["title"] is None
    assert "order_num" not in hotline(orderNum=nothing)["attributes"]


def test_null_as_a_word_is_text(hotline):
    """The words NULL and None are ordinary text."""
    event = hotline(title="NULL", orderNum="None")
    assert (event["title"], event["attributes"]["order_num"]) == ("NULL", "None")


def test_byte_order_marks_go_and_line_ends_become_lf(hotline):
    """U+FEFF is removed wherever it stands; CRLF and CR become LF; both ends are trimmed."""
    event = hotline(majorContent="\u3000甲\ufeff乙\r\n丙\r丁\n戊 \u2003", orderId="\ufeffHL\ufeff9")
    assert event["text"] == "甲乙\n丙\n丁\n戊"
    assert event["source_case_id"] == "HL9"


def test_codes_are_read_in_ascii(hotline):
    """Full-width characters, wide spaces and dashes in codes are ASCII; texts and names stay."""
    event = hotline(
        orderId="ＨＬ—１",
        eventSeq="１２",
        eventTime="２０２６－１１－１０　０７：４２：１８",
        eventType="ＣＲＥＡＴＥ",
        sourceType="ａｐｐ",
        orderNum="Ａ\u2212１\u2010２",
        title="Ａ１",
        addressIds="2302／２３０２０２",
    )
    assert event["source_event_id"] == "HL-1/12"
    assert event["occurred_at"] == 1794267738000
    assert event["channel"] == "app"
    assert event["attributes"]["native_channel"] == "app"
    assert event["attributes"]["order_num"] == "A-1-2"
    assert event["title"] == "Ａ１"
    assert event["location"]["division"] == "230202"


@pytest.mark.parametrize("number", ["0", "01", "-1", "+1", "1.0", "1e2", "1234567890", "一", "true", "1 2"])
def test_integers_outside_their_range_are_bad_values(hotline, case, change, number):
    """1 or more, at most 9 digits, without leading zeros."""
    assert hotline(eventSeq=number) == "bad_value"
    assert hotline(handleDays=number) == "bad_value"
    assert change(CHANGENO=number) == "bad_value"


@pytest.mark.parametrize("number", ["1", "999999999", 7])
def test_integers_in_their_range_are_kept(hotline, number):
    """The bounds themselves are fine, as text or as number."""
    assert hotline(handleDays=number)["attributes"]["handle_days"] == str(number)


def test_unknown_fields_are_ignored_whatever_they_hold(hotline, push, feedback, case):
    """They may hold personal data: nothing of them is carried, and their type does not matter."""
    for one in (hotline, push, feedback):
        event = one(newField={"a": ["13000001999", "\x07"]}, other=[1])
        assert "13000001999" not in repr(event)
        assert event["event_id"] == one()["event_id"]
    event = case("<EXTRA>13000001999</EXTRA><DEEP><A>1</A><A>2</A></DEEP>")
    assert event["event_id"] == case()["event_id"]


def test_names_sex_and_open_id_are_never_carried(hotline, push, case, change):
    """Names of callers and staff stay outside the unified topic."""
    events = [
        hotline(callerName="游听澜", callerSex="女", visitor="回访游听澜"),
        push(reporterName="游听澜", openId="oFAKE1", anonymous=False),
        case(REPORTER="游听澜"),
        change(OPERATOR="游听澜", DEPTNAME="游听澜科"),
    ]
    assert not any(word in repr(events) for word in ("游听澜", "女", "oFAKE1"))


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-11-10 07:42:18", 1794267738000),
        ("2026/11/10 7:42:18", 1794267738000),
        ("2026-1-2   3:04:05", 1767294245000),
        ("2024-02-29 00:00:00", 1709136000000),
        ("1969-12-31 08:00:00", -86400000),
    ],
)
def test_local_time_is_utc_plus_8(hotline, text, instant):
    """Both separators, one or two digits, one or more spaces."""
    event = hotline(eventTime=text)
    assert event["occurred_at"] == instant
    assert "quality" not in event["attributes"]


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-31 00:00:00",
        "2026-02-29 00:00:00",
        "2026-13-01 00:00:00",
        "2026-00-01 00:00:00",
        "2026-11-10 24:00:00",
        "2026-11-10 23:60:00",
        "2026-11-10 23:59:60",
        "2026-11/10 07:42:18",
        "2026-11-10T07:42:18",
        "2026-11-10",
        "2026-11-10 7:4:18",
        "26-11-10 07:42:18",
        "2026-11-10 07:42:18.5",
        "2026-11-10 07:42:18Z",
        "2026-11-1007:42:18",
        "0000-01-01 00:00:00",
        "2026年11月10日 07:42",
        20261110074218,
        True,
    ],
)
def test_other_local_times_are_bad_times(hotline, case, push, text):
    """Dates that do not exist, hour 24 and other spellings."""
    assert hotline(eventTime=text) == "bad_time"
    assert hotline(callTime=text) == "bad_time"
    assert push(reportTime=text) == "bad_time"
    assert case(DISCOVERTIME=str(text)) == "bad_time"


def test_a_time_without_seconds_is_flagged_for_the_event_only(hotline):
    """Second 0, flagged; not for callTime."""
    event = hotline(eventTime="2026-11-10 07:42", callTime="2026-11-10 07:36")
    assert event["occurred_at"] == 1794267720000
    assert event["attributes"]["quality"] == "time_no_seconds"
    assert "quality" not in hotline(callTime="2026-11-10 07:36")["attributes"]


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-11-10T08:31:05+08:00", 1794270665000),
        ("2026-11-10T00:31:05Z", 1794270665000),
        ("2026-11-09T10:31:05.9999-14:00", 1794270665999),
        ("2026-11-10T14:31:05.1+14:00", 1794270665100),
        ("2026-11-10T06:01:05.01+05:30", 1794270665010),
        ("２０２６－１１－１０Ｔ００：３１：０５Ｚ", 1794270665000),
        ("2026-11-10T08:31:05−00:00", 1794270665000 + 8 * 3600 * 1000),
    ],
)
def test_endpoint_time_has_a_zone(feedback, text, instant):
    """ISO 8601; fractions are cut to milliseconds."""
    assert feedback(at=text)["occurred_at"] == instant


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-10T08:31:05",
        "2026-11-10 08:31:05Z",
        "2026-11-10T08:31Z",
        "2026-11-10T8:31:05Z",
        "2026-11-10T08:31:05+14:01",
        "2026-11-10T08:31:05+08:60",
        "2026-11-10T08:31:05+15:00",
        "2026-11-10T08:31:05+0800",
        "2026-11-10T08:31:05.Z",
        "2026-11-10T24:00:00Z",
        "2026-11-31T08:31:05Z",
        "2026-11-10t08:31:05z",
    ],
)
def test_other_endpoint_times_are_bad_times(feedback, text):
    """Without zone, beyond 14 hours, other spellings."""
    assert feedback(at=text) == "bad_time"
    assert feedback(until=text) == "bad_time"
