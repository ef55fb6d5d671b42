"""samples/README §2.16 and §7 for JSON messages: limits, strictness, the order of the checks."""

# ruff: noqa: E501 - a table reads best with one example a line

import json

import pytest

BASE = '"eventType":"create","orderId":"HL1","eventSeq":1,"eventTime":"2026-11-10 07:42:18","majorContent":"冷"'
LIMIT = 262_144


@pytest.fixture
def reason(raw):
    """Bytes or text of a message → (record number, reason or None where it is read)."""

    def one(payload):
        payload = payload if isinstance(payload, bytes) else payload.encode("utf-8", "surrogatepass")
        ((number, result),) = raw("hotline", payload, "application/json")
        return (number, result) if isinstance(result, str) else (number, None)

    return one


def _with(more):
    return "{" + BASE + "," + more + "}"


@pytest.mark.parametrize(
    "payload", [b"", b" ", b"\xef\xbb\xbf", b"\xef\xbb\xbf\r\n \xef\xbb\xbf", "\u3000".encode()]
)
def test_nothing_is_an_empty_payload(reason, payload):
    """No bytes, or only white space and byte order marks."""
    assert reason(payload) == (None, "empty_payload")


def test_the_limit_counts_bytes_as_sent(reason):
    """262,144 bytes are read, one more is not; white space around counts."""
    room = LIMIT - len(_with('"title":""').encode())
    assert reason(_with('"title":"' + "x" * room + '"')) == (1, None)
    assert reason(_with('"title":"' + "x" * room + '"') + "\n") == (None, "oversized")
    assert reason(b"\xff" * (LIMIT + 1)) == (None, "oversized")


def test_text_is_never_cut(raw):
    """A text up to the limit arrives whole."""
    ((_, event),) = raw("hotline", _with('"title":"' + "长" * 80_000 + '"').encode(), "application/json")
    assert event["title"] == "长" * 80_000


def test_one_mark_at_the_start_is_tolerated(reason):
    """A byte order mark before the object, no other."""
    assert reason(b"\xef\xbb\xbf" + _with('"a":1').encode()) == (1, None)
    assert reason(b"\x84\x31\x95\x33" + _with('"a":1').encode()) == (None, "wrong_encoding")


@pytest.mark.parametrize(
    "payload", [b'{"a":"\xff"}', '{"a":"冷"}'.encode("gb18030"), b'{"a":"\xed\xa0\x80"}', b"\xc0\xaf"]
)
def test_bytes_that_are_not_utf_8(reason, payload):
    """Other encodings, surrogates and overlong forms as bytes."""
    assert reason(payload) == (None, "wrong_encoding")


@pytest.mark.parametrize("character", ["\x00", "\x08", "\x0b", "\x0c", "\x0e", "\x1f", "\x7f"])
def test_raw_control_characters_spoil_the_payload(reason, character):
    """Anywhere in the raw text, in unknown fields and outside of values too."""
    assert reason(_with(f'"title":"a{character}"')) == (None, "control_characters")
    assert reason(_with('"x":1') + character) == (None, "control_characters")
    assert reason("{" + character) == (None, "control_characters")


@pytest.mark.parametrize("escape", [r"\u0000", r"\b", r"\u000b", r"\f", r"\u001F", r"\u007f"])
def test_control_characters_by_escape_spoil_the_record(reason, escape):
    """In a value of a known field, not in one that is ignored."""
    assert reason(_with(f'"title":"a{escape}"')) == (1, "control_characters")
    assert reason(_with(f'"visitor":"a{escape}"')) == (1, "control_characters")
    assert reason(_with(f'"unknown":"a{escape}"')) == (1, None)


@pytest.mark.parametrize(
    "escape", [r"\t", r"\n", r"\r", r"\u0009", r"\u000a", r"\u0085", r"\u00e9", r"\/", r"\\", r"\""]
)
def test_other_escapes_are_fine(reason, escape):
    """Tab, line ends, quotes and slashes."""
    assert reason(_with(f'"title":"a{escape}b"')) == (1, None)


@pytest.mark.parametrize("escape", [r"\ud800", r"\udc00", r"\ud83dx", r"\ude00\ud83d"])
def test_a_lone_surrogate_escape_is_wrong_encoding_of_the_record(reason, escape):
    """Half a character cannot be stored; a whole pair can."""
    assert reason(_with(f'"title":"{escape}"')) == (1, "wrong_encoding")
    assert reason(_with(f'"orderNum":"{escape}"')) == (1, "wrong_encoding")
    assert reason(_with(r'"title":"\ud83d\ude00"')) == (1, None)
    assert reason(_with(f'"unknown":"{escape}"')) == (1, None)


@pytest.mark.parametrize("level", [31, 32])
def test_nesting_counts_levels(reason, level):
    """The message itself is level 1: 32 levels are read, 33 are not, in arrays, objects and unknown fields alike."""
    inside = level  # the message adds one
    for nested in ("[" * inside + "]" * inside, '{"a":' * inside + "1" + "}" * inside):
        expected = (1, None) if inside + 1 <= 32 else (None, "nesting_too_deep")
        assert reason(_with(f'"deep":{nested}')) == expected


