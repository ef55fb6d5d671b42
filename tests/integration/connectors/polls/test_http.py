"""The HTTP poll against a real server that misbehaves in every way that servers do."""

import gzip
import json
import re
import threading
import time

import pytest

from connectors.control import Command, Kind
from connectors.polls.errors import Away, Reason
from connectors.polls.steps import Step

MINUTE = 60_000
HOUR = 60 * MINUTE


def tasks(kafka_client):
    """Which reports came, in their order."""
    return [int(one.key[-4:]) for one in kafka_client.sent if one.key]


def report(city, *numbers, **more):
    for number in numbers:
        city.report(number, **more)


def move(city, bench, seconds):
    city.now_ms += round(seconds * 1000)
    bench.clock.pass_by(seconds)


def test_pages_of_gb18030_come_once_and_in_order(bench, city, poll_settings, kafka_client):
    """Three pages, then an idle pass, then more; each record as the bytes of its element."""
    poll = bench.http("citymgmt", poll_settings())
    report(city, *range(1, 9))
    assert poll.run_once()
    assert poll.run_once()
    move(city, bench, 30)
    report(city, 9)
    assert poll.run_once()
    assert tasks(kafka_client) == list(range(1, 10))
    assert kafka_client.sent[0].topic == "raw.citymgmt"
    assert "第1处" in kafka_client.values[0].decode("gb18030")
    assert kafka_client.sent[0].headers["content-type"] == b"application/xml"
    received, accepted = bench.metric("received_total"), bench.metric("accepted_total")
    assert accepted == 9
    assert received == accepted + bench.metric("duplicate_total")


def test_the_server_is_asked_since_its_own_time_less_the_overlap(bench, city, poll_settings, kafka_client):
    """First everything, then from a minute before the newest record on."""
    poll = bench.http("citymgmt", poll_settings())
    report(city, 1)
    poll.run_once()
    move(city, bench, 600)
    poll.run_once()
    assert "since" not in city.requests[0]
    assert city.requests[-1]["since"] == city._local(city.records[0][0] - MINUTE)


def test_pages_that_have_not_changed_are_not_sent_again(bench, city, poll_settings, kafka_client):
    """If-None-Match on every page, 304 for those that are as they were; a new record on the last page is found."""
    poll = bench.http("citymgmt", poll_settings(since=None))
    report(city, *range(1, 6))
    poll.run_once()
    poll.run_once()
    assert bench.metric("requests_total", status="304") == 3
    report(city, 6, 7)
    poll.run_once()
    assert tasks(kafka_client) == list(range(1, 8))
    assert bench.metric("unchanged_pages_total") == 4


def test_an_etag_is_noted_only_with_its_records(bench, city, poll_settings, kafka_client):
    """Kafka fails after the page was read: it is asked for again without If-None-Match, and its records come."""
    poll = bench.http("citymgmt", poll_settings())
    report(city, 1, 2)
    kafka_client.fails_after = 1
    with pytest.raises(Away):
        poll.run_once()
    kafka_client.fails_after = None
    poll.run_once()
    assert all("header:if-none-match" not in asked for asked in city.requests[:2])
    assert tasks(kafka_client) == [1, 1, 2]


@pytest.mark.parametrize(
    ("mischief", "reason"),
    [
        ({"status": 500}, Reason.STATUS_5XX),
        ({"status": 503}, Reason.STATUS_5XX),
        ({"delay": 0.8}, Reason.SLOW),
        ({"gap": 0.1, "body": b"x" * 400}, Reason.SLOW),
        ({"cut_at": 150}, Reason.TRUNCATED),
        ({"status": 404}, Reason.STATUS_4XX),
        ({"status": 401}, Reason.STATUS_4XX),
        ({"status": 302, "headers": {"Location": "http://other.invalid/"}}, Reason.REDIRECT),
        ({"headers": {"Content-Type": "text/html"}, "body": b"<html>login</html>"}, Reason.CONTENT_TYPE),
        ({"headers": {"Content-Encoding": "gzip"}, "body": gzip.compress(b"<a/>" * 99)[:-9]}, Reason.TRUNCATED),
        ({"headers": {"Content-Encoding": "gzip"}, "body": gzip.compress(b" " * 5_000_000)}, Reason.OVERSIZED),
        ({"body": b" " * 2_000_000}, Reason.OVERSIZED),
        ({"status": 304}, Reason.REDIRECT),
    ],
)
def test_whatever_a_server_does_nothing_is_lost(bench, city, poll_settings, kafka_client, reply, mischief, reason):
    """On page 2 for ever: the pass fails with its reason, no mark moves. Once it is over, everything comes."""
    city.etags = False
    poll = bench.http("citymgmt", poll_settings(largest_bytes=1_000_000, attempts=2, breaker={"failures": 100}))
    report(city, *range(1, 8))

    def misbehave(number, page, since):
        if page != 2:
            return None
        return reply(**{"body": city.page(page, since), **mischief})

    city.mischief = misbehave
    with pytest.raises(Away) as away:
        poll.run_once()
    assert away.value.reason is reason
    assert poll.standing() == "the start"
    assert tasks(kafka_client) == [1, 2, 3]
    city.mischief = lambda number, page, since: None
    assert poll.run_once()
    assert tasks(kafka_client) == list(range(1, 8))


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_server_that_stumbles_is_asked_again_at_once(bench, city, poll_settings, kafka_client, reply, status):
    """Every second request fails: with three attempts the pass is whole all the same."""
    city.mischief = lambda number, page, since: reply(status=status) if number % 2 else None
    report(city, *range(1, 8))
    assert bench.http("citymgmt", poll_settings()).run_once()
    assert tasks(kafka_client) == list(range(1, 8))


