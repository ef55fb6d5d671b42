"""samples/README §2.6-2.14: masking, contact, secrecy, places, coordinates, urgency, channel, flags."""

import pytest


def _quality(event):
    return event["attributes"].get("quality")


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("电话13000001001。", "电话[PHONE]。"),
        ("+86 130-0000-1001", "[PHONE]"),
        ("008613000001001", "[PHONE]"),
        ("86 130 0000 1001x", "[PHONE]x"),
        ("１３０００００１００１", "[PHONE]"),
        ("1300000-1001", "[PHONE]"),
        ("130－0000—1001", "[PHONE]"),
        ("（0452）0000004", "[PHONE]"),
        ("0452　0000005", "[PHONE]"),
        ("0452-0000002转6", "[PHONE]"),
        ("0452-0000008-2号", "[PHONE]号"),
        ("010-00000001", "[PHONE]"),
        ("+86 024 0000001", "[PHONE]"),
        ("身份证230299190001010014", "身份证[ID]"),
        ("230299 19000101 000x", "[ID]"),
        ("２３０２９９１９０００１０１０００Ｘ", "[ID]"),
        ("A230299190001010014", "A230299190001010014"),
        ("230202003005012", "230202003005012"),
        ("4000000001", "4000000001"),
        ("12345转入", "12345转入"),
        ("QQHR-20261020-00388", "QQHR-20261020-00388"),
        ("12000001001", "12000001001"),
        ("213000001001", "213000001001"),
        ("130000010011", "130000010011"),
        ("0452-000001", "0452-000001"),
        ("0152-0000001", "0152-0000001"),
        ("13000001001、13000001002", "[PHONE]、[PHONE]"),
        ("甲１ 13000001001", "甲１ [PHONE]"),
    ],
)
def test_numbers_in_free_text_are_masked(hotline, text, masked):
    """Phones and identity numbers in any width and spelling; other long numbers stay, the rest as it was sent."""
    event = hotline(title=text, majorContent=text, address=text)
    assert (event["title"], event["text"], event["location"]["address"]) == (masked, masked, masked)


def test_masking_reaches_reason_and_handling_result(feedback, push, case):
    """The free-text attributes too."""
    done = feedback(action="return", reason="找13000001001", note="13000001001")
    assert (done["attributes"]["reason"], done["text"]) == ("找[PHONE]", "[PHONE]")
    assert push(handleResult="找13000001001")["attributes"]["handling_result"] == "找[PHONE]"
    assert case(ADDRESS="找13000001001")["location"]["address"] == "找[PHONE]"


def test_a_secret_callers_name_is_replaced_wherever_it_stands(hotline, push):
    """In title, text, address and handling result; never for an open caller."""
    changes = {
        "title": "祁见川举报",
        "majorContent": "祁见川、祁见川",
        "address": "祁见川家",
        "callerName": " 祁见川 ",
    }
    event = hotline(isSecret="1", **changes)
    assert event["title"] == "[NAME]举报"
    assert event["text"] == "[NAME]、[NAME]"
    assert event["location"]["address"] == "[NAME]家"
    assert hotline(isSecret="0", **changes)["title"] == "祁见川举报"
    report = push(
        anonymous=True, reporterName="祁见川", description="祁见川说", handleResult="祁见川知", address="祁见川"
    )
    assert report["text"] == "[NAME]说"
    assert report["attributes"]["handling_result"] == "[NAME]知"
    assert report["location"]["address"] == "[NAME]"


@pytest.mark.parametrize("name", ["祁", "匿名", "不详"])
def test_what_is_no_name_is_not_replaced(hotline, name):
    """One character, 匿名 and 不详 stay in the text."""
    assert hotline(isSecret="1", callerName=name, majorContent=f"{name}来电")["text"] == f"{name}来电"


def test_all_spellings_of_a_phone_have_one_token(hotline):
    """Prefix, separators, width and extension do not count."""
    mobile = ["13000001001", "+86 130-0000-1001", "0086-130 0000 1001", "86１３０００００１００１", "130 0000-1001"]
    line = [
        "0452-0000004",
        "（0452）0000004",
        "+86 0452 0000004转12",
        "04520000004-2",
        "0086(0452)-0000004",
        4520000004,
    ]
    tokens = [{hotline(callerPhone=text)["reporter"]["token"] for text in texts} for texts in (mobile, line[:-1])]
    assert [len(found) for found in tokens] == [1, 1]
    assert tokens[0] != tokens[1]


