"""Each figure of the ledger by a case made for it."""

import pytest

from hub.domain.case import CALL_BACK_RESULTS
from hub.domain.ledger import UNPLACED, draw, names_of_ids
from hub.domain.ledger_terms import FIGURES, RATES, RESULT_FIGURES

REPORTED = ("11-10 09:00", "REPORTED", "DISPATCHED")
DIRECT = ("11-10 09:00", "REPORTED", "REGISTERED")
DONE = ("11-12 09:00", "DONE", "DONE")


@pytest.fixture
def november(period):
    """1 to 30 November."""
    return period("11-01", "12-01")


@pytest.mark.parametrize(
    ("changes", "figure"),
    [
        ([DIRECT], "open"),
        ([DIRECT, ("11-10 10:00", "ANSWERED", "ANSWERED")], "answered_directly"),
        ([("11-10 09:00", "REPORTED", "DONE")], "answered_directly"),
        ([REPORTED], "open_in_time"),
        ([REPORTED, ("11-10 10:00", "SIGNED", "SIGNED"), DONE], "done_in_time"),
        ([REPORTED, DONE, ("11-13 09:00", "ANSWERED", "ANSWERED")], "done_in_time"),
        ([REPORTED, DONE, ("11-20 09:00", "VISITED", "CLOSED")], "done_in_time"),
        ([REPORTED, DONE, ("11-20 09:00", "VISITED", "DISPATCHED")], "open_in_time"),
        ([REPORTED, ("11-11 09:00", "WITHDRAWN", "WITHDRAWN")], "withdrawn"),
        ([REPORTED, ("11-11 09:00", "WITHDRAWN", "WITHDRAWN"), ("11-12 09:00", "NOTED", "CLOSED")], "withdrawn"),
        ([DIRECT, ("11-11 09:00", "MERGED", "MERGED")], "withdrawn"),
        ([REPORTED, ("11-11 09:00", "STATE_CHANGED", "WITHDRAWN")], "rejected"),
        ([REPORTED, ("11-11 09:00", "STATE_CHANGED", "DONE")], "done_in_time"),
        ([DIRECT, ("11-11 09:00", "REPORTED", "DISPATCHED")], "open_in_time"),
    ],
)
def test_a_case_received_stands_in_one_class(case, november, changes, figure):
    """By its status when the period ends, and whether it has had a unit."""
    drawn = draw([case("A", *changes)], november)

    classes = ("answered_directly", "rejected", "withdrawn", "open")
    timeliness = ("done_in_time", "done_late", "open_in_time", "open_late")
    assert drawn.ids(figure) == ("hotline:A",)
    assert sum(drawn.count(one) for one in (*classes, *timeliness)) == 1
    assert drawn.count("dispatched") == (figure in timeliness)
    assert drawn.ids("received") == drawn.ids("new") == ("hotline:A",)
    assert drawn.check() == []


def test_the_standing_is_that_of_the_period_s_end(case, period):
    """What happened afterwards belongs to the next period, where the case is carried over."""
    one = case("A", REPORTED, DONE)

    before = draw([one], period("11-01", "11-11"))
    after = draw([one], period("11-11", "11-21"))

    assert (before.count("new"), before.count("open_in_time"), before.count("carried_forward")) == (1, 1, 1)
    assert (after.count("new"), after.count("carried_over"), after.count("done_in_time")) == (0, 1, 1)


def test_a_period_does_not_hold_its_end(case, clock, period, at):
    """An instant that two periods share belongs to the later one: report, breach and completion alike."""
    changes = [(at("11-10 00:00"), "REPORTED", "DISPATCHED"), (at("11-12 00:00"), "DONE", "DONE")]
    one = case("A", *changes, clocks=[clock("11-11 00:00", breached=True, end="LATE")])

    assert draw([one], period("11-09", "11-10")).count("received") == 0
    assert draw([one], period("11-10", "11-11")).count("new") == 1
    assert draw([one], period("11-10", "11-11")).count("open_in_time") == 1
    assert draw([one], period("11-11", "11-12")).count("open_late") == 1
    assert draw([one], period("11-12", "11-13")).count("done_late") == 1