def test_brackets_in_texts_are_no_nesting(reason):
    """Many brackets in a text, or many arrays beside each other, are not deep."""
    assert reason(_with('"title":"' + "[{" * 200 + '\\"["')) == (1, None)
    assert reason(_with('"x":[' + ",".join(["[]"] * 200) + "]")) == (1, None)


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "}",
        "nul",
        '{"a":1}{"b":2}',
        '{"a":1,}',
        '{"a":[1,]}',
        "{'a':1}",
        '{"a":NaN}',
        '{"a":Infinity}',
        '{"a":-Infinity}',
        '{"a":01}',
        '{"a":+1}',
        '{"a":.5}',
        '{"a":1.}',
        '{"a":0x1}',
        '{"a":1} // x',
        '/* x */{"a":1}',
        '{"a":"\t"}',
        '{"a":"\n"}',
        '{"a":"\\x"}',
        '{"a":"\\u12"}',
        '{"a":"\\u 123"}',
        "{a:1}",
        '{"a" 1}',
        '{"a":True}',
        '\ufeff\ufeff{"a":1}',
        '{"a":1}\u3000',
        '{"a":１}',
    ],
)
def test_what_is_not_rfc_8259_is_malformed(reason, text):
    """Constants, comments, commas, two objects, raw line ends in a text."""
    assert reason(text) == (None, "malformed_json")


@pytest.mark.parametrize(
    "more",
    [
        '"title":"a","title":"a"',
        '"x":{"a":1,"a":2}',
        '"x":[{"b":{"a":1,"a":1}}]',
        r'"titl\u0065":1,"title":2',
        '"":1,"":2',
    ],
)
def test_the_same_key_twice_at_any_depth(reason, more):
    """Known or unknown, equal or not, spelled with escapes or not."""
    assert reason(_with(more)) == (None, "duplicate_key")


def test_the_same_key_in_two_objects_is_fine(reason):
    """Each object has keys of its own."""
    assert reason(_with('"x":[{"a":1},{"a":1}],"a":{"a":1}')) == (1, None)


def test_numbers_count_characters(reason):
    """30 characters are read, 31 are not: sign, point and exponent count, in any field; in texts they do not."""
    for good in ("1" * 30, "-" + "1" * 29, "0." + "1" * 28, "1e+" + "0" * 27):
        assert reason(_with(f'"unknown":[{good}]')) == (1, None)
    for long in ("1" * 31, "-" + "1" * 30, "0." + "1" * 29, "1e+" + "0" * 28):
        assert reason(_with(f'"unknown":[{long}]')) == (None, "number_too_long")
        assert reason(_with(f'"orderNum":{long}')) == (None, "number_too_long")
    assert reason(_with('"orderNum":"' + "1" * 40 + '"')) == (1, None)


@pytest.mark.parametrize("text", ["[]", '[{"a":1}]', "1", '"x"', "null", "true", "-0"])
def test_a_message_is_an_object(reason, text):
    """Anything else is of the wrong type as a whole."""
    assert reason(text) == (None, "wrong_type")


@pytest.mark.parametrize("value", ["https://a.invalid/1", 1, True, {"a": 1}, [["x"]], [{}]])
def test_arrays_are_arrays_of_values(push, feedback, value):
    """A value where an array is expected, or anything but values in it."""
    assert push(images=value) == "wrong_type"
    assert feedback(targets=value) == "wrong_type"
    assert feedback(evidence=value) == "wrong_type"


def test_arrays_hold_values_of_every_kind(feedback):
    """Numbers are their digits, null and empty texts are nothing."""
    event = feedback(targets=["Ａ１", 7, None, " ", True], evidence=None)
    assert event["attributes"]["targets"] == "A1,7,true"
    assert "targets" not in feedback(targets=[])["attributes"]
    assert "targets" not in feedback(targets="")["attributes"]


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (b"\xff" + b"\x07" * LIMIT, (None, "oversized")),
        (b'{"a":"\xff\x07"', (None, "wrong_encoding")),
        (b"\x07" + b"[" * 40, (None, "control_characters")),
        ("[" * 40, (None, "nesting_too_deep")),
        ('{"a":1,"a":' + "1" * 40, (None, "malformed_json")),
        (_with('"title":"\\ud800\\u0007","title":"\\ud800\\u0007"'), (1, "wrong_encoding")),
        (_with('"title":"\\u0007","x":1,"x":2'), (1, "control_characters")),
        (_with('"title":1,"title":' + "1" * 40), (None, "duplicate_key")),
        ('[{"a":' + "1" * 40 + "}]", (None, "number_too_long")),
        ('[{"a":1,"a":2}]', (None, "duplicate_key")),
        ('{"eventType":"x","title":[]}', (1, "wrong_type")),
        ('{"eventType":"x"}', (1, "unknown_event_type")),
        ('{"eventType":"create","eventTime":"x","eventSeq":"x"}', (1, "missing_field")),
        (_with('"handleDays":0,"callTime":"x","addressIds":"2301"'), (1, "bad_time")),
        (_with('"handleDays":0,"addressIds":"2301"'), (1, "bad_value")),
        (_with('"addressIds":"2301"'), (1, "unknown_division")),
    ],
)
def test_the_first_check_that_fails_gives_the_reason(reason, payload, expected):
    """Two faults each; the order of the contract decides."""
    assert reason(payload) == expected


def test_order_of_fields_and_white_space_do_not_matter(raw, hotline_fields):
    """The same content in other bytes is the same event."""
    ids = set()
    for payload in (
        json.dumps(hotline_fields),
        json.dumps(hotline_fields, ensure_ascii=False, indent=2).replace("\n", "\r\n"),
        json.dumps(dict(reversed(hotline_fields.items()))),
        "\ufeff " + json.dumps(hotline_fields) + " ",
    ):
        ((_, event),) = raw("hotline", payload.replace("\ufeff ", "\ufeff").encode(), "application/json")
        ids.add(event["event_id"])
    assert len(ids) == 1
