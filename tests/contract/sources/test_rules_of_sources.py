"""samples/README §3, §5 and §6: what each JSON source says about its own fields."""

import pytest

VISIT = {
    "eventType": "visit",
    "visitNum": 1,
    "visitTime": "2026-11-14 09:10:00",
    "visitCallIsConnected": "1",
    "visitIsSolved": "解决",
    "visitIsSatisfaction": "满意",
    "visitResult": "好",
}


@pytest.mark.parametrize(
    ("event_type", "kind"),
    [("CREATE", "REPORTED"), ("Supplement", "SUPPLEMENTED"), ("urge", "URGED"), ("withdraw", "WITHDRAWN")],
)
def test_hotline_kinds(hotline, event_type, kind):
    """English enumerations are compared without regard to case; these four carry majorContent."""
    event = hotline(eventType=event_type, answerContent="x", visitResult="y")
    assert (event["kind"], event["text"]) == (kind, "室温不达标")


@pytest.mark.parametrize("event_type", ["merge", "创建", 1])
def test_hotline_kind_unknown(hotline, event_type):
    """Not one of the six."""
    assert hotline(eventType=event_type) == "unknown_event_type"


@pytest.mark.parametrize("field", ["eventType", "orderId", "eventSeq", "eventTime", "majorContent"])
def test_hotline_required(hotline, absent, field):
    """Of a create."""
    assert hotline(**{field: absent}) == "missing_field"


def test_hotline_content_is_required_in_create_and_supplement_only(hotline, absent):
    """An urge may come without words."""
    assert hotline(eventType="supplement", majorContent=absent) == "missing_field"
    assert hotline(eventType="urge", majorContent=absent)["text"] is None
    assert hotline(eventType="answer", answerContent=absent) == "missing_field"


def test_hotline_answer(hotline):
    """The answer is the text; who answered is an attribute, of answers only."""
    event = hotline(eventType="answer", answerContent="已修好", answerOrgName="供热站")
    assert (event["kind"], event["text"], event["attributes"]["answer_org"]) == ("ANSWERED", "已修好", "供热站")
    assert "answer_org" not in hotline(answerOrgName="供热站")["attributes"]


def test_hotline_visit(hotline):
    """What a call-back found."""
    event = hotline(**VISIT)
    assert event["text"] == "好"
    assert event["attributes"] == {
        "native_channel": "电话",
        "visit_connected": "true",
        "visit_num": "1",
        "visit_satisfaction": "SATISFIED",
        "visit_solved": "SOLVED",
        "visit_time": "1794618600000",
    }


@pytest.mark.parametrize(
    "field", ["visitNum", "visitTime", "visitCallIsConnected", "visitIsSolved", "visitIsSatisfaction"]
)
def test_hotline_visit_required(hotline, absent, field):
    """The last two when connected."""
    assert hotline(**VISIT | {field: absent}) == "missing_field"


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("visitNum", "0", "bad_value"),
        ("visitTime", "昨天", "bad_time"),
        ("visitCallIsConnected", "2", "bad_value"),
        ("visitIsSolved", "SOLVED", "bad_value"),
        ("visitIsSatisfaction", "一般", "bad_value"),
    ],
)
def test_hotline_visit_values(hotline, field, value, reason):
    """Not in the table."""
    assert hotline(**VISIT | {field: value}) == reason
    assert not isinstance(hotline(**{field: value}), str), "a create does not look at them"


def test_hotline_visit_not_connected(hotline, absent):
    """Nothing is said about solved and satisfied; if it is all the same, that is a contradiction."""
    silent = VISIT | {"visitCallIsConnected": 0, "visitIsSolved": absent, "visitIsSatisfaction": absent}
    event = hotline(**silent)
    assert event["attributes"]["visit_connected"] == "false"
    assert "quality" not in event["attributes"]
    event = hotline(**silent | {"visitIsSatisfaction": "满意"})
    assert event["attributes"]["quality"] == "visit_contradiction"
    assert not {"visit_solved", "visit_satisfaction"} & set(event["attributes"])


def test_hotline_attributes(hotline):
    """Tables to words; what is in no table is flagged and left out."""
    event = hotline(
        orderNum="A1",
        oldOrderNum="B2",
        handleModelType="直接办理",
        timeUnit="紧急工作时",
        isOldCaller=1,
        handleDays=5,
    )
    assert event["attributes"] == {
        "handle_days": "5",
        "handle_mode": "DIRECT",
        "is_old_caller": "true",
        "native_channel": "电话",
        "old_order_num": "B2",
        "order_num": "A1",
        "time_unit": "urgent_hour",
    }
    for field in ("handleModelType", "timeUnit", "isOldCaller"):
        assert hotline(**{field: "x"})["attributes"] == {"native_channel": "电话", "quality": "value_unknown"}


