"""Bearer tokens: shown once, known by their hash, in force until their day or their revocation."""

from connectors.gateway.tokens import Tokens, decode, encode, new_token

NOW = 1_794_000_000_000


def test_a_token_opens_its_own_endpoint():
    """Whatever the case of the scheme's name."""
    token, record = new_token("EP-230202-0312", NOW, "li", None)
    tokens = Tokens([record])

    assert tokens.holder(f"Bearer {token}", NOW) == record
    assert tokens.holder(f"bearer {token}", NOW) == record


def test_the_record_does_not_hold_the_secret():
    """What stands in the topic lets nobody in."""
    token, record = new_token("EP-230202-0312", NOW, "li", None)

    assert token.rpartition("_")[2] not in encode(record).decode()
    assert decode(encode(record)) == record


def test_a_wrong_secret_a_wrong_scheme_and_an_unknown_id_open_nothing():
    """Nor does the hash itself."""
    token, record = new_token("EP-230202-0312", NOW, "li", None)
    tokens = Tokens([record])
    other, _ = new_token("EP-230202-0312", NOW, "li", None)

    for shown in (
        f"Bearer {token[:-1]}{'A' if token[-1] != 'A' else 'B'}",
        f"Basic {token}",
        token,
        f"Bearer {other}",
        f"Bearer ep_{record.token_id}_{record.sha256[:43]}",
        "Bearer ",
        "",
    ):
        assert tokens.holder(shown, NOW) is None


def test_a_token_ends_at_its_instant_and_when_it_is_revoked():
    """The instant itself is past its validity."""
    token, record = new_token("EP-230202-0312", NOW, "li", NOW + 1000)
    tokens = Tokens([record])

    assert tokens.holder(f"Bearer {token}", NOW + 999) == record
    assert tokens.holder(f"Bearer {token}", NOW + 1000) is None
    tokens.take(record.token_id, record.model_copy(update={"revoked_at": NOW}))
    assert tokens.holder(f"Bearer {token}", NOW) is None
    assert not tokens.is_valid(record.token_id, NOW)


def test_a_record_of_another_form_is_no_token():
    """A newer hub may write more; this one does not guess."""
    assert decode(b'{"token_id": "x"}') is None
    assert decode(b"not json") is None
