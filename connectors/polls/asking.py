"""One page of a server, asked for with patience: time limits, a pace, retries with jitter, a circuit breaker."""

import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import httpx
from pybreaker import CircuitBreaker, CircuitBreakerError
from tenacity import RetryCallState, Retrying, retry_if_exception

from connectors.polls.errors import Away, Reason
from connectors.polls.metrics import PollMeters
from connectors.polls.settings import HttpPollSettings
from connectors.polls.steps import Clock
from connectors.polls.timing import Pace, http_date_ms, pause, retry_after
from connectors.sources.limits import unpack
from hub.domain.errors import Rejected

_PASSING = frozenset(
    {Reason.SLOW, Reason.CONNECTION, Reason.TRUNCATED, Reason.STATUS_5XX, Reason.STATUS_429, Reason.UNREADABLE_PAGE}
)
_MOST_WAITS = 20
_LONGEST_WAIT_IN_A_PASS = 600.0
_SLICE_SECONDS = 1.0


@dataclass(slots=True, frozen=True)
class Answer:
    """What the server said: a page (200), that it has none (204), or that the page is as it was (304)."""

    status: int
    body: bytes
    content_type: str
    etag: str | None
    link: str | None
    server_now_ms: int | None


class Asker:
    """Asks one server. Raises `Away` with its reason; nothing of an answer that is not whole gets out."""

    def __init__(
        self,
        settings: HttpPollSettings,
        content_types: tuple[str, ...],
        headers: Mapping[str, str],
        *,
        clock: Clock,
        meters: PollMeters,
        should_stop: Callable[[], bool],
        wait: Callable[[float], object],
        chance: Callable[[], float],
    ) -> None:
        """`wait` sleeps so many seconds or until a stop, `chance` gives 0 to 1."""
        self._settings = settings
        self._content_types = content_types
        self._clock = clock
        self._meters = meters
        self._should_stop = should_stop
        self._sleep = wait
        self._chance = chance
        self._pace = Pace(settings.requests_per_second)
        self._opened = 0.0
        limits = httpx.Timeout(settings.read_seconds, connect=settings.connect_seconds)
        verify = ssl.create_default_context(cafile=settings.ca_file) if settings.ca_file is not None else True
        asked = {"Accept": ", ".join(content_types), "Accept-Encoding": "gzip", "User-Agent": "whistle-hub"}
        self._client = httpx.Client(
            timeout=limits, verify=verify, headers={**asked, **headers}, follow_redirects=False, trust_env=False
        )
        self._breaker = CircuitBreaker(
            fail_max=settings.breaker.failures,
            reset_timeout=settings.breaker.reset_seconds,
            # Who says "later" is well.
            exclude=[lambda error: isinstance(error, Away) and error.reason is Reason.STATUS_429],
            throw_new_error_on_trip=False,
        )

    def ask(self, address: str, etag: str | None = None) -> Answer:
        """The answer, after as many attempts as the settings allow; a 429 is waited out."""
        retrying = Retrying(
            retry=retry_if_exception(_is_passing),
            stop=self._is_enough,
            wait=self._pause,
            sleep=self.wait,
            reraise=True,
        )
        return retrying(self._attempt, address, etag)

    def wait(self, seconds: float) -> None:
        """Wait in small pieces, so that a stop is heard and the loop stays alive."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0 and not self._should_stop():
            self._sleep(min(left, _SLICE_SECONDS))

    def pause(self, failures: int) -> None:
        """The pause after so many failures in a row."""
        self.wait(pause(failures, self._settings.backoff, self._chance()))

    def close(self) -> None:
        """Leave the server."""
        self._client.close()

    def _is_enough(self, state: RetryCallState) -> bool:
        is_told_to_wait = _error(state).reason is Reason.STATUS_429
        most = _MOST_WAITS if is_told_to_wait else self._settings.attempts
        return state.attempt_number >= most or self._should_stop()

    def _pause(self, state: RetryCallState) -> float:
        return max(pause(state.attempt_number, self._settings.backoff, self._chance()), _error(state).not_before)

    def _attempt(self, address: str, etag: str | None) -> Answer:
        self.wait(self._pace.take(time.monotonic()))
        try:
            answer: Answer = self._breaker.call(self._request, address, etag)
        except CircuitBreakerError:
            left = self._opened + self._settings.breaker.reset_seconds - time.monotonic()
            what = "the server failed too often in a row; no request before it had time to recover"
            raise Away(Reason.CIRCUIT_OPEN, what, not_before=max(left, 0.0)) from None
        finally:
            self._note_state()
        return answer

    def _note_state(self) -> None:
        is_open = self._breaker.current_state == "open"
        if not is_open:
            self._opened = 0.0
        elif not self._opened:
            self._opened = time.monotonic()
        self._meters.breaker.set(is_open)

    def _request(self, address: str, etag: str | None) -> Answer:
        status = "none"
        try:
            headers = {} if etag is None else {"If-None-Match": etag}
            with self._client.stream("GET", address, headers=headers) as response:
                status = _class_of(response.status_code)
                self._refuse(response, has_etag=etag is not None)
                return self._answer(response, self._read(response))
        except httpx.TimeoutException as error:
            raise Away(Reason.SLOW, f"the server did not answer in time ({type(error).__name__})") from None
        except httpx.RemoteProtocolError:
            raise Away(Reason.TRUNCATED, "the server's answer is cut short or is not HTTP") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Away(Reason.CONNECTION, f"no connection to the server ({type(error).__name__})") from None
        finally:
            self._meters.requested(status)

    def _refuse(self, response: httpx.Response, *, has_etag: bool) -> None:
        """Raise for every status that is neither a page nor "as it was"."""
        status = response.status_code
        if status in (200, 204) or (status == 304 and has_etag):
            return
        wished = retry_after(
            response.headers.get("Retry-After"), http_date_ms(response.headers.get("Date")), self._clock.now_ms()
        )
        what = f"the server answers {status}"
        if status == 429:
            raise Away(Reason.STATUS_429, what, not_before=wished)
        if status >= 500:
            raise Away(Reason.STATUS_5XX, what, not_before=wished)
        if 300 <= status < 400:
            raise Away(Reason.REDIRECT, f"{what}: redirects are not followed; set url to where it leads")
        raise Away(Reason.STATUS_4XX, f"{what}: check url, parameters and headers", not_before=wished)

    def _read(self, response: httpx.Response) -> bytes:
        """The body as sent, within the limits of size and time: a server that drips is slow too."""
        limit, until = self._settings.largest_bytes, time.monotonic() + self._settings.answer_seconds
        body = bytearray()
        for piece in response.iter_raw():
            body += piece
            if len(body) > limit:
                raise _oversized(limit)
            if time.monotonic() > until:
                raise Away(Reason.SLOW, f"the answer was not whole after {self._settings.answer_seconds:.0f} s")
        return self._unpacked(bytes(body), response.headers.get("Content-Encoding", ""), limit)

    def _unpacked(self, body: bytes, encoding: str, limit: int) -> bytes:
        try:
            return unpack(body, encoding, limit)
        except Rejected as rejected:
            if rejected.reason == "oversized":
                raise _oversized(limit) from None
            raise Away(Reason.TRUNCATED, "the compressed answer is cut short or damaged") from None

    def _answer(self, response: httpx.Response, body: bytes) -> Answer:
        content_type = (
            response.headers.get("Content-Type", self._content_types[0]).partition(";")[0].strip().lower()
        )
        if response.status_code == 200 and content_type not in self._content_types:
            told = ", ".join(self._content_types)
            raise Away(Reason.CONTENT_TYPE, f"the server sends {content_type[:80]!r} where {told} is expected")
        return Answer(
            status=response.status_code,
            body=body,
            content_type=content_type,
            etag=response.headers.get("ETag"),
            link=response.links.get("next", {}).get("url"),
            server_now_ms=http_date_ms(response.headers.get("Date")),
        )


def _oversized(limit: int) -> Away:
    return Away(Reason.OVERSIZED, f"an answer of more than {limit} bytes; ask for smaller pages")


def _error(state: RetryCallState) -> Away:
    error = state.outcome.exception() if state.outcome is not None else None
    assert isinstance(error, Away), "nothing else is tried again"
    return error


def _is_passing(error: BaseException) -> bool:
    """Whether it may be over in a moment; a server that wants to be left alone for long ends the pass."""
    return isinstance(error, Away) and error.reason in _PASSING and error.not_before <= _LONGEST_WAIT_IN_A_PASS


def _class_of(status: int) -> str:
    return str(status) if status in (304, 429) else f"{status // 100}xx"
