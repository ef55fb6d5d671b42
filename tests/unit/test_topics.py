"""The topic catalogue: complete, typed, and asked by role."""

import re
from pathlib import Path

import pytest

from hub.domain.errors import Misconfigured
from hub.settings import load
from hub.topics import Catalogue, catalogue, read

_CHECKOUT = Path(__file__).resolve().parents[2]
_SOUND = """\
partitions: 3
defaults: {replication: 1, cleanup: delete, retention: 30d, max_message: 2MiB}
topics:
  raw.hotline: {schema: null, producers: [gov], consumers: [unify], retention: 12h, max_message: 1MiB, doc: raw}
  case.state: {schema: CaseState, producers: [casework], consumers: [board], cleanup: compact, doc: state}
  case.events: {schema: CaseEvent, producers: [unify], consumers: [casework], retention: forever, doc: events}
"""


def _read(tmp_path: Path, text: str) -> Catalogue:
    file = tmp_path / "topics.yaml"
    file.write_text(text)
    return read(file)


def test_each_role_of_the_hub_leads_to_one_topic() -> None:
    """The released catalogue serves every question the code asks."""
    topics = catalogue(load().topics_file)

    asked = {
        *(topics.raw(source) for source in ("hotline", "citymgmt", "grid", "endpoint", "desk")),
        *(topics.dispatch(tier) for tier in ("street", "county", "city")),
        *(topics.writeback(source) for source in ("hotline", "citymgmt", "grid")),
        *(topics.case_events, topics.case_state, topics.sla_events, topics.notices),
        *(topics.dead_letters, topics.audit_log, topics.memory("unify")),
    }

    assert len(asked) == 18
    assert asked <= {topic.name for topic in topics.topics}


def test_topics_that_are_processed_together_have_one_partition_count() -> None:
    """A case is in the same partition of every topic; only then is a stage's state local."""
    topics = catalogue(load().topics_file).topics
    processed = [topic for topic in topics if not topic.name.startswith("source.")]

    assert len({topic.partitions for topic in processed}) == 1


def test_what_the_schemas_folder_has_is_what_the_catalogue_names() -> None:
    """A topic's schema exists."""
    subjects = {folder.name for folder in (_CHECKOUT / "schemas" / "avro").iterdir()}

    assert {topic.schema_name for topic in catalogue(load().topics_file).topics} - {None} <= subjects


def test_personal_data_is_kept_for_a_short_time() -> None:
    """What holds callers' data in clear (raw, dead letters): months at most, and never compacted for ever."""
    topics = catalogue(load().topics_file).topics
    personal = [topic for topic in topics if topic.personal_data and not topic.encrypted]

    assert personal
    assert all(0 < topic.retention_ms <= 90 * 86_400_000 and topic.cleanup == "delete" for topic in personal)


def test_only_the_call_back_role_reads_the_vault() -> None:
    """Contacts are written by unify, and by the call-back role that deletes them; read by that role alone."""
    topics = catalogue(load().topics_file)
    vault = topics.topic(topics.contacts_vault)

    assert (vault.producers, vault.consumers) == (("unify", "call_back"), ("call_back",))
    assert vault.personal_data
    assert vault.encrypted
    assert vault.cleanup == "compact"


def test_settings_are_put_in_kafkas_words(tmp_path: Path) -> None:
    """Times become milliseconds, sizes bytes, for ever -1; a compacted topic keeps the latest for ever."""
    topics = _read(tmp_path, _SOUND)

    assert topics.topic("raw.hotline").config() == {
        "cleanup.policy": "delete",
        "retention.ms": "43200000",
        "max.message.bytes": "1048576",
    }
    assert topics.topic("case.events").config()["retention.ms"] == "-1"
    compacted = topics.topic("case.state").config()
    assert (compacted["cleanup.policy"], compacted["retention.ms"]) == ("compact", "-1")


def test_every_problem_is_reported_with_its_line(tmp_path: Path) -> None:
    """Whoever edits the catalogue mends it in one go."""
    broken = _SOUND.replace("12h", "12 hours").replace("compact", "shrink").replace("doc: events", "dok: events")

    with pytest.raises(Misconfigured) as error:
        _read(tmp_path, broken)

    lines = {int(found[1]) for found in re.finditer(r"topics\.yaml line (\d+)", str(error.value))}
    assert lines == {4, 5, 6}


def test_a_topic_that_stands_twice_is_a_problem(tmp_path: Path) -> None:
    """YAML would silently keep the second."""
    with pytest.raises(Misconfigured, match=r"line 7: .*twice"):
        _read(tmp_path, _SOUND + "  raw.hotline: {schema: null, producers: [a], consumers: [b], doc: again}\n")


def test_an_unknown_topic_is_answered_with_those_there_are(tmp_path: Path) -> None:
    """The message shows what could have been meant."""
    with pytest.raises(Misconfigured, match=r"raw\.hotlin is not in the catalogue: raw\.hotline, case\.state"):
        _read(tmp_path, _SOUND).raw("hotlin")


def test_a_role_that_nobody_fills_is_named(tmp_path: Path) -> None:
    """A catalogue without dead letters is told at the first question, not by a lost record."""
    with pytest.raises(Misconfigured, match="role: dead_letters"):
        _ = _read(tmp_path, _SOUND).dead_letters
