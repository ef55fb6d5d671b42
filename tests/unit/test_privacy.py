"""The searcher of the privacy proof finds what was planted, in every spelling, and nothing else."""

import json
import urllib.parse
from pathlib import Path

import pytest

from hub.privacy import PersonalData, number_of
from schemas.codec import codec

PHONE, LANDLINE, IDENTITY, NAME, OPEN_ID = (
    "13000001234",
    "0452-0000002转6",
    "23029919000101000X",
    "孟知夏",
    "oFAKE0000wxopenid0003",
)
GOLDEN = Path(__file__).parents[2] / "schemas" / "golden" / "Notice" / "v1.json"
WIDE = str.maketrans({chr(code): chr(code + 0xFEE0) for code in range(0x21, 0x7F)})


@pytest.fixture(scope="module")
def personal():
    return PersonalData([PHONE, LANDLINE, IDENTITY, NAME, OPEN_ID])


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize(
    ("written", "secret"),
    [
        (PHONE, PHONE),
        ("130-0000-1234", PHONE),
        ("130 0000 1234", PHONE),
        ("+86 130-0000-1234", PHONE),
        ("008613000001234", PHONE),
        ("0452 0000002", LANDLINE),
        ("（0452）0000002", LANDLINE),
        ("230299 19000101 000x", IDENTITY),
        (IDENTITY, IDENTITY),
        (NAME, NAME),
        (OPEN_ID, OPEN_ID),
    ],
)
def test_a_planted_secret_is_found_however_it_is_written(personal, encoding, written, secret):
    """Within other text and other bytes, at an odd place, in each of the encodings the sources send."""
    data = b"\xff\x00\x9a" + f"甲{written}乙".encode(encoding) + b"\x83"

    assert personal.find(data) == {secret}


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize(
    ("plain", "secret"), [(PHONE, PHONE), ("130-0000-1234", PHONE), (IDENTITY, IDENTITY), (OPEN_ID, OPEN_ID)]
)
def test_full_width_is_found_too(personal, encoding, plain, secret):
    """Chinese input methods write so; in GB18030 its bytes are others."""
    assert personal.find(f"电话：{plain.translate(WIDE)}。".encode(encoding)) == {secret}


def test_escapes_do_not_hide_anything(personal):
    """JSON, XML and addresses write Chinese in ASCII."""
    assert personal.find(json.dumps({"name": NAME, "tel": PHONE.translate(WIDE)}).encode()) == {NAME, PHONE}
    assert personal.find("".join(f"&#{ord(one)};" for one in NAME).encode()) == {NAME}
    assert personal.find(urllib.parse.quote(f"/x?n={NAME}&t=130 00001234").encode()) == {NAME, PHONE}
    assert personal.find(urllib.parse.quote(NAME.encode("gb18030")).encode()) == {NAME}


def test_a_leak_into_an_avro_record_or_its_headers_is_found(personal):
    """The bytes of a topic, not what a decoder makes of them."""
    event = json.loads(GOLDEN.read_text("utf-8"))["datum"]
    clean, leaking = (codec().encode("Notice", {**event, "text": text}) for text in ("请回电", f"请回电{PHONE}"))

    assert personal.find(clean) == set()
    assert personal.find(leaking) == {PHONE}


def test_what_only_looks_like_it_is_not_found(personal):
    """Other numbers, one digit less, a name's half, case numbers, times: a proof that cries wolf is none."""
    other = (
        "13000001235 1300000123 230299190001010014 知夏 HL2026111300041 2026-11-13 00:00:01 oFAKE0000wxopenid0004"
    )

    assert personal.find(other.encode()) == set()


@pytest.mark.parametrize(
    ("secret", "number"),
    [
        ("+86 130-0000-1001", "13000001001"),
        ("0452-0000002转6", "04520000002"),
        ("（0452）0000004", "04520000004"),
        ("23029919000101000x", "23029919000101000X"),
        ("孟知夏", None),
        ("oFAKE0000wxopenid0003", None),
    ],
)
def test_every_spelling_of_a_number_is_looked_for_as_one(secret, number):
    """The lists of secrets hold spellings; what is searched is the number itself."""
    assert number_of(secret) == number
