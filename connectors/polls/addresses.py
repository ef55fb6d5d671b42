"""Which address the first page of a pass has, and which the page after a page. Pure."""

from dataclasses import dataclass
from datetime import tzinfo

import httpx

from connectors.polls import since as since_rules
from connectors.polls.errors import Away, Reason
from connectors.polls.settings import HttpPollSettings


@dataclass(slots=True, frozen=True)
class Address:
    """A page to ask for; `number` is its place in the pass."""

    url: str
    number: int


def first_page(settings: HttpPollSettings, asked_ms: int | None, zone: tzinfo) -> Address:
    """The first page of what is new since an instant, written in the source's zone; None: of everything."""
    since, paging = settings.since, settings.paging
    parameters = dict(settings.parameters)
    if since is not None and asked_ms is not None:
        parameters[since.parameter] = since_rules.written(asked_ms, since, zone)
    if paging.size_parameter is not None:
        parameters[paging.size_parameter] = str(paging.size)
    if paging.way == "number":
        parameters[paging.parameter] = str(paging.first)
    return Address(str(httpx.URL(settings.url).copy_merge_params(parameters)), paging.first)


def page_after(
    settings: HttpPollSettings, address: Address, *, has_records: bool, cursor: str | None, link: str | None
) -> Address | None:
    """The page after one that was read; None where it was the last. Raises `Away` for a link to another server.

    Numbers end at the first page without records, the others where the server names no page after it.
    """
    paging, number = settings.paging, address.number + 1
    if paging.way == "number":
        url = httpx.URL(address.url).copy_set_param(paging.parameter, number)
        return Address(str(url), number) if has_records else None
    if paging.way == "cursor" and cursor is not None:
        return Address(str(httpx.URL(address.url).copy_set_param(paging.parameter, cursor)), number)
    if paging.way == "link" and link is not None:
        return Address(_followed(address.url, link), number)
    return None


def _followed(url: str, link: str) -> str:
    """Our headers are secrets, so a link is followed on the same server alone."""
    here, there = httpx.URL(url), httpx.URL(url).join(link)
    if (here.scheme, here.host, here.port) != (there.scheme, there.host, there.port):
        raise Away(Reason.REDIRECT, "the next page is on another server, which is not followed")
    return str(there)
