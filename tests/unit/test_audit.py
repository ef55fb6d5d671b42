"""Audit records: each is sealed by a digest that covers the one before it."""

from hub.domain.audit import audit_record, is_chained
from schemas.codec import codec


def chain(length: int):
    records, previous = [], b""
    for number in range(length):
        record = audit_record(
            "case/1", "li", "looked", f"reason {number}", 1000 + number, {"n": str(number)}, previous
        )
        records.append(record)
        previous = record["digest"]
    return records


def test_an_unaltered_chain_holds():
    """Also an empty one and one of a single record."""
    for length in (0, 1, 3):
        assert is_chained(chain(length))


def test_an_altered_field_breaks_the_chain():
    """Whoever changes a reason afterwards is found out."""
    for name, value in (("reason", "other"), ("actor", "wang"), ("at", 1), ("details", {})):
        records = chain(3)
        records[1] = {**records[1], name: value}
        assert not is_chained(records)


def test_a_record_taken_out_breaks_the_chain():
    """And so does another order."""
    one, two, three = chain(3)

    assert not is_chained([one, three])
    assert not is_chained([two, three])
    assert not is_chained([one, three, two])


def test_the_same_act_has_the_same_id():
    """Ids are digests: a repetition is the same record, another reason is another."""
    assert chain(1)[0]["audit_id"] == chain(1)[0]["audit_id"] != chain(2)[1]["audit_id"]


def test_a_record_survives_its_topic():
    """What is read back from Avro still holds in the chain."""
    assert is_chained([codec().decode(codec().encode("AuditRecord", record)) for record in chain(2)])
