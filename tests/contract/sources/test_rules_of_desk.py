"""docs/sources/desk.md: what each decision of the command centre needs, what it carries, and what it leaves out."""

import json

import pytest

AT = "1794270665000"
VISIT = {"action": "visit", "attempt": 1, "connected": True, "solved": "解决", "satisfaction": "满意"}
APPEAL = {"action": "appeal", "clock": "handle", "reason": "停电"}
BY_VALUE = {"action": "extend", "value": 2, "unit": "work_day"}
UNTIL = "2026-11-16T18:00:00+08:00"
EXAMPLES = [
    ("dispatch", {"unit": "JH-GR"}, "STATE_CHANGED", {"state": "DISPATCHED", "dept_code": "JH-GR"}),
    ("extend", {"until": UNTIL}, "EXTENDED", {"until": "1794823200000"}),
    ("suspend", {"reason": "待料"}, "SUSPENDED", {"reason": "待料"}),
    ("suspend", {"reason": "待料", "until": UNTIL}, "SUSPENDED", {"reason": "待料", "until": "1794823200000"}),
    ("resume", {}, "RESUMED", {}),
    ("merge", {"into": "grid:WG1"}, "MERGED", {"merged_into": "grid:WG1"}),
    ("withdraw", {}, "WITHDRAWN", {}),
    ("recalculate", {"calendar": "2027-1"}, "RECALCULATED", {"calendar": "2027-1"}),
    ("note", {"note": "记"}, "NOTED", {}),
]


@pytest.mark.parametrize(("action", "fields", "kind", "attributes"), EXAMPLES)
def test_an_action_becomes_its_kind_with_its_attributes(desk, action, fields, kind, attributes):
    """English words in any case; the text is the note."""
    for spelling in (action, action.upper(), action.title(), f" {action} "):
        event = desk(**{"action": spelling, "note": "记", **fields})
        assert (event["kind"], event["attributes"], event["text"]) == (kind, attributes, "记")


def test_an_event_of_the_desk_says_nothing_about_place_and_matter(desk):
    """Channel other, nobody reported, no place, category, urgency and title, whatever else was sent."""
    event = desk(title="x", address="x", category="x", urgency="特急", callerPhone="13000001301", note="记")

    assert (event["source"], event["channel"], event["occurred_at"]) == ("desk", "other", int(AT))
    assert event["reporter"] == {"token": None, "has_contact": False, "secret": False}
    assert {event[name] for name in ("location", "category", "urgency", "title")} == {None}


def test_the_case_is_another_sources(desk):
    """What follows the first colon is its id there."""
    event = desk(caseId="citymgmt：CG:1", messageId="ＺＨ1")

    assert (event["case_id"], event["source_case_id"]) == ("citymgmt:CG:1", "CG:1")
    assert event["source_event_id"] == "ZH1"


@pytest.mark.parametrize("case_id", ["HL1", "hotline", "hotline:", "desk:1", "endpoint:1", ":1"])
def test_what_is_no_case_of_the_hub_is_a_bad_value(desk, case_id):
    """Cases come from three sources only; a case is merged into one of them, too."""
    assert desk(caseId=case_id) == "bad_value"
    assert desk(action="merge", into=case_id) == "bad_value"


def test_a_case_is_not_merged_into_itself(desk):
    """Also when it is spelt in full width."""
    assert desk(action="merge", into="hotline:HL1") == "bad_value"
    assert desk(action="merge", into="hotline：HL1") == "bad_value"
    assert desk(action="merge", into="grid:HL1")["attributes"] == {"merged_into": "grid:HL1"}


@pytest.mark.parametrize("action", ["approve", "sign", "派遣", 1])
def test_an_unknown_action_is_told_first(desk, action):
    """Before what else is missing."""
    assert desk(action=action, caseId="", at="x") == "unknown_action"


@pytest.mark.parametrize("field", ["messageId", "caseId", "action", "at"])
@pytest.mark.parametrize("nothing", [None, "", " "])
def test_every_message_needs_its_ids_action_and_time(desk, absent, field, nothing):
    """An empty value is not given."""
    assert desk(**{field: absent}) == desk(**{field: nothing}) == "missing_field"


@pytest.mark.parametrize(
    ("fields", "needs"),
    [
        ({"action": "dispatch", "unit": "JH-GR"}, ["unit"]),
        ({"action": "suspend", "reason": "待料"}, ["reason"]),
        ({"action": "merge", "into": "grid:WG1"}, ["into"]),
        (VISIT, ["attempt", "connected", "solved", "satisfaction"]),
        (APPEAL, ["clock", "reason"]),
        (APPEAL | {"action": "excuse"}, ["clock", "reason"]),
        (APPEAL | {"action": "reject"}, ["clock", "reason"]),
        ({"action": "recalculate", "calendar": "2027-1"}, ["calendar"]),
        ({"action": "note", "note": "记"}, ["note"]),
        ({"action": "extend", "until": UNTIL}, ["until"]),
        (BY_VALUE, ["value", "unit"]),
    ],
)
def test_an_action_needs_its_fields(desk, absent, fields, needs):
    """Each alone is missed, and before a time or a value that is bad."""
    assert not isinstance(desk(**fields), str)
    for field in needs:
        assert desk(**fields | {field: absent, "at": "昨天", "caseId": "x"}) == "missing_field", field


