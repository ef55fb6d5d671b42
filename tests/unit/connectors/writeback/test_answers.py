"""What an HTTP answer of a source means, and what of it is kept."""

import pytest

from connectors.outbox import Delivered, Failed, Parked
from connectors.writeback.answers import judge
from connectors.writeback.settings import AnswerSettings

ANSWER = AnswerSettings(field="code", good=("0", "200"))


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(200, Delivered), (202, Delivered), (204, Delivered), (409, Delivered)]
    + [(code, Failed) for code in (401, 403, 404, 408, 425, 429, 500, 502, 503, 504)]
    + [(code, Parked) for code in (301, 302, 400, 410, 413, 415, 422)],
)
def test_the_status_says_what_became_of_it(status: int, outcome: type) -> None:
    """What may pass is tried again; what will be refused for ever is an operator's; a redirect is not followed."""
    assert isinstance(judge(status, {}, b"", None, 0), outcome)


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        (b'{"code": 0, "msg": "ok"}', Delivered),
        (b'{"code": "200"}', Delivered),
        (b'{"code": 500}', Failed),
        (b"{}", Failed),
        (b"busy", Failed),
        (b"", Failed),
        (b"[" * 100_000, Failed),
        (b"<r><code>0</code></r>", Delivered),
        ('<?xml version="1.0" encoding="GB18030"?><结果><code>1</code></结果>'.encode("gb18030"), Failed),
        ('<?xml version="1.0" encoding="GB18030"?><结果><code>0</code></结果>'.encode("gb18030"), Delivered),
        (b"<!DOCTYPE r [<!ENTITY a '0'>]><r><code>&a;</code></r>", Failed),
    ],
)
def test_a_system_that_always_says_200_is_judged_by_its_field(body: bytes, outcome: type) -> None:
    """JSON or XML; without the field nobody knows, and it is tried again."""
    assert isinstance(judge(200, {}, body, ANSWER, 0), outcome)


def test_of_the_answer_codes_and_a_digest_are_kept_and_nothing_of_a_person() -> None:
    """A message may name the caller; a code with a phone number's digits is none."""
    body = '{"code": "0", "result": "13000001001", "message": "已通知张三13000001001", "status": "ok"}'.encode()
    outcome = judge(200, {}, body, None, 0)

    assert isinstance(outcome, Delivered)
    assert outcome.answer.startswith("HTTP 200 code=0 status=ok ")
    assert "sha256" in outcome.answer
    assert "1300000" not in outcome.answer
    assert "张三" not in outcome.answer
    assert len(outcome.answer) < 200


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30", 30.0), ("Thu, 01 Jan 1970 00:02:00 GMT", 20.0), ("Thu, 01 Jan 1970 00:00:01 GMT", 0.0), ("soon", 0.0)],
)
def test_what_the_source_asks_for_is_kept(text: str, seconds: float) -> None:
    """Retry-After in seconds or as a date."""
    outcome = judge(503, {"retry-after": text}, b"", None, 100.0)

    assert isinstance(outcome, Failed)
    assert outcome.after_seconds == seconds
