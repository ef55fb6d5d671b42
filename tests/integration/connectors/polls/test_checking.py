"""`hub sources check` asks the polls: every problem at once, and nothing is taken or made."""

import pytest

from connectors.polls.checking import check
from connectors.source_settings import SourceSettings


def settings_of(**sections):
    return SourceSettings.model_validate(sections)


def test_a_table_and_a_server_that_work_have_no_problem(tmp_path, outbox, table_settings, poll_settings, city):
    """A page is read, no journal is made."""
    city.report(1)
    database = table_settings().model_dump(exclude_none=True)
    assert check("hotline", settings_of(database=database), tmp_path / "data") == []
    poll = poll_settings().model_dump(exclude_none=True)
    assert check("citymgmt", settings_of(poll=poll), tmp_path / "data") == []
    assert not (tmp_path / "data").exists()


def test_missing_columns_and_rows_that_no_poll_finds_are_named(tmp_path, outbox, table_settings):
    """Each with the table, and what there is."""
    database = table_settings(payload="message", case="case_no").model_dump(exclude_none=True)
    lines = check("hotline", settings_of(database=database), tmp_path)
    assert [line.partition(";")[0] for line in lines] == [
        f"sources.hotline.database: {outbox.table}: there is no column message",
        f"sources.hotline.database: {outbox.table}: there is no column case_no",
    ]
    outbox.run("alter table {table} add at text")
    outbox.add(id=1, body="{{}}")
    timed = table_settings(position={"column": "at", "kind": "time"}, key="id").model_dump(exclude_none=True)
    (line,) = check("hotline", settings_of(database=timed), tmp_path)
    assert "1 rows have no at" in line


@pytest.mark.parametrize("outbox", ["sqlite"], indirect=True)
def test_numbers_that_sqlite_gives_again_are_told(tmp_path, outbox, table_settings):
    """Without AUTOINCREMENT a new row may get the number of a removed one."""
    outbox.run("drop table {table}")
    outbox.create("id integer primary key, body text")
    (line,) = check("hotline", settings_of(database=table_settings().model_dump(exclude_none=True)), tmp_path)
    assert "AUTOINCREMENT" in line


def test_everything_wrong_is_told_at_once_and_no_secret(tmp_path, poll_settings, city, reply, monkeypatch):
    """An address with a password that is none of ours, a missing token; the secrets stay unsaid."""
    monkeypatch.setenv("OUTBOX_URL", "mysql://hub:pppassword@host/db")
    database = {"url": "env:OUTBOX_URL", "table": "outbox", "payload": "body"}
    poll = poll_settings(headers={"Authorization": "env:NO_SUCH_TOKEN"}).model_dump(exclude_none=True)
    lines = check("citymgmt", settings_of(database=database, poll=poll), tmp_path)
    assert len(lines) == 2
    assert "env:OUTBOX_URL is neither" in lines[0]
    assert "env:NO_SUCH_TOKEN" in lines[1]
    assert "pppassword" not in "".join(lines)
    city.mischief = lambda number, page, since: reply(status=401)
    poll = poll_settings().model_dump(exclude_none=True)
    (line,) = check("citymgmt", settings_of(poll=poll), tmp_path)
    assert line.startswith("sources.citymgmt.poll: the server answers 401")
