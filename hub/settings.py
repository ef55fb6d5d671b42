"""The settings of the hub: `HUB_…` from the environment, from `hub.env`, and secrets from files."""

import os
import secrets
import tempfile
from pathlib import Path
from typing import Annotated, Any, Self

from platformdirs import user_cache_path, user_data_path
from pydantic import Field, SecretStr, StringConstraints, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from hub.domain.errors import Misconfigured

APP = "whistle-hub"
SETTINGS_FILE = "hub.env"
_CHECKOUT = Path(__file__).resolve().parent.parent
_TOKEN_KEY_BYTES = 32
_SHORTEST_TOKEN_KEY = 16

Reference = Annotated[str, StringConstraints(pattern=r"^(env|file):.+$")]
"""Where a secret stands, as connectors.secrets resolves it; a secret itself is refused."""


class Settings(BaseSettings):
    """Every setting with its default. A relative path is one below the current folder."""

    model_config = SettingsConfigDict(
        env_prefix="HUB_",
        env_file=SETTINGS_FILE,
        env_ignore_empty=True,
        extra="forbid",
        frozen=True,
        populate_by_name=True,
    )

    bootstrap: str | None = Field(None, description="a Kafka of your own; without it a running or embedded one")
    data_dir: Path = Field(
        default_factory=lambda: user_data_path(APP, appauthor=False),
        description="the one folder of the embedded hub: Kafka's data, the workers' stores, the token key",
    )
    cache_dir: Path = Field(
        default_factory=lambda: user_cache_path(APP, appauthor=False), description="jars that can be fetched again"
    )
    city: Path = Field(_CHECKOUT / "deploy" / "cities" / "qiqihar", description="the city folder")
    samples: Path = Field(
        _CHECKOUT / "tests" / "data" / "samples", description="the sample files that the demo publishes"
    )
    topics_file: Path = Field(_CHECKOUT / "deploy" / "topics.yaml", description="the topic catalogue")

    sources_file: Path | None = Field(
        None, validation_alias="HUB_SOURCES", description="transports of the sources; else sources.yaml of the city"
    )
    edges: tuple[str, ...] | None = Field(
        None, description="a JSON list of the edges to run; else those that the settings have work for"
    )
    http_port: int = Field(19700, ge=1, le=65535, description="port of intake, citizen page and gateway")
    http_host: str = Field("127.0.0.1", description="address that the HTTP edge listens on")
    http_tls_cert: Path | None = Field(None, description="PEM certificate chain of the HTTP edge; else plain HTTP")
    http_tls_key: Path | None = Field(None, description="PEM key of that certificate")
    http_client_ca: Path | None = Field(None, description="PEM of the authority whose client certificates count")

    kafka_port: int = Field(19092, ge=1, le=65535, description="port of the embedded Kafka")
    kafka_heap: str = Field("512m", pattern=r"^\d+[mg]$", description="Java heap of the embedded Kafka")
    kafka_start_seconds: float = Field(120, gt=0, description="how long the embedded Kafka may take to start")
    maven_url: str | None = Field(
        None, pattern=r"^https?://", description="repository of the jars, when Maven Central is out of reach"
    )

    registry_url: str | None = Field(
        None, pattern=r"^https?://", description="Confluent-compatible schema registry; without it the lock file"
    )
    token_key_text: SecretStr | None = Field(
        None, validation_alias="HUB_TOKEN_KEY", description="key of the contact tokens, 16 bytes or more"
    )
    token_key_file: Path | None = Field(None, description="file that holds the key of the contact tokens")

    contact_keys: tuple[str, ...] | None = Field(
        None, description="a JSON list of ID=REFERENCE, newest first: keys of the callers' contacts in the vault"
    )

    report_keys: tuple[Reference, ...] | None = Field(
        None, description="a JSON list of references, newest first: keys that sign the places of QR codes"
    )
    public_url: str | None = Field(
        None, pattern=r"^https?://[^\s?#]+$", description="address of the citizen page as phones reach it"
    )
    wechat_token: Reference | None = Field(
        None, description="reference to the token of the WeChat account; without it WeChat is answered 404"
    )

    workers: int = Field(1, ge=1, le=64, description="worker processes of each stage")
    metrics_port: int = Field(19600, ge=1, le=65000, description="first port of /metrics; one more per process")
    batch_size: int = Field(2000, ge=1, le=100_000, description="records of one transaction at most")
    give_up_after: float = Field(120, gt=0, description="seconds a process waits for a broker that is away")
    clock: str | None = Field(
        None,
        pattern=r"^\d{1,15}/\d{1,15}/\d+(\.\d+)?(/\d{1,15}(/\d+(\.\d+)?/\d{1,15})*)?$",
        description="a faster clock for rehearsals, START/BEGAN/SPEED[/UNTIL…] in epoch ms; else the machine's",
    )
    dedupe_days: int = Field(90, ge=1, le=3650, description="how long unify remembers an event")

    @field_validator("bootstrap")
    @classmethod
    def _is_a_list_of_addresses(cls, value: str | None) -> str | None:
        for address in [] if value is None else value.split(","):
            host, colon, port = address.strip().rpartition(":")
            if not (host and colon and port.isdigit()):
                raise ValueError("each address is host:port, several are separated by commas")
        return value

    @field_validator(
        *("data_dir", "cache_dir", "city", "samples", "topics_file", "token_key_file", "sources_file"),
        *("http_tls_cert", "http_tls_key", "http_client_ca"),
    )
    @classmethod
    def _is_absolute(cls, value: Path | None) -> Path | None:
        return value if value is None else value.expanduser().absolute()

    @field_validator("token_key_text")
    @classmethod
    def _is_long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value().encode()) < _SHORTEST_TOKEN_KEY:
            raise ValueError(f"the key needs {_SHORTEST_TOKEN_KEY} bytes or more")
        return value

    @model_validator(mode="after")
    def _has_one_token_key(self) -> Self:
        if self.token_key_text is not None and self.token_key_file is not None:
            raise ValueError("HUB_TOKEN_KEY and HUB_TOKEN_KEY_FILE are both set: keep one")
        return self

    @model_validator(mode="after")
    def _has_whole_tls(self) -> Self:
        if (self.http_tls_cert is None) != (self.http_tls_key is None):
            raise ValueError("HUB_HTTP_TLS_CERT and HUB_HTTP_TLS_KEY belong together: set both")
        if self.http_client_ca is not None and self.http_tls_cert is None:
            raise ValueError("HUB_HTTP_CLIENT_CA needs HUB_HTTP_TLS_CERT and HUB_HTTP_TLS_KEY")
        return self

    @property
    def sources_path(self) -> Path:
        """The file of the sources' transports."""
        return self.sources_file or self.city / "sources.yaml"

    def token_key(self) -> bytes:
        """The key of the contact tokens: as set, else one that the embedded hub makes once in its data folder."""
        if self.token_key_text is not None:
            return self.token_key_text.get_secret_value().encode()
        if self.token_key_file is not None:
            return _read_key(self.token_key_file)
        return key_made_once(self.data_dir / "token.key")