def test_a_bad_time_is_told_before_a_bad_value(desk):
    """The order of all sources."""
    assert desk(at="昨天", caseId="x") == "bad_time"
    assert desk(action="extend", until="明天", caseId="x") == "bad_time"
    assert desk(**VISIT | {"connected": "x", "at": "2026-11-14 09:10:00"}) == "bad_time"


@pytest.mark.parametrize("action", ["extend", "suspend"])
@pytest.mark.parametrize("until", ["2026-11-10T08:31:05+08:00", "2026-11-10T00:31:04Z"])
def test_until_lies_after_at(desk, action, until):
    """Equal is not after."""
    assert desk(action=action, reason="待料", until=until) == "bad_value"
    assert not isinstance(desk(until=until), str), "a resumption does not look at it"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (2, "2"), (10, "10"), ("2", "2"), (1.5, "1.5"), ("0.50", "0.5"), ("3.0", "3"), ("１．５", "1.5"),
        (0.000000001, None), ("0.000000001", "0.000000001"), ("999999999", "999999999"),
    ],
)  # fmt: skip
def test_an_extension_by_value_is_a_plain_decimal_number(desk, value, text):
    """Number or text, without trailing zeros; how a number is spelt does not make another event."""
    event = desk(**BY_VALUE | {"value": value})
    if text is None:
        assert event == "bad_value", "an exponent"
    else:
        assert event["attributes"] == {"extension_value": text, "extension_unit": "work_day"}


@pytest.mark.parametrize(
    "value", [0, "0.0", -1, "+1", "1,5", ".5", "1.", "01", "1e2", "两", True, "1000000000", "NaN"]
)
def test_an_extension_by_anything_else_is_a_bad_value(desk, value):
    """Nothing, less than nothing, words, and more than nine digits."""
    assert desk(**BY_VALUE | {"value": value}) == "bad_value"


@pytest.mark.parametrize("unit", ["urgent_hour", "work_hour", "work_day", "NATURAL_DAY"])
def test_an_extension_has_one_of_four_units(desk, unit):
    """Those of limits; compared without regard to case."""
    assert desk(**BY_VALUE | {"unit": unit})["attributes"]["extension_unit"] == unit.lower()
    assert desk(**BY_VALUE | {"unit": "工作日"}) == "bad_value"


def test_an_extension_says_how_long_in_one_way(desk):
    """An instant and a value could contradict each other; a unit alone says nothing."""
    assert desk(**BY_VALUE | {"until": UNTIL}) == "bad_value"
    assert desk(action="extend", until=UNTIL, unit="work_day")["attributes"] == {"until": "1794823200000"}


@pytest.mark.parametrize(
    ("connected", "expected"),
    [
        (True, "true"), ("true", "true"), ("TRUE", "true"), (1, "true"), ("１", "true"), ("是", "true"),
        (False, "false"), ("False", "false"), (0, "false"), ("0", "false"), ("否", "false"),
    ],
)  # fmt: skip
def test_a_visit_was_connected_or_not(desk, connected, expected):
    """As a boolean, a digit or a word."""
    assert desk(**VISIT | {"connected": connected})["attributes"]["visit_connected"] == expected


@pytest.mark.parametrize(
    ("field", "said", "word"),
    [
        *(
            ("solved", *pair)
            for pair in (("解决", "SOLVED"), ("未解决", "UNSOLVED"), ("部分解决", "PARTLY_SOLVED"))
        ),
        *(("satisfaction", *pair) for pair in (("满意", "SATISFIED"), ("基本满意", "BASICALLY_SATISFIED"))),
        *(("satisfaction", *pair) for pair in (("不满意", "DISSATISFIED"), ("未评价", "NOT_RATED"))),
        ("satisfaction", "拒访", "REFUSED"),
    ],
)
def test_a_visit_carries_both_answers(desk, field, said, word):
    """In Chinese or in English; attempt and instant as attributes, what was said as text."""
    for spelling in (said, word, word.lower()):
        event = desk(**VISIT | {field: spelling, "note": "好", "attempt": "2"})
        answers = {"visit_solved": "SOLVED", "visit_satisfaction": "SATISFIED"} | {f"visit_{field}": word}
        assert event["attributes"] == {"visit_connected": "true", "visit_num": "2", "visit_time": AT} | answers
        assert (event["kind"], event["text"]) == ("VISITED", "好")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("connected", "2"),
        ("connected", "接通"),
        ("solved", "一般"),
        ("satisfaction", "一般"),
        ("attempt", 0),
        ("attempt", "01"),
        ("attempt", 1.5),
        ("attempt", "一"),
    ],
)
def test_a_visit_of_other_words_is_a_bad_value(desk, field, value):
    """Not in the table; the attempts are counted from 1."""
    assert desk(**VISIT | {field: value}) == "bad_value"
    assert not isinstance(desk(**{field: value}), str), "a resumption does not look at them"