def test_a_body_cut_short_without_a_length_is_asked_for_again(bench, city, poll_settings, kafka_client, reply):
    """Nothing but the document itself tells that it is not whole; its records are not taken for the page's."""
    report(city, *range(1, 6))
    cuts = iter([90, 400, None])

    def cut(number, page, since):
        if page != 1 or (at := next(cuts, None)) is None:
            return None
        return reply(body=city.page(1, since), cut_at=at, length=False, headers={"Content-Type": "text/xml"})

    city.mischief = cut
    assert bench.http("citymgmt", poll_settings()).run_once()
    assert tasks(kafka_client) == list(range(1, 6))
    assert bench.metric("rejected_total") == 0


def test_a_page_that_stays_unreadable_becomes_one_dead_letter(bench, city, poll_settings, kafka_client, reply):
    """The same broken bytes every time are what the server has: they go on as they are, once."""
    report(city, *range(1, 8))
    broken = b'<?xml version="1.0" encoding="GB18030"?><CaseList><Case>'
    city.mischief = lambda number, page, since: reply(body=broken) if page == 2 else None
    poll = bench.http("citymgmt", poll_settings())
    for _ in range(3):
        assert poll.run_once()
    assert kafka_client.values.count(broken) == 1
    assert tasks(kafka_client) == [1, 2, 3, 7]
    assert bench.metric("rejected_total") == 1
    city.mischief = lambda number, page, since: None
    poll.obey(Command(id="c", source="citymgmt", kind=Kind.REWIND, at=0, actor="desk", to_ms=0))
    poll.run_once()
    assert set(tasks(kafka_client)) == set(range(1, 8))


def test_a_bad_record_in_a_good_page_goes_on_alone(bench, city, poll_settings, kafka_client):
    """Without TASKID it has no key; the others are what they were, and it is not sent again with every overlap."""
    report(city, 1)
    city.records.append((city.now_ms, "<Case><INFOTYPE>事件</INFOTYPE></Case>"))
    report(city, 2)
    poll = bench.http("citymgmt", poll_settings())
    poll.run_once()
    city.etags = False
    poll.run_once()
    assert [one.key for one in kafka_client.sent] == ["CG2302022611100001", None, "CG2302022611100002"]


def test_duplicate_pages_cost_nothing_and_hide_nothing(bench, city, poll_settings, kafka_client, reply):
    """Page 2 is page 1 once more; what stands on page 3 is still asked for."""
    report(city, *range(1, 9))
    city.mischief = lambda number, page, since: reply(body=city.page(max(1, page - 1), since)) if page < 6 else None
    assert bench.http("citymgmt", poll_settings()).run_once()
    assert tasks(kafka_client) == list(range(1, 9))
    assert bench.metric("duplicate_total") == 3


def test_a_page_that_repeats_for_ever_is_left(bench, city, poll_settings, kafka_client, reply):
    """A server that ignores the page number: after three repeats the pass ends as a loop, no mark moves."""
    report(city, 1, 2, 3)
    city.mischief = lambda number, page, since: reply(body=city.page(1, since))
    poll = bench.http("citymgmt", poll_settings())
    with pytest.raises(Away) as away:
        poll.run_once()
    assert away.value.reason is Reason.LOOP
    assert len(city.requests) == 4
    assert tasks(kafka_client) == [1, 2, 3]
    assert poll.standing() == "the start"