def load(**overrides: Any) -> Settings:
    """The settings in force. An override that is not None wins; anything wrong is reported at once.

    Raises:
        Misconfigured: with one line for each setting that is wrong.
    """
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        return Settings(**given)
    except ValidationError as error:
        raise Misconfigured([_line(problem["loc"], problem["msg"]) for problem in error.errors()]) from None


def _line(place: tuple[int | str, ...], message: str) -> str:
    message = message.removeprefix("Value error, ")
    if not place:
        return message
    # A stray line of hub.env is named as written, a field by its variable; the value may be a secret.
    name = str(place[0]).upper()
    name = name if name.startswith("HUB_") else f"HUB_{name}"
    if message.startswith("Extra inputs"):
        return f"{name}: there is no such setting (from {SETTINGS_FILE} or an argument)"
    return f"{name}: {message}"


def _read_key(file: Path) -> bytes:
    try:
        key = file.read_bytes().strip()
    except OSError as error:
        raise Misconfigured([f"HUB_TOKEN_KEY_FILE: {file} cannot be read: {error.strerror}"]) from None
    if len(key) < _SHORTEST_TOKEN_KEY:
        raise Misconfigured([f"HUB_TOKEN_KEY_FILE: {file} holds fewer than {_SHORTEST_TOKEN_KEY} bytes"])
    return key


def key_made_once(file: Path) -> bytes:
    """32 random bytes. Processes that start together agree on one key: whoever links the file first has made it."""
    try:
        return _read_or_make(file)
    except OSError as error:
        problem = f"cannot be read or made ({error.strerror}); set its key's own setting or HUB_DATA_DIR"
        raise Misconfigured([f"key {file}: {problem}"]) from None


def _read_or_make(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except FileNotFoundError:
        file.parent.mkdir(parents=True, exist_ok=True)
    # mkstemp gives mode 0600; the link is atomic and fails when the file exists, so no half key is ever seen.
    handle, draft = tempfile.mkstemp(dir=file.parent, prefix=".token.key.")
    try:
        with os.fdopen(handle, "wb") as sink:
            sink.write(secrets.token_bytes(_TOKEN_KEY_BYTES))
            sink.flush()
            os.fsync(sink.fileno())
        os.link(draft, file)
    except FileExistsError:
        return file.read_bytes()
    finally:
        Path(draft).unlink()
    return file.read_bytes()
