"""Messages signed and verified as the Standard Webhooks specification says."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from connectors.standard_webhooks import NotAuthentic, Signed, read_secret, sign, verify, write_secret

# The vector published with the specification's reference libraries.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"
AT = 1614265330
BODY = b'{"test": 2432232314}'
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
OTHERS = "Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc="
HEADERS = {"webhook-id": ID, "webhook-timestamp": str(AT), "webhook-signature": SIGNATURE}
KEY = read_secret(SECRET)
NEW_KEY = bytes(range(32))

keys = st.binary(min_size=24, max_size=64)
ids = st.from_regex(r"\A[A-Za-z0-9_-]{1,64}\Z")
seconds = st.integers(min_value=0, max_value=4_102_444_800)


def test_the_published_vector_is_signed_as_published() -> None:
    """Same secret, id, second and body: the same three headers."""
    assert sign([KEY], ID, AT, BODY) == HEADERS


@pytest.mark.parametrize("secret", [SECRET, SECRET.removeprefix("whsec_"), SECRET + "\n"])
def test_the_published_vector_is_authentic(secret: str) -> None:
    """With the prefix of the secret and without it."""
    assert verify([read_secret(secret)], HEADERS, BODY, AT) == Signed(ID, AT)


def test_one_right_signature_among_others_is_enough() -> None:
    """The published case of several signatures: wrong ones, one of another version, one that is right."""
    several = f"v1,{OTHERS} v2,{OTHERS} {SIGNATURE} v1,{OTHERS}"

    assert verify([KEY], {**HEADERS, "webhook-signature": several}, BODY, AT).message_id == ID


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_each_header_is_needed(name: str) -> None:
    """Without one of the three the message is refused, and the header is named."""
    with pytest.raises(NotAuthentic) as caught:
        verify([KEY], {**HEADERS, name: ""}, BODY, AT)

    assert (caught.value.reason, caught.value.field) == ("missing_header", name)


@pytest.mark.parametrize(
    "signature",
    [
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OA=",
        f"v1,{OTHERS}",
        "v1,",
        "v1",
        SIGNATURE.replace("v1,", "v2,"),
        SIGNATURE.replace("v1,", "v1a,"),
        SIGNATURE.removeprefix("v1,"),
        "v1,ééé",
        SIGNATURE[:-8],
    ],
)
def test_a_wrong_or_partial_signature_is_refused(signature: str) -> None:
    """The published cases of wrong signatures, and some malformed ones: none raises anything else."""
    with pytest.raises(NotAuthentic) as caught:
        verify([KEY], {**HEADERS, "webhook-signature": signature}, BODY, AT)

    assert caught.value.reason == "wrong_signature"


@pytest.mark.parametrize("change", [{"webhook-id": "msg_other"}, {"webhook-timestamp": str(AT + 1)}])
def test_id_and_time_are_signed_too(change: dict[str, str]) -> None:
    """Another id or second under the same signature is refused."""
    with pytest.raises(NotAuthentic, match="wrong_signature"):
        verify([KEY], {**HEADERS, **change}, BODY, AT)


def test_a_changed_byte_of_the_body_is_noticed() -> None:
    """Bytes are signed, not what they mean: a space less is another message."""
    with pytest.raises(NotAuthentic, match="wrong_signature"):
        verify([KEY], HEADERS, BODY.replace(b" ", b""), AT)


@pytest.mark.parametrize(("later", "reason"), [(301, "too_old"), (-301, "too_new")])
def test_five_minutes_before_and_after_are_accepted_and_no_more(later: int, reason: str) -> None:
    """The window is 300 s to both sides of the receiver's clock."""
    edge = 300 if later > 0 else -300
    assert verify([KEY], HEADERS, BODY, AT + edge).timestamp == AT

    with pytest.raises(NotAuthentic, match=reason):
        verify([KEY], HEADERS, BODY, AT + later)


@pytest.mark.parametrize("written", ["hello", "1614265330.5", "-1", "1e9", "٣", "9" * 13, "nan"])
def test_a_timestamp_is_whole_seconds(written: str) -> None:
    """Whatever is no plain number is refused before anything is computed with it."""
    with pytest.raises(NotAuthentic, match="bad_header in webhook-timestamp"):
        verify([KEY], {**HEADERS, "webhook-timestamp": written}, BODY, AT)


def test_an_id_with_a_full_stop_is_refused() -> None:
    """Else a signed message could be cut elsewhere: a longer id and a shorter body carry the same signature."""
    genuine = sign([KEY], "m", AT, b"%d.rest" % AT)
    forged = {**genuine, "webhook-id": f"m.{AT}", "webhook-timestamp": str(AT)}

    with pytest.raises(NotAuthentic, match="bad_header in webhook-id"):
        verify([KEY], forged, b"rest", AT)
    with pytest.raises(ValueError, match="full stop"):
        sign([KEY], "m.1", AT, b"")


def test_while_secrets_change_both_are_accepted() -> None:
    """Rotation: a sender with the old secret, one with the new, and one that signs with both."""
    for used in ([KEY], [NEW_KEY], [KEY, NEW_KEY]):
        assert verify([KEY, NEW_KEY], sign(used, ID, AT, BODY), BODY, AT).message_id == ID

    assert verify([NEW_KEY], sign([KEY, NEW_KEY], ID, AT, BODY), BODY, AT).message_id == ID
    with pytest.raises(NotAuthentic, match="wrong_signature"):
        verify([NEW_KEY], sign([KEY], ID, AT, BODY), BODY, AT)


@pytest.mark.parametrize(
    "text", ["", "whsec_", "whsec_not base64!", "whsec_c2hvcnQ=", write_secret(bytes(65)), "密"]
)
def test_a_secret_is_24_to_64_bytes_in_base64(text: str) -> None:
    """Anything else is refused, and the message does not repeat it."""
    with pytest.raises(ValueError, match="a secret") as caught:
        read_secret(text)

    assert not text or text.removeprefix("whsec_") not in str(caught.value).split() or text == "whsec_"


@given(key=keys)
def test_a_secret_reads_back(key: bytes) -> None:
    """As written, without padding, and as bytes of a file."""
    written = write_secret(key)

    assert read_secret(written) == read_secret(written.rstrip("=")) == read_secret(f"{written}\n".encode()) == key


@given(key=keys, message_id=ids, at=seconds, body=st.text())
def test_the_reference_library_signs_the_same(key: bytes, message_id: str, at: int, body: str) -> None:
    """`standardwebhooks` and the hub agree on every signature."""
    theirs = Webhook(write_secret(key)).sign(message_id, datetime.fromtimestamp(at, UTC), body)

    assert sign([key], message_id, at, body.encode())["webhook-signature"] == theirs


@given(key=keys, message_id=ids, body=st.text())
def test_the_reference_library_accepts_what_the_hub_signs(key: bytes, message_id: str, body: str) -> None:
    """And the hub accepts what the library signs."""
    now = datetime.now(UTC)
    second = int(now.timestamp())
    Webhook(write_secret(key)).verify(
        body, sign([NEW_KEY, key], message_id, second, body.encode()), json_parse=False
    )

    theirs = {
        "webhook-id": message_id,
        "webhook-timestamp": str(second),
        "webhook-signature": Webhook(write_secret(key)).sign(message_id, now, body),
    }
    assert verify([NEW_KEY, key], theirs, body.encode(), second) == Signed(message_id, second)