def test_pages_without_end_are_left(bench, city, poll_settings, kafka_client, reply):
    """New records on each page for ever: `most_pages` ends it."""
    report(city, *range(1, 40))
    with pytest.raises(Away, match="more than 5 pages"):
        bench.http("citymgmt", poll_settings(paging={"most_pages": 5})).run_once()
    assert len(city.requests) == 5


@pytest.mark.parametrize("hours", [-7, 7])
def test_a_server_whose_clock_is_wrong_loses_nothing(bench, city, poll_settings, kafka_client, hours):
    """Its Date and its records go by the same wrong clock, hours from ours: asked in its own time."""
    city.now_ms += hours * HOUR
    poll = bench.http("citymgmt", poll_settings())
    for number in range(1, 20):
        report(city, number)
        poll.run_once()
        move(city, bench, 40)
    assert tasks(kafka_client) == list(range(1, 20))
    assert bench.metric("server_clock_ahead_seconds") == hours * 3600
    assert all("since" in asked for asked in city.requests[3:])


@pytest.mark.parametrize("minutes", [-90, 90])
def test_a_date_header_of_another_clock_than_the_data_loses_nothing(
    bench, city, poll_settings, kafka_client, minutes
):
    """A proxy stamps Date: the newest time of the data holds it back."""
    city.date_ahead_ms = minutes * MINUTE
    poll = bench.http("citymgmt", poll_settings())
    for number in range(1, 12):
        report(city, number)
        poll.run_once()
        move(city, bench, 40)
    assert tasks(kafka_client) == list(range(1, 12))


def test_a_record_from_the_future_leaves_no_later_one_out(bench, city, poll_settings, kafka_client):
    """A hand-held whose clock says 2031 dates a report: the server's Date holds the mark back."""
    report(city, 1, discovered_ms=city.now_ms + 5 * 365 * 24 * HOUR)
    poll = bench.http("citymgmt", poll_settings())
    poll.run_once()
    for number in range(2, 6):
        move(city, bench, 50)
        report(city, number)
        poll.run_once()
    assert tasks(kafka_client) == list(range(1, 6))


def test_a_server_clock_that_is_turned_back_loses_nothing(bench, city, poll_settings, kafka_client):
    """It ran an hour ahead and is set right: what came since then is stamped before the mark, and is asked for.

    The hub was busy for longer than the overlap, so going back with the next pass alone would be too late.
    """
    city.now_ms += HOUR
    poll = bench.http("citymgmt", poll_settings())
    report(city, 1)
    poll.run_once()
    city.now_ms -= HOUR
    move(city, bench, 30)
    report(city, 2)
    move(city, bench, 300)
    poll.run_once()
    assert tasks(kafka_client) == [1, 2]
    move(city, bench, 45)
    report(city, 3)
    poll.run_once()
    assert tasks(kafka_client) == [1, 2, 3]


def test_a_server_without_a_date_is_asked_by_its_data(bench, city, poll_settings, kafka_client, reply):
    """No Date header at all."""

    def dateless(number, page, since):
        answer = city.reply(page, since)
        return reply(answer.body, headers={**answer.headers, "Date": ""})

    city.mischief = dateless
    poll = bench.http("citymgmt", poll_settings())
    for number in range(1, 6):
        report(city, number)
        poll.run_once()
        move(city, bench, 100)
    assert tasks(kafka_client) == list(range(1, 6))
    assert "since" in city.requests[-1]


def test_retry_after_of_a_429_is_waited_out(bench, city, poll_settings, kafka_client, reply):
    """One second as the server asked, not the 10 ms of our own pauses; then the pass goes on where it was."""
    report(city, *range(1, 6))
    city.mischief = lambda n, page, since: reply(status=429, headers={"Retry-After": "1"}) if n == 2 else None
    assert bench.http("citymgmt", poll_settings()).run_once()
    assert tasks(kafka_client) == list(range(1, 6))
    assert city.times[2] - city.times[1] >= 1.0
    assert [asked.get("page") for asked in city.requests] == ["1", "2", "2", "3"]


