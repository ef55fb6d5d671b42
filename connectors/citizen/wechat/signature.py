"""The signature by which WeChat shows that a request is its own."""

import hmac
from collections.abc import Mapping
from hashlib import sha1

_TOLERANCE_SECONDS = 300
_LONGEST = 64


def is_from_wechat(token: str, query: Mapping[str, str], now_seconds: float) -> bool:
    """True when `signature` is the SHA-1 of token, timestamp and nonce, sorted and joined, and not old.

    SHA-1 and this construction are WeChat's; the comparison takes as long whatever is wrong.
    """
    timestamp, nonce = query.get("timestamp", ""), query.get("nonce", "")
    if max(len(timestamp), len(nonce)) > _LONGEST:
        return False
    expected = sha1("".join(sorted((token, timestamp, nonce))).encode()).hexdigest()
    if not hmac.compare_digest(expected.encode(), query.get("signature", "").encode()):
        return False
    return timestamp.isascii() and timestamp.isdigit() and abs(now_seconds - int(timestamp)) <= _TOLERANCE_SECONDS
