"""samples/README §4 and §7 for XML batches: encoding, well-formedness, structure, records."""

# ruff: noqa: E501 - a table reads best with one example a line

import pytest

GOOD = "<StateChange><TASKID>CG9</TASKID><CHANGENO>1</CHANGENO><STATE>立案</STATE><CHANGETIME>2026/11/9 8:18:00</CHANGETIME></StateChange>"


def _shown(found):
    return [(number, result if isinstance(result, str) else result["source_event_id"]) for number, result in found]


@pytest.mark.parametrize("name", ["GB18030", "gb18030", "GBK", "gb2312"])
@pytest.mark.parametrize("quote", ['"', "'"])
def test_three_declarations_are_read_as_gb18030(batch, case_xml, name, quote):
    """GBK and GB2312 too, with characters beyond them."""
    declaration = f"<?xml version={quote}1.0{quote} encoding={quote}{name}{quote} standalone='yes'?>\r\n"
    found = batch(case_xml(DESCRIPTION="𠮷㐀😀"), declaration=declaration)
    assert found[0][1]["text"] == "𠮷㐀😀"


@pytest.mark.parametrize(
    "declaration", ["", '<?xml version="1.0"?>', '<?xml version="1.0" encoding="UTF-8"?>', "<?pi?>"]
)
def test_another_or_no_declaration_is_wrong_encoding(batch, declaration):
    """Whatever the bytes are."""
    assert batch(GOOD, declaration=declaration) == [(None, "wrong_encoding")]


def test_bytes_that_are_not_gb18030(raw):
    """Undecodable bytes reject the batch; so does UTF-8 with its mark."""
    start = b'<?xml version="1.0" encoding="GB18030"?>'
    assert raw("citymgmt", start + b"<CaseList>\xff</CaseList>", "") == [(None, "wrong_encoding")]
    assert raw("citymgmt", b"\xef\xbb\xbf" + start + b"<CaseList/>", "") == [(None, "wrong_encoding")]
    assert raw("citymgmt", b"\x84\x31\x95\x33" + start + b"<CaseList/>", "") == []


def test_an_empty_list_is_valid(batch):
    """No records, no fault."""
    assert batch() == []
    assert batch("\n  <!-- nothing --> ") == []


@pytest.mark.parametrize(
    "nothing", [b"", b"\r\n ", b"\x84\x31\x95\x33", "\u3000".encode(), "\u3000".encode("gb18030")]
)
def test_nothing_is_an_empty_payload(raw, nothing):
    """No bytes, white space, a lone mark."""
    assert raw("citymgmt", nothing, "") == [(None, "empty_payload")]


@pytest.mark.parametrize(
    "doctype",
    [
        "<!DOCTYPE CaseList>",
        '<!DOCTYPE CaseList SYSTEM "http://a.invalid/x.dtd">',
        '<!DOCTYPE CaseList [<!ENTITY a "b"><!ENTITY c "&a;&a;">]>',
    ],
)
def test_a_doctype_of_any_kind_is_refused(raw, doctype):
    """Before anything in it could be read; also where the rest is not well formed."""
    for rest in ("<CaseList/>", "<CaseList>&c;</CaseList>", "<CaseList>"):
        payload = f'<?xml version="1.0" encoding="GB18030"?>{doctype}{rest}'
        assert raw("citymgmt", payload.encode("gb18030"), "") == [(None, "xml_entity")]


def test_the_word_doctype_in_a_text_is_a_text(batch, case_xml):
    """In CDATA and comments it is no DOCTYPE."""
    found = batch(case_xml(DESCRIPTION="<![CDATA[<!DOCTYPE a>]]>"), "<!-- <!DOCTYPE a> -->")
    assert found[0][1]["text"] == "<!DOCTYPE a>"


@pytest.mark.parametrize(
    "broken", ["<Case>", "<Case></case>", "&x;", "<Case a=1/>", "<Case a='1' a='2'/>", "&#7;", "<a:b", "]]>"]
)
def test_what_is_not_well_formed(batch, broken):
    """One fault spoils the batch."""
    assert batch(GOOD, broken, GOOD) == [(None, "malformed_xml")]


def test_raw_control_characters(batch, case_xml):
    """They spoil the batch, and are told before it is found not to be well formed."""
    assert batch(case_xml(DESCRIPTION="a\x07")) == [(None, "control_characters")]
    assert batch(case_xml(DESCRIPTION="a\x7f")) == [(None, "control_characters")]


def test_control_characters_by_reference(batch, case_xml):
    """In a value or a photo they spoil the record, in what is ignored nothing."""
    found = batch(
        case_xml(DESCRIPTION="a&#127;"),
        case_xml('<PHOTO KIND="near" URI="http://a/&#x7f;"/>'),
        case_xml("<EXTRA>&#127;</EXTRA>"),
        case_xml(REPORTER="&#127;"),
    )
    assert _shown(found) == [
        (1, "control_characters"),
        (2, "control_characters"),
        (3, "CG1/0"),
        (4, "control_characters"),
    ]


def test_nesting(batch):
    """32 levels with the list itself are read, 33 are not; also where the rest is broken or has a DOCTYPE."""
    deep = lambda levels: "<a>" * levels + "</a>" * levels  # noqa: E731
    assert batch(deep(31)) == [(1, "unknown_event_type")]
    assert batch(deep(32)) == [(None, "nesting_too_deep")]
    assert batch("<a>" * 32) == [(None, "nesting_too_deep")]
    assert batch("<a b='>'>" * 30 + "<a b='/'/>" + "</a>" * 30) == [(1, "unknown_event_type")]
    assert batch("<?x <a> ?><![CDATA[" + "<a>" * 40 + "]]>" + "<a/>" * 40)[-1] == (40, "unknown_event_type")
    declaration = '<?xml version="1.0" encoding="GB18030"?><!DOCTYPE a>'
    assert batch(deep(40), declaration=declaration) == [(None, "nesting_too_deep")]