def test_a_retry_after_of_an_hour_ends_the_pass_and_is_told_to_the_loop(
    bench, city, poll_settings, kafka_client, reply
):
    """As seconds, and as a date of the server's own (wrong) clock."""
    city.now_ms += 5 * HOUR
    late = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(city.now_ms / 1000 + 3600))
    for wish in ("3600", late):
        city.mischief = lambda n, page, since, wish=wish: reply(status=503, headers={"Retry-After": wish})
        with pytest.raises(Away) as away:
            bench.http(
                "citymgmt" if wish == "3600" else "grid", poll_settings(content_type="application/xml")
            ).run_once()
        assert 3590 <= away.value.not_before <= 3600


def test_the_circuit_breaker_leaves_a_broken_server_alone(bench, city, poll_settings, kafka_client, reply):
    """After four failures in a row no request is made until the time is over; then one is the trial."""
    report(city, 1)
    city.mischief = lambda number, page, since: reply(status=500)
    poll = bench.http("citymgmt", poll_settings(attempts=2, breaker={"failures": 4, "reset_seconds": 0.4}))
    for _ in range(2):
        with pytest.raises(Away):
            poll.run_once()
    assert len(city.requests) == 4
    for _ in range(3):
        with pytest.raises(Away) as away:
            poll.run_once()
        assert away.value.reason is Reason.CIRCUIT_OPEN
    assert 0 < away.value.not_before <= 0.4
    assert len(city.requests) == 4
    assert bench.metric("circuit_open") == 1
    time.sleep(0.45)
    with pytest.raises(Away):
        poll.run_once()
    assert len(city.requests) == 5, "one trial"
    time.sleep(0.45)
    city.mischief = lambda number, page, since: None
    assert poll.run_once()
    assert bench.metric("circuit_open") == 0
    assert tasks(kafka_client) == [1]


def test_a_429_does_not_open_the_circuit(bench, city, poll_settings, kafka_client, reply):
    """Who says "later" is well."""
    report(city, 1)
    city.mischief = lambda number, page, since: reply(status=429) if number < 9 else None
    assert bench.http("citymgmt", poll_settings(breaker={"failures": 2})).run_once()
    assert tasks(kafka_client) == [1]


def test_requests_keep_the_pace(bench, city, poll_settings, kafka_client):
    """Ten a second: five requests take at least 0.4 s, and no two stand closer than 0.1 s."""
    report(city, *range(1, 13))
    assert bench.http("citymgmt", poll_settings(requests_per_second=10)).run_once()
    gaps = [later - earlier for earlier, later in zip(city.times, city.times[1:], strict=False)]
    assert len(gaps) == 4
    assert min(gaps) > 0.08


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        (Step.READ, [1, 2, 3, 4, 5]),
        (Step.ACKNOWLEDGED, [1, 2, 3, 1, 2, 3, 4, 5]),
        (Step.NOTED, [1, 2, 3, 4, 5]),
        (Step.SETTLED, [1, 2, 3, 4, 5]),
    ],
)
def test_ended_after_each_step_no_record_is_lost(bench, city, poll_settings, kafka_client, step, expected):
    """Only between Kafka's acknowledgement and the journal are records sent again, with the same bytes."""
    report(city, *range(1, 6))
    bench.run_killed(lambda: bench.http("citymgmt", poll_settings()), step)
    assert bench.http("citymgmt", poll_settings()).run_once()
    assert tasks(kafka_client) == expected
    assert len(set(kafka_client.values)) == 5


def test_json_pages_with_a_cursor(bench, city, poll_settings, kafka_client, reply, new_order):
    """A page is an object with an array of messages and the next cursor; each message keeps its own bytes."""
    pages = {None: ([1, 2], "b"), "b": ([3], "c&d"), "c&d": ([4], None)}

    def serve(number, page, since):
        numbers, cursor = pages[city.requests[-1].get("after")]
        items = ", ".join(json.dumps(new_order(n), indent=1, ensure_ascii=False) for n in numbers)
        body = f'{{"data": {{"rows": [{items}], "next": {json.dumps(cursor)}}}}}'
        return reply(body.encode(), headers={"Content-Type": "application/json"})

    city.mischief = serve
    paging = {"way": "cursor", "parameter": "after", "next": "data.next"}
    poll = bench.http("hotline", poll_settings(items="data.rows", paging=paging))
    assert poll.run_once()
    assert poll.run_once()
    assert [json.loads(value)["orderId"][-1] for value in kafka_client.values] == ["1", "2", "3", "4"]
    assert kafka_client.values[0] == json.dumps(new_order(1), indent=1, ensure_ascii=False).encode()