def test_a_running_period_ends_now(case, period):
    """What is still to come by the clock it is drawn by does not count yet."""
    one = case("A", REPORTED, DONE)

    assert draw([one], period("11-01", "12-01", as_of="11-11 00:00")).count("open_in_time") == 1
    assert draw([one], period("11-01", "12-01", as_of="11-10 08:00")).count("received") == 0


def test_a_period_without_days_is_refused(period):
    """Nothing in it, or nothing of it has come yet."""
    with pytest.raises(ValueError, match="holds no day"):
        period("11-10", "11-10")
    with pytest.raises(ValueError, match="still to come"):
        period("11-10", "11-20", as_of="11-10 00:00")


def test_times_that_contradict_the_order_end_the_earlier_status(case, period):
    """A signature dated after the completion that followed it: the case is done when it says it was done."""
    one = case("A", REPORTED, ("11-30 09:00", "SIGNED", "SIGNED"), DONE)

    assert draw([one], period("11-01", "11-13")).count("done_in_time") == 1


def test_nothing_is_received_before_its_report(case, period, at):
    """A completion dated before the report holds from the report on."""
    one = case("A", (at("11-10 00:00"), "REPORTED", "DISPATCHED"), ("11-08 09:00", "DONE", "DONE"))

    assert draw([one], period("11-01", "11-10")).count("received") == 0
    assert draw([one], period("11-10", "11-11")).ids("done_in_time") == ("hotline:A",)


def test_a_unit_counts_from_when_it_had_the_case(case, period):
    """Handed over later, the case was open and undispatched before."""
    one = case("A", DIRECT, ("11-20 09:00", "REPORTED", "DISPATCHED"))

    assert draw([one], period("11-01", "11-20")).ids("open") == ("hotline:A",)
    assert draw([one], period("11-01", "11-21")).ids("open_in_time") == ("hotline:A",)


def test_a_late_word_that_changed_nothing_moves_nothing(case, period):
    """A signature heard of after the completion is in the decisions with the status that the case had then."""
    one = case("A", REPORTED, DONE)
    late = {**one["decisions"][1], "at": one["decisions"][0]["at"] + 1, "outcome": "RECORDED"}
    one["decisions"].append(late | {"from_status": "DONE"})

    assert draw([one], period("11-01", "11-12")).count("open_in_time") == 1


def test_an_awaited_case_is_not_received(case, november, period, at):
    """Something came before the report: its own figure, in no sum."""
    one = case("A", (at("11-10 00:00"), "SUPPLEMENTED", "AWAITED"))
    drawn = draw([one], november)

    assert drawn.ids("awaited") == ("hotline:A",)
    assert draw([one], period("11-01", "11-10")).count("awaited") == 0
    assert drawn.count("received") == 0
    assert drawn.check() == []


@pytest.mark.parametrize("name", ["handle", "total"])
def test_a_breach_makes_it_late_for_good(case, clock, november, period, name):
    """Also in an earlier leg or cycle, and from the due on, not before."""
    clocks = [clock("11-11 18:00", name, breached=True, end="LEG"), clock("11-20 18:00")]
    done, still_open = case("A", REPORTED, DONE, clocks=clocks), case("B", REPORTED, clocks=clocks)

    drawn = draw([done, still_open], november)
    assert drawn.ids("done_late") == ("hotline:A",)
    assert drawn.ids("open_late") == ("hotline:B",)
    assert draw([done, still_open], period("11-01", "11-11")).count("open_in_time") == 2


def test_a_missed_signature_makes_no_case_late(case, clock, november):
    """Sign and call-back clocks have figures of their own."""
    clocks = [clock("11-10 10:00", "sign", breached=True), clock("11-13 10:00", "call_back", breached=True)]

    assert draw([case("A", REPORTED, DONE, clocks=clocks)], november).count("done_in_time") == 1