@pytest.mark.parametrize("text", [None, "", "无", "不详", "匿名", "未提供", " 无 "])
def test_no_contact_is_no_fault(hotline, text):
    """Nothing given, or one of the four words: no flag."""
    event = hotline(callerPhone=text)
    assert event["reporter"] == {"token": None, "has_contact": False, "secret": False}
    assert _quality(event) is None


@pytest.mark.parametrize(
    "text", ["110", "没有", "13000001001、13000001002", "130000010011", "电话13000001001", "0452-1"]
)
def test_an_unusable_contact_is_flagged(hotline, text):
    """Anything that is not one whole phone number."""
    event = hotline(callerPhone=text)
    assert event["reporter"]["has_contact"] is False
    assert _quality(event) == "contact_bad"


def test_an_open_id_stands_in_for_a_phone(push):
    """Only when there is no usable phone; a bad phone stays flagged."""
    phone, both = push(reporterPhone="13000001001"), push(reporterPhone="13000001001", openId="oFAKE1")
    assert phone["reporter"] == both["reporter"]
    alone, bad = push(openId="oFAKE1"), push(openId="oFAKE1", reporterPhone="110")
    assert alone["reporter"]["token"] == bad["reporter"]["token"] is not None
    assert (_quality(alone), _quality(bad)) == (None, "contact_bad")


@pytest.mark.parametrize(
    ("value", "secret", "flag"),
    [
        ("1", True, None),
        (1, True, None),
        ("是", True, None),
        (True, True, None),
        ("１", True, None),
        ("0", False, None),
        ("否", False, None),
        (False, False, None),
        (None, False, None),
        ("", False, None),
        ("保密", True, "secret_unknown"),
        ("2", True, "secret_unknown"),
        ("True", True, "secret_unknown"),
    ],
)
def test_secrecy_when_in_doubt(hotline, push, value, secret, flag):
    """What is not understood counts as secret."""
    for event in (hotline(isSecret=value), push(anonymous=value)):
        assert event["reporter"]["secret"] is secret
        assert _quality(event) == flag


@pytest.mark.parametrize(
    ("ids", "levels", "flags"),
    [
        ("2302/230202/230202003/230202003005", ("230202", "230202003", "230202003005", None), None),
        (" 2302 / 230202 ", ("230202", None, None, None), None),
        ("230202003005012", ("230202", "230202003", "230202003005", "230202003005012"), None),
        ("230202/230203001", ("230202", None, None, None), "street_mismatch"),
        ("230202/230203001/230203001002", ("230202", None, None, None), "community_mismatch,street_mismatch"),
        (
            "230202003/230202004001/230202003002003",
            ("230202", "230202003", None, "230202003002003"),
            "community_mismatch",
        ),
        ("230202003/230202003001/230202003002003", ("230202", "230202003", "230202003001", None), "grid_mismatch"),
        ("23020/230202003", ("230202", "230202003", None, None), "code_bad"),
        ("2302/23020a/230202003", ("230202", "230202003", None, None), "code_bad"),
        ("230202/", ("230202", None, None, None), None),
    ],
)
def test_administrative_codes_hold_together(hotline, ids, levels, flags):
    """Filled from below, then checked from above; what does not fit is dropped and flagged."""
    event = hotline(addressIds=ids)
    place = event["location"]
    assert (place["division"], place["street"], place["community"], place["grid"]) == levels
    assert _quality(event) == flags


@pytest.mark.parametrize("ids", ["2301/230102", "2302/230299", "230102", "2301", "2303/230202", "2302/2301"])
def test_another_city_or_division_is_rejected(hotline, ids):
    """Only the 16 divisions of 2302."""
    assert hotline(addressIds=ids) == "unknown_division"


