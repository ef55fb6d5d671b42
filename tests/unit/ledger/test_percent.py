"""A share is printed as it is: half up, and never as all or nothing where it is neither."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.percent import percent, share


@pytest.mark.parametrize(
    ("numerator", "denominator", "text"),
    [
        (69_950, 70_970, "98.56 %"),
        (1, 3, "33.33 %"),
        (2, 3, "66.67 %"),
        (1, 8, "12.50 %"),
        (1, 800, "0.13 %"),
        (24_999, 25_000, "99.99 %"),
        (999_999, 1_000_000, "99.99 %"),
        (1, 1_000_000, "0.01 %"),
        (0, 7, "0.00 %"),
        (7, 7, "100.00 %"),
        (0, 0, "no cases"),
    ],
)
def test_shares_as_they_are_printed(numerator, denominator, text):
    """99.996 % is not all of it, and nothing of nothing is no share."""
    assert percent(numerator, denominator) == text


def test_the_line_names_both_sides():
    """Whoever reads the share sees what it is a share of."""
    assert share(69_950, 70_970) == "69,950 / 70,970 = 98.56 %"
    assert share(0, 0) == "0 / 0 = no cases"


@pytest.mark.parametrize(("numerator", "denominator"), [(2, 1), (-1, 1), (1, 0)])
def test_what_is_no_share_is_refused(numerator, denominator):
    """More than all of it is a mistake in the figures."""
    with pytest.raises(ValueError, match="is no share"):
        percent(numerator, denominator)


@given(st.data(), st.integers(1, 10**9))
def test_every_share_is_near_and_never_flattering(data, denominator):
    """Within half a hundredth, except that only all of it is 100.00 and only nothing is 0.00."""
    numerator = data.draw(
        st.one_of(
            st.integers(0, denominator), st.integers(0, 9).map(lambda less: max(denominator - less, 0)), st.just(0)
        )
    )
    text = percent(numerator, denominator)

    printed = Fraction(Decimal(text.removesuffix(" %")))
    exact = Fraction(100 * numerator, denominator)
    assert (text == "100.00 %") == (numerator == denominator)
    assert (text == "0.00 %") == (numerator == 0)
    if text in ("99.99 %", "0.01 %"):
        assert abs(printed - exact) < Fraction(1, 100)
    else:
        assert exact - Fraction(1, 200) < printed <= exact + Fraction(1, 200)