def test_an_accepted_appeal_excuses_and_the_breach_stays(case, clock, november, at):
    """Both rates are told; one breach that is not excused is enough to stay late."""
    excused = {"breached": True, "appeal": "EXCUSED", "appeal_at": at("12-05 10:00")}
    cases = [
        case("A", REPORTED, DONE, clocks=[clock("11-11 18:00", **excused)]),
        case("B", REPORTED, DONE, clocks=[clock("11-11 18:00", **excused), clock("11-11 18:00", breached=True)]),
        case("C", REPORTED, DONE, clocks=[clock("11-11 18:00", breached=True, appeal="REJECTED")]),
        case("D", REPORTED, DONE, clocks=[clock("11-11 18:00", breached=True, appeal="FILED")]),
        case("E", REPORTED, DONE, clocks=[clock("11-13 18:00", end="MET")]),
    ]
    drawn = draw(cases, november)

    assert drawn.count("done_late") == 4
    assert drawn.ids("done_late_excused") == ("hotline:A",)
    assert drawn.text("in_time_rate") == "1 / 5 = 20.00 %"
    assert drawn.text("in_time_excused_rate") == "2 / 5 = 40.00 %"
    assert drawn.ids("in_time_excused_rate.numerator") == ("hotline:E", "hotline:A")


def test_an_appeal_excuses_as_far_as_it_is_accepted_when_the_ledger_is_drawn(case, clock, period, at):
    """Decided in December it excuses November's breach in a ledger of later, not in one of before."""
    excused = clock("11-11 18:00", breached=True, appeal="EXCUSED", appeal_at=at("12-05 10:00"))
    one = case("A", REPORTED, DONE, clocks=[excused])

    assert draw([one], period("11-01", "12-01", as_of="12-05 10:00")).count("done_late_excused") == 0
    assert draw([one], period("11-01", "12-01", as_of="12-05 10:01")).count("done_late_excused") == 1


@pytest.mark.parametrize(
    ("more", "is_due"),
    [({}, True), ({"end": "MET"}, True), ({"breached": True, "end": "LEG"}, True), ({"end": "LEG"}, False)],
)
def test_what_came_due(case, clock, november, at, more, is_due):
    """A handle clock's due in the period; not where the unit lost the case before."""
    ended = {"ended_at": at("11-11 10:00") if not more.get("breached") else at("11-13 10:00")} if more else {}
    one = case("A", REPORTED, clocks=[clock("11-12 18:00", **more, **ended), clock(None)])

    assert draw([one], november).count("due") == is_due
    for not_due in (
        clock("12-02 18:00"),
        clock("11-12 18:00", "total"),
        clock("11-12 18:00", end="LEG", ended_at=at("11-12 18:00")),
    ):
        assert draw([case("A", REPORTED, clocks=[not_due])], november).count("due") == 0


def test_signatures_are_judged_where_they_were_owed(case, clock, november, at):
    """Met or breached; a clock whose unit lost the case in time is no signature at all."""
    ended = {"ended_at": at("11-10 12:00")}
    clocks = [
        clock("11-10 18:00", "sign", end="MET", **ended),
        clock("11-10 11:00", "sign", end="LATE", breached=True, **ended),
        clock("11-10 11:00", "sign", end="LEG", breached=True, **ended),
        clock("11-10 18:00", "sign", end="LEG", **ended),
        clock("11-10 18:00", "sign"),
        clock("12-10 18:00", "sign", end="MET", ended_at=at("12-10 09:00")),
    ]
    drawn = draw([case("A", REPORTED, clocks=clocks)], november)

    assert drawn.ids("signed_in_time") == ("hotline:A#sign1",)
    assert drawn.ids("signed_late") == ("hotline:A#sign2", "hotline:A#sign3")
    assert drawn.text("sign_in_time_rate") == "1 / 3 = 33.33 %"


def past(cycle, reworked_at):
    """A cycle that ended in rework."""
    return {
        "cycle": cycle,
        "lead": None,
        "co_handlers": [],
        "done_at": None,
        "answer": None,
        "reworked_at": reworked_at,
    }