def test_a_cursor_that_leads_back_is_a_loop(bench, city, poll_settings, kafka_client, reply, new_order):
    """The server names the cursor it was asked with."""

    def serve(number, page, since):
        rows = [new_order(number)]
        return reply(json.dumps({"rows": rows, "next": "x"}).encode(), headers={"Content-Type": "application/json"})

    city.mischief = serve
    poll = bench.http("hotline", poll_settings(items="rows", paging={"way": "cursor", "parameter": "after"}))
    with pytest.raises(Away) as away:
        poll.run_once()
    assert away.value.reason is Reason.LOOP
    assert len(city.requests) == 2


def test_links_are_followed_on_the_same_server_alone(bench, city, poll_settings, kafka_client, reply, monkeypatch):
    """RFC 8288: relative and absolute links of this server; one to another would carry our token away."""
    monkeypatch.setenv("TOKEN", "Bearer not-for-others")
    links = {1: "/api/cases?page=2", 2: f"{city.url}?page=3", 3: "http://127.0.0.1:1/steal"}

    def serve(number, page, since):
        link = {"Link": f'<{links[page]}>; rel="next"'} if page in links else {}
        return reply(city.page(page, since), headers={"Content-Type": "application/xml", **link})

    city.mischief = serve
    report(city, *range(1, 10))
    poll = bench.http("citymgmt", poll_settings(paging={"way": "link"}, headers={"Authorization": "env:TOKEN"}))
    with pytest.raises(Away, match="another server"):
        poll.run_once()
    assert {asked["header:authorization"] for asked in city.requests} == {"Bearer not-for-others"}
    del links[3]
    assert poll.run_once()
    assert tasks(kafka_client) == list(range(1, 10))


def test_a_rewind_asks_again_and_sends_everything_since(bench, city, poll_settings, kafka_client):
    """Back to an instant of the server; the ETags are forgotten."""
    poll = bench.http("citymgmt", poll_settings())
    for number in range(1, 4):
        report(city, number)
        poll.run_once()
        move(city, bench, 600)
    del kafka_client.sent[:]
    instant = city.records[1][0]
    poll.obey(Command(id="c1", source="citymgmt", kind=Kind.REWIND, at=0, actor="desk", to_ms=instant))
    poll.run_once()
    poll.run_once()
    assert tasks(kafka_client) == [2, 3]
    assert poll.done.outcomes()["c1"].outcome == "done"
    ahead = Command(id="c2", source="citymgmt", kind=Kind.REWIND, at=0, actor="desk", to_ms=city.now_ms + HOUR)
    poll.obey(ahead)
    report(city, 4)
    poll.run_once()
    assert tasks(kafka_client)[-1] == 4


def test_a_reimport_sends_chosen_cases_again(bench, city, poll_settings, kafka_client):
    """They are known, and sent all the same; the mark stays."""
    poll = bench.http("citymgmt", poll_settings())
    report(city, *range(1, 8))
    poll.run_once()
    standing = poll.standing()
    del kafka_client.sent[:]
    ids = ("CG2302022611100002", "CG2302022611100006/0")
    poll.obey(Command(id="c1", source="citymgmt", kind=Kind.REIMPORT, at=0, actor="desk", ids=ids))
    assert tasks(kafka_client) == [2, 6]
    assert poll.standing() == standing
    assert "c1" in poll.done


def test_a_stop_is_heard_while_waiting_for_the_server(bench, city, poll_settings, kafka_client, reply):
    """A Retry-After of five minutes does not hold up a pause."""
    report(city, 1)
    city.mischief = lambda number, page, since: reply(status=429, headers={"Retry-After": "300"})
    poll = bench.http("citymgmt", poll_settings())
    threading.Timer(0.3, lambda: setattr(bench, "is_paused", True)).start()
    began = time.monotonic()
    with pytest.raises(Away):
        poll.run_once()
    assert time.monotonic() - began < 5


def test_no_address_and_no_token_stands_in_an_error(bench, city, poll_settings, kafka_client, reply, monkeypatch):
    """An address may carry a key of the source's; a message names what is wrong, not with what."""
    monkeypatch.setenv("TOKEN", "Bearer sssecret")
    settings = poll_settings(headers={"Authorization": "env:TOKEN"}, parameters={"appKey": "kkkey"}, attempts=1)
    for status in (500, 401, 302):
        city.mischief = lambda number, page, since, status=status: reply(status=status)
        poll = bench.http("citymgmt", settings)
        with pytest.raises(Away) as away:
            poll.run_once()
        poll.close()
        assert not re.search("sssecret|kkkey|127.0.0.1", str(away.value))
