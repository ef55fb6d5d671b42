"""The keys of the contact vault: the newest seals, all open, and nothing opens in another's place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.contacts.keyring import Keyring, Unreadable, make_own_key, read_keyring
from hub.domain.errors import Misconfigured

TOKEN = "3f" * 16
OLD, NEW = b"o" * 32, b"n" * 32


@given(st.text(max_size=200))
def test_what_was_sealed_is_opened(contact):
    """Any text, whatever its length: padding takes nothing and adds nothing."""
    ring = Keyring({"k1": OLD})

    assert ring.open(TOKEN, **ring.seal(TOKEN, contact)) == contact


def test_the_newest_key_seals_and_an_older_one_still_opens():
    """Rotation: a record of last year's key is readable until it has been encrypted anew."""
    before = Keyring({"k1": OLD}).seal(TOKEN, "13000001234")
    ring = Keyring({"k2": NEW, "k1": OLD})

    assert ring.open(TOKEN, **before) == "13000001234"
    assert ring.seal(TOKEN, "13000001234")["key_id"] == "k2"


def test_the_same_contact_gives_the_same_bytes_and_another_one_another_nonce():
    """A nonce comes again for the same token and contact alone; of 20,000 contacts no two share one."""
    ring = Keyring({"k1": OLD})
    nonces = {ring.seal(f"{number:032x}", f"1300{number:07d}")["nonce"] for number in range(20_000)}

    assert ring.seal(TOKEN, "13000001234") == ring.seal(TOKEN, "13000001234")
    assert len(nonces) == 20_000


def test_the_length_does_not_tell_mobiles_from_landlines():
    """Both are padded to one block."""
    ring = Keyring({"k1": OLD})

    assert (
        len({len(ring.seal(TOKEN, number)["sealed"]) for number in ("13000001234", "04520000001", "010000000")})
        == 1
    )


@pytest.mark.parametrize("changed", ["token", "key_id", "nonce", "sealed"])
def test_a_record_moved_or_altered_does_not_open(changed):
    """Under another token, by another key, with one bit turned: refused, and the message tells no content."""
    ring = Keyring({"k1": OLD, "k2": NEW})
    record = {"token": TOKEN, **ring.seal(TOKEN, "13000001234")}
    record[changed] = {
        "token": "4f" * 16,
        "key_id": "k2",
        "nonce": bytes(12),
        "sealed": bytes([record["sealed"][0] ^ 1]) + record["sealed"][1:],
    }[changed]

    with pytest.raises(Unreadable) as refused:
        ring.open(**record)
    assert "1300000" not in str(refused.value)


def test_a_key_that_is_not_in_the_ring_is_named():
    """The operator learns which key to put back."""
    record = Keyring({"k1": OLD}).seal(TOKEN, "13000001234")

    with pytest.raises(Unreadable, match=r"contact key k1 is not in the ring \(k2\)"):
        Keyring({"k2": NEW}).open(TOKEN, **record)


def test_the_hub_makes_its_own_key_once_and_the_next_when_asked(tmp_path):
    """Without settings: k1 at the first start, the same for all processes; k2 by a rotation, the newest then."""
    first = read_keyring(None, tmp_path)
    sealed = first.seal(TOKEN, "13000001234")

    assert read_keyring(None, tmp_path).open(TOKEN, **sealed) == "13000001234"
    assert make_own_key(tmp_path) == "k2"
    assert read_keyring(None, tmp_path).ids == ("k2", "k1")
    assert {file.stat().st_mode & 0o777 for file in (tmp_path / "contact-keys").iterdir()} == {0o600}


def test_keys_of_the_settings_are_taken_newest_first(tmp_path, monkeypatch):
    """References, never secrets: a file below the data folder, a variable of the environment."""
    (tmp_path / "vault-2027").write_bytes(NEW)
    monkeypatch.setenv("VAULT_2026", OLD.decode())

    assert read_keyring(("2027=file:vault-2027", "2026=env:VAULT_2026"), tmp_path).ids == ("2027", "2026")


def test_every_wrong_key_is_reported_at_once(tmp_path, monkeypatch):
    """A short secret, a missing file, an entry without reference, an id twice: four problems, no secret shown."""
    monkeypatch.setenv("SHORT", "too-short-a-secret")
    entries = ("a=env:SHORT", "b=file:nowhere", "c", "a=env:SHORT")

    with pytest.raises(Misconfigured) as wrong:
        read_keyring(entries, tmp_path)

    assert len(wrong.value.problems) == 4
    assert "too-short-a-secret" not in str(wrong.value)
