"""Dead letters and the quarantine for bytes too large for a topic."""

import hashlib

from hub.domain.errors import Rejected
from streams.runtime import Record
from streams.runtime.letters import DeadLetters


def letter(tmp_path, value):
    letters = DeadLetters("dead", "unify", tmp_path / "quarantine")
    record = Record("raw.hotline", 3, 42, b"HL1", value, [("content-type", b"application/json")], 0)
    return letters.letter(record, Rejected("too_large", None, "2 MiB, at most 1 MiB"))


def test_two_mebibytes_stay_in_a_file_and_the_letter_names_it(tmp_path):
    """Name, length and digest travel; writing the same bytes again changes nothing."""
    value = b"\x00" * (2 * 1024 * 1024)
    digest = hashlib.sha256(value).hexdigest()

    for _ in range(2):
        output = letter(tmp_path, value)
        headers = dict(output.headers)
        assert (output.key, output.value) == (b"HL1", None)
        assert headers["quarantine-file"] == digest.encode()
        assert headers["quarantine-length"] == b"2097152"
        assert headers["quarantine-sha256"] == digest.encode()
        assert [file.name for file in (tmp_path / "quarantine").iterdir()] == [digest]
        assert (tmp_path / "quarantine" / digest).read_bytes() == value


def test_one_mebibyte_travels_in_the_letter(tmp_path):
    """At the limit nothing is put aside."""
    value = b"\x00" * (1024 * 1024)

    assert letter(tmp_path, value).value == value
    assert not (tmp_path / "quarantine").exists()


def test_a_missing_value_stays_missing(tmp_path):
    """A null value is not an empty one."""
    output = letter(tmp_path, None)

    assert output.value is None
    assert "quarantine-file" not in dict(output.headers)


def test_megabytes_of_headers_or_key_are_left_out_and_told(tmp_path):
    """A letter takes no more than its topic does, or the stage would stop at that record for ever."""
    record = Record("raw.x", 0, 7, b"k" * 300_000, b"v", [("big", b"x" * 3_000_000), ("small", b"kept")], 0)

    letter = DeadLetters("dead", "unify", tmp_path).letter(record, Rejected("bad_value"))

    headers = dict(letter.headers)
    assert letter.key is None
    assert headers["original.small"] == b"kept"
    assert (headers["headers-left-out"], headers["key-left-out"]) == (b"1", b"300000 bytes")
    assert sum(len(value) for _, value in letter.headers) < 1000