def test_a_report_without_division_is_flagged(hotline, push, case, absent):
    """REPORTED only; the location is null as a whole when nothing is said about place."""
    for event in (hotline(addressIds=absent), push(gridCode=absent), case(GRIDCODE=absent)):
        assert event["location"] is None
        assert _quality(event) == "division_missing"
    assert _quality(hotline(addressIds=absent, eventType="supplement")) is None
    assert _quality(push(gridCode="2302020030050")) == "code_bad,division_missing"


@pytest.mark.parametrize(
    ("lng", "lat", "crs", "point", "flags"),
    [
        ("123.9573", "47.3175", "GCJ-02", (123.9573, 47.3175, "GCJ02"), None),
        (123.9573, 47.3175, "火星坐标", (123.9573, 47.3175, "GCJ02"), None),
        ("１２３．９", "47.3", "wgs_84", (123.9, 47.3, "WGS84"), None),
        ("123.9", "47.3", "gps", (123.9, 47.3, "WGS84"), None),
        ("123.9", "47.3", "cgcs 2000", (123.9, 47.3, "CGCS2000"), None),
        ("123.9", "47.3", "国家2000", (123.9, 47.3, "CGCS2000"), None),
        ("123.9", "47.3", "bd—09", (123.9, 47.3, "BD09"), None),
        ("123.9", "47.3", "百度", (123.9, 47.3, "BD09"), None),
        ("123.9", "47.3", None, (123.9, 47.3, "UNKNOWN"), "crs_missing"),
        ("123.9", "47.3", "Xian80", (123.9, 47.3, "UNKNOWN"), "crs_unknown"),
        ("47.3", "123.9", "GPS", (123.9, 47.3, "WGS84"), "coord_swapped"),
        ("47.3", "123.9", None, (123.9, 47.3, "UNKNOWN"), "coord_swapped,crs_missing"),
        ("122.0", "45.5", "GPS", (122.0, 45.5, "WGS84"), None),
        ("127.0", "49.2", "GPS", (127.0, 49.2, "WGS84"), None),
        ("127.01", "47", "GPS", (None, None, None), "coord_out_of_area"),
        ("0", "0.00", None, (None, None, None), "coord_zero"),
        ("-0", "0e5", None, (None, None, None), "coord_zero"),
        ("0", "47.3", "GPS", (None, None, None), "coord_out_of_area"),
        ("123.9", None, "GPS", (None, None, None), "coord_bad"),
        ("123.9", "无", "什么", (None, None, None), "coord_bad"),
        ("NaN", "47.3", "GPS", (None, None, None), "coord_bad"),
        ("1e999", "47.3", "GPS", (None, None, None), "coord_bad"),
        ("1_23.9", "47.3", "GPS", (None, None, None), "coord_bad"),
        (None, None, "GPS", (None, None, None), None),
        (None, "", "什么", (None, None, None), None),
    ],
)
def test_coordinates_are_kept_or_flagged(push, lng, lat, crs, point, flags):
    """Never converted; exchanged, zero, foreign or unreadable ones are told."""
    event = push(lng=lng, lat=lat, crs=crs)
    place = event["location"]
    assert (place["lon"], place["lat"], place["crs"]) == point
    assert _quality(event) == flags


def test_coordinates_of_a_local_grid_are_carried_as_sent(push, case):
    """crs LOCAL, the two values in attributes."""
    for event in (
        push(lng="41534512.33", lat="05242017.80", crs="城建坐标"),
        case(COORDX="41534512.33", COORDY="05242017.80", CRS="local"),
    ):
        assert (event["location"]["lon"], event["location"]["lat"], event["location"]["crs"]) == (
            None,
            None,
            "LOCAL",
        )
        assert (event["attributes"]["x"], event["attributes"]["y"]) == ("41534512.33", "05242017.80")
        assert _quality(event) is None


@pytest.mark.parametrize(
    ("points", "flags"),
    [("123.9", "coord_bad"), ("123.9,47.3,1", "coord_bad"), (" 123.9 ， 47.3 ", None), (",", None)],
)
def test_address_points_are_two_parts(hotline, points, flags):
    """Other than two parts is coord_bad."""
    assert _quality(hotline(addressPoints=points)) == flags


