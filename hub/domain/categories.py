"""Category codes are hierarchical: which prefixes of a code are its upper levels.

`040201` lies under `0402` and `04`, `G0401` under `G04`, `C-01-27` under `C-01` and `C`.
"""

from functools import lru_cache

ANY = "*"
_LONGEST_CODE = 32


def prefixes(code: str | None) -> tuple[str, ...]:
    """The code, its prefixes from long to short, and at last `*`; of no code, or one too long to be one, only `*`.

    A code with hyphens has its levels there (`C-01-2` is not above `C-01-27`); in others any prefix counts, since
    the city folder's check allows only prefixes that are categories.
    """
    # Codes come from outside: one of 200,000 characters must become neither as many prefixes nor a cached key.
    if not code or len(code) > _LONGEST_CODE:
        return (ANY,)
    return _prefixes(code)


@lru_cache(maxsize=4096)
def _prefixes(code: str) -> tuple[str, ...]:
    if "-" in code:
        parts = code.split("-")
        return (*("-".join(parts[:n]) for n in range(len(parts), 0, -1)), ANY)
    return (*(code[:n] for n in range(len(code), 0, -1)), ANY)
