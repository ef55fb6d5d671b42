"""A share as it is printed: numerator / denominator = NN.NN %, from whole numbers and never better than it is."""

NO_CASES = "no cases"
_WHOLE = 10_000


def percent(numerator: int, denominator: int) -> str:
    """The share in per cent with two decimals, rounded half up.

    100.00 % is said only where all are in, 0.00 % only where none is; nothing of nothing is no share at all.
    """
    if not 0 <= numerator <= denominator:
        raise ValueError(f"{numerator} of {denominator} is no share")
    if denominator == 0:
        return NO_CASES
    hundredths = (2 * _WHOLE * numerator + denominator) // (2 * denominator)
    if 0 < numerator < denominator:
        hundredths = min(max(hundredths, 1), _WHOLE - 1)
    return f"{hundredths // 100}.{hundredths % 100:02d} %"


def share(numerator: int, denominator: int) -> str:
    """The whole line: `69,950 / 70,970 = 98.56 %`."""
    return f"{numerator:,} / {denominator:,} = {percent(numerator, denominator)}"