def test_hotline_category(hotline):
    """Levels are trimmed; either part alone will do; neither gives none."""
    assert hotline(questionName=" 公共服务 -> 供热 ->室温", questionCode="０４")["category"] == {
        "scheme": "12345",
        "code": "04",
        "path": "公共服务->供热->室温",
    }
    assert hotline(questionCode=40201)["category"] == {"scheme": "12345", "code": "40201", "path": None}
    assert hotline()["category"] is None


@pytest.mark.parametrize("field", ["reportNo", "channel", "reportTime", "description"])
def test_push_required(push, absent, field):
    """Of a push."""
    assert push(**{field: absent}) == "missing_field"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "false"),
        ("是", "true"),
        ("Y", "true"),
        ("１", "true"),
        (True, "true"),
        ("否", "false"),
        ("N", "false"),
        (0, "false"),
    ],
)
def test_push_self_handled(push, value, expected):
    """Always present."""
    assert push(selfHandled=value)["attributes"]["self_handled"] == expected


@pytest.mark.parametrize("value", ["对", "2", "yes"])
def test_push_self_handled_otherwise(push, value):
    """Neither yes nor no."""
    assert push(selfHandled=value) == "bad_value"


def test_push_category(push, absent):
    """By its path in both spellings; unknown ones are carried without code; title is the last level."""
    event = push(category="环境卫生/ 积雪结冰")
    assert event["category"] == {"scheme": "grid", "code": "G0103", "path": "环境卫生->积雪结冰"}
    assert event["title"] == "积雪结冰"
    event = push(category="其他 -> 杂项（一）")
    assert event["category"] == {"scheme": "grid", "code": None, "path": "其他->杂项（一）"}
    assert (event["title"], event["attributes"]["quality"]) == ("杂项（一）", "category_unknown")
    assert push(category=absent)["category"] is None
    assert push(category=absent)["title"] is None


def test_push_attributes(push):
    """QR code, route and party branch."""
    event = push(qrCodeId="Ｑ1", patrolRoute="R1", partyOrg="第三党支部（示例）")
    assert event["attributes"] == {
        "party_org": "第三党支部（示例）",
        "patrol_route": "R1",
        "qr_id": "Q1",
        "self_handled": "false",
    }


def test_push_of_an_unknown_division(push):
    """A grid of another city."""
    assert push(gridCode="230102003005012") == "unknown_division"


@pytest.mark.parametrize("field", ["feedbackId", "endpointId", "dispatchId", "caseId", "action", "at"])
def test_feedback_required(feedback, absent, field):
    """Of every action."""
    assert feedback(**{field: absent}) == "missing_field"


@pytest.mark.parametrize(
    ("action", "needs", "kind"),
    [
        ("SIGN", [], "SIGNED"),
        ("return", ["reason"], "RETURNED"),
        ("whistle", ["reason", "level"], "WHISTLED"),
        ("extend", ["reason", "until"], "EXTENDED"),
        ("suspend", ["reason"], "SUSPENDED"),
        ("resume", [], "RESUMED"),
        ("done", ["note"], "DONE"),
        ("Note", ["note"], "NOTED"),
    ],
)
def test_feedback_actions(feedback, absent, action, needs, kind):
    """Each with what it cannot do without."""
    words = {"reason": "因故", "level": "重点哨", "until": "2026-11-16T18:00:00+08:00", "note": "记"}
    given = {name: words[name] for name in needs}
    assert feedback(action=action, **given)["kind"] == kind
    for name in needs:
        assert feedback(action=action, **given | {name: absent}) == "missing_field"


def test_feedback_action_unknown(feedback):
    """Not one of the eight; told before what else is missing."""
    assert feedback(action="approve", caseId="") == "unknown_action"


@pytest.mark.parametrize("case_id", ["HL1", "hotline", "hotline:", "province:1", "endpoint:1", ":1"])
def test_feedback_about_no_case(feedback, case_id):
    """The id the dispatch carried, of one of three sources."""
    assert feedback(caseId=case_id) == "bad_value"


def test_feedback_carries_its_case(feedback):
    """The case is another source's; what follows the first colon is its id there."""
    event = feedback(caseId="citymgmt：CG:1")
    assert (event["case_id"], event["source"], event["source_case_id"]) == ("citymgmt:CG:1", "endpoint", "CG:1")


@pytest.mark.parametrize("until", ["2026-11-10T08:31:05+08:00", "2026-11-10T00:31:04Z"])
def test_feedback_until_is_after_at(feedback, until):
    """Equal is not after."""
    assert feedback(until=until) == "bad_value"


def test_feedback_values(feedback):
    """Level and targets on any action that gives them; a level in no table is bad."""
    event = feedback(level="疑难哨", targets=["A", "B"], evidence=["https://a.invalid/1"])
    assert event["attributes"]["whistle_level"] == "difficult"
    assert event["attributes"]["targets"] == "A,B"
    assert event["attachments"] == [{"kind": "evidence", "uri": "https://a.invalid/1"}]
    assert feedback(level="超级哨") == "bad_value"
