"""What `sources.yaml` says of a source's HTTP intake."""

from pydantic import Field

from connectors.secrets import Reference
from connectors.strict import Strict


class IntakeSettings(Strict):
    """`secrets`: every one of them is accepted, so that a source can change to a new one in its own time; a file or
    variable may hold several, one a line. `client_certificates`: names of which a client's certificate must carry
    one (common name or alternative name), in addition to the signature; needs HUB_HTTP_CLIENT_CA.
    """

    secrets: tuple[Reference, ...] = Field(min_length=1)
    client_certificates: tuple[str, ...] = ()
