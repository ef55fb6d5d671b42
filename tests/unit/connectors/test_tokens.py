"""Role tokens: told once, known by their hash alone, good until revoked."""

import pytest

from connectors.tokens import TokenBook
from hub.domain.errors import Misconfigured

NOW = 1_794_000_000_000


@pytest.fixture
def file(tmp_path):
    return tmp_path / "tokens.db"


@pytest.fixture
def book(file):
    return TokenBook(file)


def test_an_issued_token_tells_its_holder_and_role(book):
    """What the audit record of a reveal names."""
    text, issued = book.issue("王芳", "call_back", NOW)

    assert book.find(text) == issued
    assert (issued.holder, issued.role, issued.issued_at) == ("王芳", "call_back", NOW)


def test_an_altered_unknown_or_empty_token_is_nobody_s(book):
    """One character of the secret, another token's secret, an id alone, an SQL quote: all are nobody."""
    first, _ = book.issue("王芳", "call_back", NOW)
    second, _ = book.issue("李强", "call_back", NOW)
    last = "A" if first[-1] != "A" else "B"

    wrong = [
        first[:-1] + last,
        first.split(".")[0] + "." + second.split(".")[1],
        first.split(".")[0],
        "",
        "' OR 1=1",
    ]
    assert [book.find(text) for text in wrong] == [None] * len(wrong)


def test_a_revoked_token_is_good_for_nothing_in_every_process(book, file):
    """Another process has the file open; its next look-up knows. Revoking again changes nothing."""
    other = TokenBook(file)
    text, issued = book.issue("王芳", "call_back", NOW)
    assert other.find(text) is not None

    book.revoke(issued.id, NOW + 1)
    book.revoke(issued.id, NOW + 2)

    assert other.find(text) is None
    assert [one.revoked_at for one in other.every("call_back")] == [NOW + 1]
    assert book.revoke("000000000000", NOW) is None


def test_the_file_holds_no_token(book, file):
    """Whoever copies the file can use none of them; nobody but the hub's own user reads it."""
    text, _ = book.issue("王芳", "call_back", NOW)
    book.close()

    kept = b"".join(each.read_bytes() for each in file.parent.iterdir())
    assert text.split(".")[1].encode() not in kept
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("holder", ["", "  ", "a\nb", "x" * 101])
def test_a_token_is_issued_to_a_named_person(book, holder):
    """No name, no token; a line break would break the lists it stands in."""
    with pytest.raises(Misconfigured):
        book.issue(holder, "call_back", NOW)