def entry(name, opened, removed=None):
    """An entry on the supervision list."""
    return {
        "entry_id": name,
        "clock": "handle",
        "cycle": 1,
        "leg": 1,
        "opened_at": opened,
        "removed_at": removed,
    }


def test_rework_is_told_by_case_and_by_time(case, period, at):
    """Sent back twice in November: one case, two times. A case from before the period is told as reopened."""
    sent_back = [("11-20 09:00", "VISITED", "DISPATCHED"), ("11-22 09:00", "DONE", "DONE")]
    one = case(
        "A",
        REPORTED,
        DONE,
        *sent_back,
        ("11-24 09:00", "VISITED", "DISPATCHED"),
        cycles=[past(1, at("11-20 09:00")), past(2, at("11-24 09:00"))],
    )
    all_of_it, later, done_again = (
        draw([one], period(*days)) for days in (("11-01", "12-01"), ("11-15", "12-01"), ("11-15", "11-23"))
    )

    assert all_of_it.ids("rework") == ("hotline:A",)
    assert all_of_it.ids("rework_times") == ("hotline:A#1", "hotline:A#2")
    assert (all_of_it.count("received"), all_of_it.count("reopened")) == (1, 0)
    assert (later.count("received"), later.count("reopened_open"), later.count("carried_forward")) == (0, 1, 1)
    assert (done_again.count("reopened_ended"), done_again.count("rework_times")) == (1, 1)
    assert draw([one], period("11-13", "11-20")).count("reopened") == 0
    assert not any(drawn.check() for drawn in (all_of_it, later, done_again))


def test_another_end_is_no_reopening(case, period):
    """Answered in the period after it was done before: neither received nor reopened."""
    one = case("A", REPORTED, DONE, ("11-20 09:00", "ANSWERED", "ANSWERED"))
    drawn = draw([one], period("11-15", "12-01"))

    assert (drawn.count("received"), drawn.count("reopened")) == (0, 0)


def test_parts_of_a_case_belong_to_the_period_that_begins_with_them(case, clock, call_back, period, at):
    """Opened, settled, signed, sent back or removed at midnight: the day that begins has it, not the one before."""
    midnight = at("11-15 00:00")
    one = case(
        "A",
        REPORTED,
        DONE,
        clocks=[clock(midnight, "sign", end="MET", ended_at=midnight), clock(midnight)],
        call_backs=[call_back(midnight), call_back(at("11-12 09:00"), midnight, "SATISFIED")],
        cycles=[past(1, midnight)],
        supervision=[entry("a", midnight), entry("b", at("11-12 09:00"), midnight)],
    )
    before, after = draw([one], period("11-01", "11-15")), draw([one], period("11-15", "12-01"))

    first = {"call_backs_open": 1, "supervision_open": 1, "call_backs_opened": 1, "supervision_opened": 1}
    second = {
        "signed_in_time": 1,
        "rework_times": 1,
        "call_backs_opened": 1,
        "call_backs_carried": 1,
        "call_backs_satisfied": 1,
        "call_backs_open": 1,
        "supervision_opened": 1,
        "supervision_carried": 1,
        "supervision_removed": 1,
        "supervision_open": 1,
    }
    assert {name: before.count(name) for name in second} == dict.fromkeys(second, 0) | first
    assert {name: after.count(name) for name in second} == second
    assert (draw([case("A", REPORTED, clocks=[clock(midnight)])], period("11-01", "11-15"))).count("due") == 0
    assert (draw([case("A", REPORTED, clocks=[clock(midnight)])], period("11-15", "11-16"))).count("due") == 1