def test_a_visit_that_was_not_connected_carries_no_answer(desk, absent):
    """None is needed; one given all the same is a contradiction."""
    silent = VISIT | {"connected": False, "solved": absent, "satisfaction": absent}

    assert desk(**silent)["attributes"] == {"visit_connected": "false", "visit_num": "1", "visit_time": AT}
    for field, said in (("solved", "解决"), ("satisfaction", "随便")):
        event = desk(**silent | {field: said})
        assert event["attributes"]["quality"] == "visit_contradiction"
        assert not {"visit_solved", "visit_satisfaction"} & set(event["attributes"])


def test_the_caller_who_was_asked_has_the_token_of_the_one_who_reported(desk, hotline):
    """All spellings of one number, and whichever source gives it; the number itself is nowhere."""
    asked = desk(**VISIT | {"callerPhone": "+86 130-0000-1301"})

    assert asked["reporter"] == hotline(callerPhone="13000001301")["reporter"]
    assert asked["reporter"]["has_contact"] is True
    assert "1301" not in repr(asked)


@pytest.mark.parametrize(("phone", "quality"), [("无", None), ("", None), ("110", "contact_bad")])
def test_a_visit_without_a_usable_phone_has_no_token(desk, phone, quality):
    """Flagged when something else was given."""
    event = desk(**VISIT | {"callerPhone": phone})

    assert event["reporter"] == {"token": None, "has_contact": False, "secret": False}
    assert event["attributes"].get("quality") == quality


@pytest.mark.parametrize("action", ["appeal", "excuse", "reject"])
def test_an_appeal_names_its_clock_and_may_name_cycle_and_leg(desk, action):
    """One of four clocks; numbers from 1."""
    event = desk(**APPEAL | {"action": action.title(), "clock": "CALL_BACK", "cycle": 2, "leg": "３"})
    appeal = {"appeal": "FILED", "excuse": "EXCUSED", "reject": "REJECTED"}[action]

    expected = {"appeal": appeal, "clock": "call_back", "cycle": "2", "leg": "3", "reason": "停电"}
    assert (event["kind"], event["attributes"]) == ("APPEALED", expected)
    for clock in ("sign", "handle", "call_back", "total"):
        assert desk(**APPEAL | {"clock": clock})["attributes"]["clock"] == clock
    for field, value in (("clock", "lunch"), ("cycle", 0), ("leg", "-1"), ("leg", "x")):
        assert desk(**APPEAL | {"action": action, field: value}) == "bad_value", field


def test_reason_and_note_are_masked_and_never_evaluated(desk):
    """Phones and identity numbers, in any width; what looks like a formula is flagged."""
    event = desk(reason="找１３０００００１３０１", note="证230299190001010020，电0452-0000012转3")
    assert (event["attributes"]["reason"], event["text"]) == ("找[PHONE]", "证[ID]，电[PHONE]")
    for field in ("reason", "note"):
        assert desk(**{field: "=1+1"})["attributes"]["quality"] == "formula_like"


@pytest.mark.parametrize("post", ["QQHR-ZHZX", "230202001-ZB", "EP-230202-0312"])
def test_the_operator_is_the_code_of_a_post(desk, post):
    """Of a unit or an endpoint; read like every code."""
    assert desk(operator=post)["attributes"] == {"operator": post}
    assert desk(operator=f" {post.replace('-', '－')} ")["attributes"] == {"operator": post}


@pytest.mark.parametrize("name", ["祝时予", "Zhu Shiyu", "ZHU", "zhu-shiyu", "QQHR-ZHZX 祝时予", "130-0000-1301"])
def test_a_name_of_a_person_is_never_carried(desk, name):
    """What has not the form of a code is dropped and flagged; names in other fields are not looked at."""
    event = desk(operator=name, operatorName=name, callerName=name, visitor=name)

    assert event["attributes"] == {"quality": "operator_bad"}
    assert name not in json.dumps(event, ensure_ascii=False)


def test_fields_of_other_actions_are_not_looked_at(desk):
    """A form that sends all its fields is read by its action alone."""
    rest = {**VISIT, **APPEAL, **BY_VALUE, "into": "x", "until": "x", "calendar": "x", "cycle": "x", "note": "记"}

    assert desk(**rest | {"action": "resume"})["attributes"] == {"reason": "停电"}
    assert desk(**rest | {"action": "note"})["attributes"] == {"reason": "停电"}
