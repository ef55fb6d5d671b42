"""What a form takes, and what it says beside a field."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.citizen.fields import GROUPS, LONGEST_TEXT, Filled, check, filled
from connectors.citizen.photos import Photos, kind_of
from connectors.citizen.visitors import Visitors, network_of
from connectors.sources.grid.codes import CATEGORIES

GOOD = Filled("G0201", "楼前路灯坏了三天，晚上看不见路。", "", False)


def test_the_choices_are_the_grids():
    """Every category of the contract once, in its group."""
    assert {code for choices in GROUPS.values() for code, _ in choices} == set(CATEGORIES.values())
    assert GROUPS["公共设施"][0] == ("G0201", "路灯损坏")


def test_a_good_form_is_a_report():
    """The path of the category, the text, no phone, not anonymous."""
    report, wrong = check(GOOD)

    assert wrong == {}
    assert report is not None
    assert (report.category, report.phone, report.is_anonymous) == ("公共设施->路灯损坏", None, False)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"category": ""}, "category"),
        ({"category": "G9999"}, "category"),
        ({"description": "   \r\n "}, "description"),
        ({"description": "坏了 ，"}, "description"),
        ({"description": "灯" * (LONGEST_TEXT + 1)}, "description"),
        ({"phone": "12345"}, "phone"),
        ({"phone": "不告诉你"}, "phone"),
        ({"phone": "1" * 5000}, "phone"),
    ],
)
def test_a_wrong_field_is_told_beside_it(change: dict, field: str):
    """In Chinese, at that field alone."""
    given = {"category": GOOD.category, "description": GOOD.description, "phone": ""}
    report, wrong = check(filled({**given, **change}))

    assert report is None
    assert list(wrong) == [field]
    assert any("\u4e00" <= character <= "\u9fff" for character in wrong[field])


@pytest.mark.parametrize("spelling", ["13000001234", "130 0000 1234", "+86-13000001234", "１３０００００１２３４"])
def test_a_phone_is_read_in_its_spellings(spelling: str):
    """As the sources' contract reads it."""
    report, _ = check(Filled(GOOD.category, GOOD.description, spelling))

    assert report is not None
    assert report.phone == "13000001234"


@given(st.text(max_size=LONGEST_TEXT))
def test_no_text_breaks_the_form(text: str):
    """It is a report without control characters, or wrong with a reason."""
    report, wrong = check(Filled(GOOD.category, text))

    assert (report is None) == bool(wrong)
    if report is not None:
        assert not [one for one in report.description if ord(one) < 32 and one not in "\n\t"]


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"\xff\xd8\xff\xe0rest", "jpg"),
        (b"\x89PNG\r\n\x1a\nrest", "png"),
        (b"RIFF\0\0\0\0WEBPrest", "webp"),
        (b"\0\0\0\x18ftypheicrest", "heic"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'>", None),
        (b"<html>", None),
        (b"%PDF-1.7", None),
        (b"GIF89a", None),
        (b"", None),
    ],
)
def test_a_photo_is_told_by_its_first_bytes(content: bytes, kind: str | None):
    """Not by its name or declared type; nothing that a browser would run."""
    assert kind_of(content) == kind


def test_a_photo_is_kept_once_under_its_hash(tmp_path):
    """The same photo twice is one file, whole when it is named; other names lead nowhere."""
    photos = Photos(tmp_path)
    name = photos.keep(b"\xff\xd8\xff one", "jpg")

    assert photos.keep(b"\xff\xd8\xff one", "jpg") == name
    assert [file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()] == [b"\xff\xd8\xff one"]
    assert photos.has(name)
    assert not photos.has("../" + name)
    assert not photos.has("0" * 64 + ".jpg")


def test_an_address_comes_so_often_and_others_are_not_held_up():
    """A burst, then one by one; memory is bounded, of IPv6 the network counts."""
    now = [0.0]
    visitors = Visitors(0.5, 2, lambda: now[0], most=3)

    assert [visitors.wait("10.0.0.1") for _ in range(3)] == [0, 0, 2]
    assert visitors.wait("10.0.0.2") == 0
    now[0] = 2.0
    assert [visitors.wait("10.0.0.1") for _ in range(2)] == [0, 2]
    for number in range(10, 14):
        visitors.wait(f"10.0.0.{number}")
    assert visitors.wait("10.0.0.1") == 0
    assert network_of("2001:db8:1:2:3::4") == network_of("2001:db8:1:2::9") != network_of("2001:db8:1:3::9")
    assert network_of("::ffff:10.0.0.1") == "10.0.0.1"