@pytest.mark.parametrize("result", CALL_BACK_RESULTS)
def test_every_result_settles_a_call_back(case, call_back, november, at, result):
    """Under its own name; unreachable and the like are settled and no answer."""
    owed = [call_back(at("11-12 09:00"), at("11-13 09:00"), result)]
    drawn = draw([case("A", REPORTED, DONE, call_backs=owed)], november)

    assert drawn.ids(RESULT_FIGURES[result]) == ("hotline:A#1/1",)
    assert drawn.ids("call_backs_settled") == drawn.ids("call_backs_owed") == ("hotline:A#1/1",)
    assert drawn.count("answers_satisfied") == (result in ("SATISFIED", "BASICALLY_SATISFIED"))
    assert drawn.text("call_back_rate") == "1 / 1 = 100.00 %"
    assert drawn.check() == []


def test_a_call_back_is_owed_until_it_is_settled(case, call_back, period, at):
    """Opened in one period and settled in the next, it is owed in both and carried once."""
    owed = [
        call_back(at("11-12 09:00"), at("11-22 09:00"), "SATISFIED"),
        call_back(at("11-12 09:00")),
        call_back(at("11-25 09:00"), at("11-24 09:00"), "REFUSED", cycle=2),
    ]
    one = case("A", REPORTED, DONE, call_backs=owed)
    first, second, third = (
        draw([one], period(*days)) for days in (("11-01", "11-20"), ("11-20", "11-25"), ("11-25", "12-01"))
    )

    assert first.ids("call_backs_open") == ("hotline:A#1/1", "hotline:A#1/2")
    assert second.ids("call_backs_carried") == first.ids("call_backs_open")
    assert second.ids("call_backs_satisfied") == ("hotline:A#1/1",)
    assert third.ids("call_backs_carried") == ("hotline:A#1/2",)
    assert third.ids("call_backs_refused") == ("hotline:A#2/1",)


@pytest.mark.parametrize(
    ("result", "solved", "satisfaction", "satisfied", "resolved"),
    [
        ("SATISFIED", "SOLVED", "SATISFIED", "answers_satisfied", 1),
        ("BASICALLY_SATISFIED", "SOLVED", "BASICALLY_SATISFIED", "answers_satisfied", 1),
        ("DISSATISFIED", "SOLVED", "DISSATISFIED", "answers_not_satisfied", 1),
        ("UNSOLVED", "UNSOLVED", "SATISFIED", "answers_satisfied", 0),
        ("PARTLY_SOLVED", "PARTLY_SOLVED", "BASICALLY_SATISFIED", "answers_satisfied", 0),
        ("UNSOLVED", "UNSOLVED", "NOT_RATED", "answers_not_satisfied", 0),
        ("SATISFIED", "SOLVED", "NOT_RATED", "answers_not_rated", 1),
        ("SATISFIED", "SOLVED", "DISSATISFIED", "answers_not_satisfied", 1),
        ("REFUSED", "SOLVED", "NOT_RATED", "answers_not_rated", 1),
        ("REFUSED", "SOLVED", None, "answers_not_rated", 1),
        ("REFUSED", "UNSOLVED", None, "answers_not_satisfied", 0),
        ("DISSATISFIED", None, None, "answers_not_satisfied", 0),
        ("SATISFIED", None, None, "answers_satisfied", 0),
    ],
)
def test_solved_and_satisfied_are_two_answers(
    case, call_back, november, at, result, solved, satisfaction, satisfied, resolved
):
    """Each counts for its own rate; whoever rates nothing is never counted as satisfied."""
    owed = [call_back(at("11-12 09:00"), at("11-13 09:00"), result, solved=solved, satisfaction=satisfaction)]
    drawn = draw([case("A", REPORTED, DONE, call_backs=owed)], november)

    assert drawn.ids(satisfied) == ("hotline:A#1/1",)
    assert drawn.fraction("satisfaction_rate") == (
        int(satisfied == "answers_satisfied"),
        int(satisfied != "answers_not_rated"),
    )
    assert drawn.fraction("resolved_rate") == (resolved, 1)
    assert drawn.check() == []