@pytest.mark.parametrize(
    ("given", "urgency", "flag"),
    [
        ("一般", "NORMAL", None),
        ("普通", "NORMAL", None),
        ("１", "NORMAL", None),
        ("紧急", "URGENT", None),
        (2, "URGENT", None),
        ("特急", "CRITICAL", None),
        ("3", "CRITICAL", None),
        ("很急", "NORMAL", "urgency_unknown"),
    ],
)
def test_urgency(hotline, push, given, urgency, flag):
    """The table; what is unknown is NORMAL and flagged, on every kind of record."""
    for event in (hotline(pilotLight=given), push(urgency=given), hotline(pilotLight=given, eventType="urge")):
        assert (event["urgency"], _quality(event)) == (urgency, flag)


def test_urgency_not_stated(hotline, absent):
    """NORMAL on a report, null on anything later."""
    assert hotline(pilotLight=absent)["urgency"] == "NORMAL"
    assert hotline(pilotLight=absent, eventType="urge")["urgency"] is None


def test_channels(hotline, push, case, absent):
    """Unknown is other and flagged; missing is flagged on reports only."""
    event = hotline(sourceType="传真")
    assert (event["channel"], _quality(event), event["attributes"]["native_channel"]) == (
        "other",
        "channel_unknown",
        "传真",
    )
    assert _quality(hotline(sourceType=absent)) == "channel_missing"
    assert _quality(hotline(sourceType=absent, eventType="urge")) is None
    assert push(channel="Party_Visit")["channel"] == "party_visit"
    assert _quality(push(channel="fax")) == "channel_unknown"
    assert _quality(case(INFOSOURCE="98")) == "channel_unknown"
    assert case(INFOSOURCE="98")["attributes"]["info_source"] == "98"
    assert _quality(case(INFOSOURCE=absent)) == "channel_missing"
    assert case(INFOSOURCE="36")["channel"] == "patrol"


def test_attachments_by_known_schemes_only(push, feedback, case):
    """http, https and obj; others are dropped and flagged, empty ones are nothing."""
    event = push(images=["https://a.invalid/1", "ftp://a.invalid/2", " obj://b/3 ", "", None, "file:///etc/passwd"])
    assert [attachment["uri"] for attachment in event["attachments"]] == ["https://a.invalid/1", "obj://b/3"]
    assert {attachment["kind"] for attachment in event["attachments"]} == {"photo"}
    assert _quality(event) == "attachment_bad"
    assert feedback(evidence=["javascript:alert(1)"])["attributes"]["quality"] == "attachment_bad"
    event = case(
        '<PHOTO KIND="near" URI="http://a.invalid/1"/><PHOTO URI="x" KIND="far">y</PHOTO><PHOTO KIND="far"/>'
    )
    assert event["attachments"] == [{"kind": "near", "uri": "http://a.invalid/1"}]
    assert _quality(event) == "attachment_bad"


@pytest.mark.parametrize("start", ["=", "+", "-", "@"])
def test_what_a_spreadsheet_would_evaluate_is_flagged(hotline, push, case, change, feedback, start):
    """Carried unchanged; judged as sent, before masking."""
    events = [
        hotline(title=f"{start}1"),
        hotline(majorContent=f" {start}1"),
        hotline(address=f"{start}1"),
        push(handleResult=f"{start}1"),
        push(description=f"{start}1"),
        case(SMALLCLASSNAME=f"{start}1"),
        change(OPINION=f"{start}1"),
        feedback(note=f"{start}1"),
        feedback(reason=f"{start}1"),
    ]
    assert {_quality(event) for event in events} == {"formula_like"}
    assert events[0]["title"] == f"{start}1"
    assert _quality(hotline(majorContent="+86 13000001001")) == "formula_like"
    assert _quality(hotline(majorContent="＝1")) is None


def test_flags_are_sorted_and_joined(hotline):
    """One attribute holds them all."""
    event = hotline(title="=1", callerPhone="1", pilotLight="x", timeUnit="y", eventTime="2026-11-10 07:42")
    assert _quality(event) == "contact_bad,formula_like,time_no_seconds,urgency_unknown,value_unknown"
    assert "time_unit" not in event["attributes"]
