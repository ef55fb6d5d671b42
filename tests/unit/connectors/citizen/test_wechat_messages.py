"""WeChat's signature and XML."""

from hashlib import sha1
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.citizen.wechat.messages import LARGEST_MESSAGE_BYTES, read_message, text_reply
from connectors.citizen.wechat.signature import is_from_wechat
from hub.domain.errors import Rejected

TOKEN = "a-token-of-the-account"
NOW = 1_795_000_000
# As WeChat's documentation shows it.
TEXT = """<xml>
  <ToUserName><![CDATA[gh_7f083739789a]]></ToUserName>
  <FromUserName><![CDATA[oia2TjuEGTNoeX76QEjQNrcURxG8]]></FromUserName>
  <CreateTime>1795000000</CreateTime>
  <MsgType><![CDATA[text]]></MsgType>
  <Content><![CDATA[楼下井盖没了 <小心> & 快来]]></Content>
  <MsgId>1234567890123456</MsgId>
</xml>"""


def signed(timestamp: str, nonce: str, token: str = TOKEN) -> dict[str, str]:
    """The query as WeChat makes it."""
    signature = sha1("".join(sorted([token, timestamp, nonce])).encode()).hexdigest()
    return {"signature": signature, "timestamp": timestamp, "nonce": nonce}


def test_the_signature_of_wechat_is_known():
    """A value of another tool: `printf 1320562132"1795000000"a-token-of-the-account | sha1sum`."""
    query = {"signature": "d0be705b5bd68efe30919d43be5a95b8f8f208b8", "timestamp": str(NOW), "nonce": "1320562132"}

    assert is_from_wechat(TOKEN, query, NOW)


@pytest.mark.parametrize(
    "query",
    [
        {},
        {**signed(str(NOW), "n"), "nonce": "m"},
        {**signed(str(NOW), "n"), "signature": ""},
        signed(str(NOW), "n", token="another"),
        signed(str(NOW - 301), "n"),
        signed(str(NOW + 301), "n"),
        signed("now", "n"),
        signed("１７９５００００００", "n"),
        {**signed(str(NOW), "n"), "signature": "é"},
    ],
)
def test_others_are_not_wechat(query: dict[str, str]):
    """Missing, altered, of another token, or older than five minutes."""
    assert not is_from_wechat(TOKEN, query, NOW)


def test_a_text_message_is_read():
    """CDATA and all."""
    message = read_message(TEXT.encode())

    assert message.type == "text"
    assert message.text("Content") == "楼下井盖没了 <小心> & 快来"
    assert (message.created, message.identity) == (NOW, "1234567890123456")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ('<!DOCTYPE xml [<!ENTITY a "b">]>' + TEXT, "xml_entity"),
        ('<!DOCTYPE xml SYSTEM "http://example.invalid/x">' + TEXT, "xml_entity"),
        (TEXT.replace("xml>", "html>"), "wrong_type"),
        (TEXT[:-5], "malformed_xml"),
        ("", "malformed_xml"),
        (TEXT.replace("<MsgId>", "<MsgId/><MsgId>"), "duplicate_key"),
        (TEXT.replace("1795000000", "yesterday"), "bad_time"),
        (TEXT.replace("FromUserName", "Nobody"), "missing_field"),
        ("<xml>" + "<a>" * 40 + "</a>" * 40 + "</xml>", "nesting_too_deep"),
        ("<xml><ToUserName>gh</ToUserName><Encrypt>abc</Encrypt></xml>", "wrong_type"),
        (TEXT.replace("井盖", "井" * LARGEST_MESSAGE_BYTES), "oversized"),
    ],
)
def test_what_is_no_message_is_refused(body: str, reason: str):
    """Each with its reason, none with what it held."""
    with pytest.raises(Rejected) as rejected:
        read_message(body.encode())

    assert rejected.value.reason == reason
    assert "oia2Tju" not in str(rejected.value)


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"])))
def test_a_reply_says_exactly_the_text(text: str):
    """Any text, `]]>` too; the parser of another hand reads it back; user and account have changed places."""
    reply = ElementTree.fromstring(text_reply(read_message(TEXT.encode()), NOW, text + "]]>" + text))

    assert reply.findtext("Content") == text + "]]>" + text
    assert reply.findtext("ToUserName") == "oia2TjuEGTNoeX76QEjQNrcURxG8"
    assert reply.findtext("FromUserName") == "gh_7f083739789a"


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reader(body: bytes):
    """They are a message or rejected."""
    try:
        read_message(body)
    except Rejected:
        return
