"""Opens and closes the ways into the hub: straight to Kafka, or through its edges."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from hub import cluster
from hub.demo.carried import Carried
from hub.demo.files import Files
from hub.demo.joining import Joined
from hub.demo.posts import Posts
from hub.demo.staffing import staffing
from hub.demo.straight import Straight
from hub.demo.terminals import Terminals
from hub.demo.traffic import Carrier
from hub.demo.transports import Transports
from hub.endpoint_tokens import TokenDesk
from hub.sending import open_publisher
from hub.settings import Settings
from hub.simulation import Message
from hub.timing import clock_of
from hub.topics import catalogue
from schemas.codec import codec

_WHO = "hub demo"


@dataclass(slots=True, frozen=True)
class Way:
    """A carrier, and what it counts beside the records; None where there is no more to tell."""

    carrier: Carrier
    carried: Carried | None = None


@contextmanager
def straight(settings: Settings) -> Iterator[Way]:
    """Into Kafka, past the edges."""
    publisher = open_publisher(settings, connector="hub-demo")
    yield Way(Straight(publisher, catalogue().dead_letters))
    publisher.close()


@contextmanager
def through_the_edges(
    joined: Joined, settings: Settings, messages: Sequence[Message], tell: Callable[[str], None]
) -> Iterator[Way]:
    """By HTTP, files and the gateway. `settings` have the hub's clock in them.

    The endpoints' tokens are revoked at the end, whatever happens.
    """
    clock, carried = clock_of(settings), Carried()
    topics, bootstrap = catalogue(), cluster.running(settings)
    staff = staffing(messages)
    desk = TokenDesk(bootstrap, topics, codec(settings.registry_url), actor=_WHO, now_ms=clock.now_ms)
    with ExitStack() as stack:
        issued = desk.issue(staff.endpoints, expires_at=None, reason=_WHO)
        stack.callback(desk.revoke, [one.record for one in issued], reason=_WHO)
        publisher = open_publisher(settings, connector="hub-demo")
        stack.callback(publisher.close)
        past_all = Straight(publisher, topics.dead_letters)
        counts = (past_all.published, carried)
        posts = Posts(joined.address, joined.secrets, clock, counts)
        stack.callback(posts.close)
        tokens = {one.record.endpoint_id: one.token for one in issued}
        terminals = Terminals(joined.address, tokens, counts)
        stack.callback(terminals.close)
        terminals.wait_until_open()
        tell(f"{len(tokens)} staff endpoints have their streams open")
        files = Files(joined.folders, counts)
        yield Way(Transports(posts, files, terminals, staff, past_all, carried), carried)