def test_the_supervision_list_adds_up(case, period, at):
    """Opened and carried are what was removed and what is still on it; an entry of the end belongs to the next."""
    entries = [
        entry("a", at("11-05 10:00"), at("11-25 10:00")),
        entry("b", at("11-12 10:00")),
        entry("c", at("11-12 10:00"), at("11-13 10:00")),
        entry("d", at("11-20 00:00")),
        entry("e", at("11-05 10:00"), at("11-06 10:00")),
    ]
    drawn = draw([case("A", REPORTED, supervision=entries)], period("11-10", "11-20"))

    assert drawn.ids("supervision_carried") == ("hotline:A#a",)
    assert drawn.ids("supervision_opened") == ("hotline:A#b", "hotline:A#c")
    assert drawn.ids("supervision_removed") == ("hotline:A#c",)
    assert drawn.ids("supervision_open") == ("hotline:A#a", "hotline:A#b")
    assert drawn.check() == []


def test_a_division_counts_its_own(case, november):
    """Those without one are `unplaced`, so that the parts are the whole."""
    cases = [case("A", REPORTED), case("B", REPORTED, division="230202"), case("C", REPORTED, division=None)]
    drawn = {one: draw(cases, november, one).ids("received") for one in (None, "230203", "230202", UNPLACED)}

    assert drawn == {
        None: ("hotline:A", "hotline:B", "hotline:C"),
        "230203": ("hotline:A",),
        "230202": ("hotline:B",),
        UNPLACED: ("hotline:C",),
    }


def test_nothing_of_nothing_is_not_everything(november):
    """An empty period has no rate at all, and adds up."""
    drawn = draw([], november)

    assert {drawn.text(rate) for rate in RATES} == {"0 / 0 = no cases"}
    assert all(drawn.count(figure) == 0 for figure in FIGURES)
    assert drawn.check() == []


def test_without_ids_the_counts_are_the_same(case, november):
    """For a million cases; asking for ids then is a mistake of the caller."""
    cases = [case("A", REPORTED), case("B", REPORTED, DONE)]
    with_ids, without = draw(cases, november), draw(cases, november, with_ids=False)

    assert all(without.count(figure) == with_ids.count(figure) for figure in FIGURES)
    assert without.check() == []
    with pytest.raises(ValueError, match="without ids"):
        without.ids("new")


def test_every_name_has_ids(case, november):
    """Figures, and both sides of every rate; another name is a KeyError."""
    drawn = draw([case("A", REPORTED)], november)

    for name in names_of_ids():
        assert len(drawn.ids(name)) == (
            drawn.count(name)
            if name in FIGURES
            else drawn.fraction(name.split(".")[0])[name.endswith("denominator")]
        )
    for wrong in ("nothing", "in_time_rate", "in_time_rate.middle"):
        with pytest.raises(KeyError):
            drawn.ids(wrong)


class TestWhatDoesNotAddUp:
    """Every fault is said in words, with ids."""

    def test_a_result_of_a_newer_hub(self, case, call_back, november, at):
        """Settled under no name that is known: the sum of the results is short."""
        owed = [call_back(at("11-12 09:00"), at("11-13 09:00"), "DREAMT")]
        problems = draw([case("A", REPORTED, DONE, call_backs=owed)], november).check()

        assert len(problems) == 1
        assert problems[0].startswith("call_backs_owed 1 is not 0 = call_backs_satisfied 0 + ")

    def test_a_case_that_comes_twice(self, case, november):
        """The sums would hold: each id may stand in a figure once."""
        problems = draw([case("A", REPORTED), case("A", REPORTED)], november).check()

        assert "received counts 1 ids more than once: hotline:A" in problems

    def test_decisions_that_do_not_lead_to_the_status(self, case, november):
        """Then a standing of the past could not be told; without any decision least of all."""
        assert len(draw([case("E", status="DONE"), case("F", status="SIGNED")], november).check()) == 1
        problems = draw([case(name, REPORTED, status="DONE") for name in "ABCD"], november, with_ids=False).check()

        assert problems == ["4 cases whose decisions do not lead to their status: hotline:A, hotline:B, hotline:C"]
