"""A comparison counts only when both programs did the same work."""

from hub.bench.check import Outputs, differences

REFERENCE = Outputs(3, {b"a": b"1", b"b": b"2", b"c": b"3"})


def test_equal_outputs_have_no_differences():
    """The same keys with the same digests."""
    assert differences(REFERENCE, Outputs(3, dict(REFERENCE.digests))) is None


def test_a_missing_output_is_told_by_number():
    """A program that loses records is not fast, it is wrong."""
    assert differences(REFERENCE, Outputs(2, {b"a": b"1", b"b": b"2"})) == "2 outputs, 3 expected"


def test_a_doubled_output_is_told():
    """Exactly once means that no output stands twice."""
    assert differences(REFERENCE, Outputs(3, {b"a": b"1", b"b": b"2"}, doubled=1)) == "1 outputs stand twice"


def test_other_content_is_told_with_an_example():
    """The key of a differing output leads to the difference."""
    found = differences(REFERENCE, Outputs(3, {b"a": b"1", b"b": b"2", b"c": b"9"}))

    assert found == "1 of 3 outputs compared differ, for example c"


def test_a_partial_run_is_compared_as_far_as_it_went():
    """A slow peer gets fewer records; those it wrote must be right all the same."""
    assert differences(REFERENCE, Outputs(1, {b"a": b"1"}), partial=True) is None
    assert differences(REFERENCE, Outputs(1, {b"x": b"1"}), partial=True) == "1 of 1 outputs carry unknown keys"