def test_the_root_is_a_case_list(raw):
    """Another root is of the wrong type."""
    payload = '<?xml version="1.0" encoding="GB18030"?><Cases/>'
    assert raw("citymgmt", payload.encode(), "") == [(None, "wrong_type")]


def test_children_are_numbered_and_unknown_ones_rejected_alone(batch):
    """Text, comments and instructions between them are ignored."""
    found = batch("x<!-- a -->", "<Other><A/><A/></Other>", "<?pi b?>", GOOD, "<Case/>", GOOD, "<CaseList/>")
    assert _shown(found) == [
        (1, "unknown_event_type"),
        (2, "CG9/1"),
        (3, "missing_field"),
        (4, "CG9/1"),
        (5, "unknown_event_type"),
    ]


def test_text_plain_and_cdata(batch, case_xml):
    """Comments and instructions in it are ignored; references and line ends are read."""
    text = " 甲<!-- 13000001999 -->乙<?p 1?><![CDATA[<丙> & 丁]]>&lt;戊&gt;&#20013;\r\n己\r庚&#13;辛 "
    assert batch(case_xml(DESCRIPTION=text))[0][1]["text"] == "甲乙<丙> & 丁<戊>中\n己\n庚\n辛"


def test_an_element_stands_once_and_holds_text_only(batch, case_xml):
    """Twice is duplicate_key, elements within are wrong_type; PHOTO may stand any number of times."""
    found = batch(
        case_xml("<TASKID>CG1</TASKID>"),
        case_xml("<EXTRA/><EXTRA/>"),
        case_xml(DESCRIPTION="<b>x</b>"),
        case_xml("<TASKID>CG1</TASKID>", DESCRIPTION="<b>x</b>"),
        case_xml('<PHOTO KIND="near" URI="http://a/1"/>' * 3),
    )
    assert _shown(found)[:4] == [
        (1, "duplicate_key"),
        (2, "duplicate_key"),
        (3, "wrong_type"),
        (4, "duplicate_key"),
    ]
    assert len(found[4][1]["attachments"]) == 3


def test_order_of_elements_is_free_and_attributes_are_ignored(batch):
    """The transport's attributes and any other are not carried."""
    found = batch(
        '<StateChange id="13000001999"><STATE lang="zh">立案</STATE><CHANGETIME>2026/11/9 8:18</CHANGETIME>'
        "<CHANGENO>2</CHANGENO><TASKID>CG9</TASKID></StateChange >"
    )
    assert _shown(found) == [(1, "CG9/2")]
    assert found[0][1]["attributes"]["quality"] == "time_no_seconds"
    assert "13000001999" not in repr(found)


def test_a_record_counts_its_bytes_as_sent(batch, case_xml):
    """262,144 bytes from `<Case>` to `</Case>` are read, one more is rejected alone."""
    room = 262_144 - len(case_xml(DESCRIPTION="").encode("gb18030"))
    found = batch(
        case_xml(DESCRIPTION="x" * room),
        case_xml(DESCRIPTION="x" * (room + 1)),
        case_xml(DESCRIPTION="中" * (room // 2)),
    )
    assert _shown(found) == [(1, "CG1/0"), (2, "oversized"), (3, "CG1/0")]


def test_a_batch_counts_its_bytes(raw):
    """16 MiB at most."""
    start = b'<?xml version="1.0" encoding="GB18030"?><CaseList>'
    assert raw("citymgmt", start.ljust(16 * 1024 * 1024 + 1), "") == [(None, "oversized")]


@pytest.mark.parametrize("field", ["TASKID", "INFOTYPE", "DISCOVERTIME"])
def test_required_elements_of_a_case(case, absent, field):
    """Absent or blank."""
    assert case(**{field: absent}) == "missing_field"
    assert case(**{field: " \u3000"}) == "missing_field"


@pytest.mark.parametrize("field", ["TASKID", "CHANGENO", "STATE", "CHANGETIME"])
def test_required_elements_of_a_change(change, absent, field):
    """Absent or blank."""
    assert change(**{field: absent}) == "missing_field"


def test_category_of_a_case(case, absent):
    """Code of letter, big and small class; the path of the names; title the small class."""
    event = case(INFOTYPE="部件", BIGCLASS="０１", SMALLCLASS="127", SMALLCLASSNAME=" 路灯 ")
    assert event["category"] == {"scheme": "citymgmt", "code": "C-01-127", "path": "部件->市容环境->路灯"}
    assert event["title"] == "路灯"
    event = case(SMALLCLASS=absent, SMALLCLASSNAME=absent)
    assert (event["category"]["code"], event["category"]["path"], event["title"]) == (None, "事件->市容环境", None)
    assert case(INFOTYPE="其他") == "bad_value"


def test_a_change_says_nothing_of_place_category_or_urgency(change):
    """Only the state, the opinion and photos."""
    event = change(
        '<PHOTO KIND="handle_after" URI="obj://a"/>', STATE="结案", OPINION="好", DEPTCODE="Ａ-1", ADDRESS="路"
    )
    assert (event["kind"], event["channel"]) == ("STATE_CHANGED", "other")
    assert [event[name] for name in ("location", "category", "urgency", "title")] == [None] * 4
    assert event["attributes"] == {"dept_code": "A-1", "native_state": "结案", "state": "CLOSED"}
    assert event["attachments"] == [{"kind": "handle_after", "uri": "obj://a"}]
    assert change(STATE="冻结") == "unknown_event_type"
    assert change(STATE="冻结", TASKID="") == "unknown_event_type"
