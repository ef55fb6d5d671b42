"""Place codes, form tokens and numbers: what the hub signed is read, nothing else."""

import base64
from datetime import timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.citizen import forms
from connectors.citizen.places import Place, place_of, read_place, write_place
from connectors.citizen.stamps import SIGNATURE_BYTES, Stamps, read_stamps
from hub.domain.errors import Misconfigured

STAMPS = Stamps([b"k" * 32])
PLACE = Place("QRC-230202003005-018", "230202003005012")
CODE = write_place(PLACE, STAMPS)
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
NOW_MS = 1_795_000_000_000
TOKEN = forms.issue(CODE, NOW_MS, b"12345678", STAMPS)
BEIJING = timezone(timedelta(hours=8))

ids = st.from_regex(r"[0-9A-Za-z][0-9A-Za-z-]{0,39}", fullmatch=True)
areas = st.one_of(st.none(), st.from_regex(r"2302(02|81)([0-9]{6}|[0-9]{9})", fullmatch=True))


@given(ids, areas)
def test_a_code_leads_to_its_place(qr_id: str, area: str | None):
    """In upper and lower case; it is safe in an address, and the letters are those that a QR code packs well."""
    place = place_of(qr_id, area)
    code = write_place(place, STAMPS)

    assert read_place(code, STAMPS) == place
    assert read_place(code.lower(), STAMPS) == place
    assert set(code) <= set(ALPHABET)


@given(st.integers(0, len(CODE) - 1), st.sampled_from(ALPHABET))
def test_one_letter_changed_leads_nowhere(position: int, letter: str):
    """Whichever letter it is, also the last, which has bits to spare."""
    forged = CODE[:position] + letter + CODE[position + 1 :]

    assert (read_place(forged, STAMPS) is None) == (forged != CODE)


@given(st.one_of(st.text(), st.binary(max_size=60).map(lambda data: base64.b32encode(data).decode())))
def test_what_the_hub_did_not_sign_leads_nowhere(code: str):
    """Any text, and any bytes in the right spelling."""
    assert read_place(code, STAMPS) is None


@given(ids, areas, st.binary(min_size=SIGNATURE_BYTES, max_size=SIGNATURE_BYTES))
def test_a_place_with_a_guessed_signature_leads_nowhere(qr_id: str, area: str | None, signature: bytes):
    """A well-formed place of the forger's own choice."""
    content = f"{area or ''}.{qr_id}".encode()

    assert read_place(base64.b32encode(signature + content).decode().rstrip("="), STAMPS) is None


def test_printed_codes_outlive_their_key():
    """A new key in front signs; codes of the old one lead on until it is taken out."""
    both, new = Stamps([b"n" * 32, b"k" * 32]), Stamps([b"n" * 32])

    assert read_place(CODE, both) == PLACE
    assert read_place(write_place(PLACE, both), new) == PLACE
    assert read_place(CODE, new) is None


def test_a_community_is_given_as_its_own_grid():
    """The grid source has no field for a community: 15 digits whose last three are zeros."""
    assert place_of("QR1", "230202003005").grid_code == "230202003005000"
    assert place_of("QR1", "230202003005012").grid_code == "230202003005012"
    assert place_of("QR1", None).grid_code is None


def test_what_is_wrong_with_a_place_is_told_at_once():
    """Its id and its area."""
    with pytest.raises(Misconfigured) as wrong:
        place_of("a b", "110101001001")

    assert len(wrong.value.problems) == 2


@given(st.integers(0, len(TOKEN) - 1), st.sampled_from("ABCabc019-_="))
def test_a_changed_token_is_no_form(position: int, letter: str):
    """One letter is enough."""
    forged = TOKEN[:position] + letter + TOKEN[position + 1 :]
    if forged != TOKEN:
        assert forms.read_form(forged, CODE, NOW_MS, STAMPS) is None


def test_a_form_is_of_its_place_and_for_half_a_day():
    """Another place's page does not take it; neither does its own after twelve hours."""
    other = write_place(Place("QRC-2", None), STAMPS)

    assert forms.read_form(TOKEN, CODE, NOW_MS + 1, STAMPS) is not None
    assert forms.read_form(TOKEN, CODE.lower(), NOW_MS + 1, STAMPS) is not None
    assert forms.read_form(TOKEN, other, NOW_MS + 1, STAMPS) is None
    with pytest.raises(forms.Expired):
        forms.read_form(TOKEN, CODE, NOW_MS + forms.KEEP_MS + 1, STAMPS)


@given(st.lists(st.binary(min_size=14, max_size=14), min_size=2, max_size=50, unique=True))
def test_each_form_has_its_own_number(identities: list[bytes]):
    """The same each time, of the day in the city's zone, in letters that are not mistaken for digits."""
    numbers = [forms.report_number("QR", one, NOW_MS, BEIJING) for one in identities]

    assert len(set(numbers)) == len(identities)
    assert numbers == [forms.report_number("QR", one, NOW_MS, BEIJING) for one in identities]
    assert all(one.startswith("QR20261118-") and len(one) == 22 for one in numbers)
    assert not set("".join(one[11:] for one in numbers)) & set("ILOU")


def test_the_key_is_made_once_or_read_by_reference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Without a setting one in the data folder; else each that is named, every wrong one told, no secret in it."""
    assert read_stamps(None, tmp_path).sign("p", b"") == read_stamps(None, tmp_path).sign("p", b"")
    monkeypatch.setenv("KEY_NEW", "n" * 32)
    monkeypatch.setenv("KEY_SHORT", "short")

    assert read_place(write_place(PLACE, read_stamps(["env:KEY_NEW"], tmp_path)), Stamps([b"n" * 32])) == PLACE
    with pytest.raises(Misconfigured) as wrong:
        read_stamps(["env:KEY_SHORT", "file:nowhere"], tmp_path)
    assert [one.count("HUB_REPORT_KEYS") for one in wrong.value.problems] == [1, 1]
    assert "short" not in wrong.value.problems[0].replace("KEY_SHORT", "")
