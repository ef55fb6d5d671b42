"""Masking looks only where a number can stand, and finds what looking everywhere would find."""

from hypothesis import example, given, settings
from hypothesis import strategies as st

from connectors.sources import masking
from connectors.sources.values import ascii_copy


def _everywhere(text):
    """The rule of the contract, word for word: each pattern over the whole copy, in order."""
    copy = ascii_copy(text)
    for pattern, label in masking._PATTERNS:
        text, copy = masking._replace(text, copy, pattern, label)
    return text


NUMBERS = st.sampled_from(
    ["13000001001", "+86 130-0000-1001", "（0452）0000004转12", "230299 19000101 000X", "１３０００００１００１",
     "0452－0000005",
     "86", "0", "-", " ", "　", "转", "A", "Ａ", "[ID]", "。", "\n", "230299190001010014", "0086", "(010)"]
)  # fmt: skip


@settings(max_examples=500)
@given(
    st.lists(st.one_of(NUMBERS, st.text(alphabet="0123456789-+ ()转Xx甲—０１", max_size=6)), max_size=8).map(
        "".join
    )
)
@example("0100000000")
@example("甲0100000000乙")
def test_masking_runs_is_masking_everything(text):
    """Runs of characters that numbers are made of are enough."""
    assert (masking.mask(text) or "") == _everywhere(text)
