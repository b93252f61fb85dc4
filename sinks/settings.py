"""Settings: the environment, read once, checked, and passed on as one frozen value.

A field `foo` is read from `WISMO_FOO`; the `KAFKA_*` and `REDIS_URL` fields keep the names that operators know.
"""

import os
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import urlsplit, urlunsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX: Final = "WISMO_"
SECRETS_DIR_VARIABLE: Final = "WISMO_SECRETS_DIR"
_NOT_SETTINGS: Final = ("WISMO_TEST_", SECRETS_DIR_VARIABLE)


class SettingsError(ValueError):
    """The environment cannot be used; the message names each variable, what is wrong and what is expected."""


class StoreKind(StrEnum):
    """Where a worker keeps its tables."""

    MEMORY = "memory"
    ROCKSDB = "rocksdb"


class Order(StrEnum):
    """Whether records apply as they come, or wait for the next mark to be put in the recording's order."""

    PROMPT = "prompt"
    STRICT = "strict"


class WebClock(StrEnum):
    """What the pages call now."""

    AUTO = "auto"
    """The wall clock; the newest event's time where that is more than a day behind, as in a recording."""
    WALL = "wall"
    EVENTS = "events"


class SecurityProtocol(StrEnum):
    """How clients talk to Kafka."""

    PLAINTEXT = "PLAINTEXT"
    SSL = "SSL"
    SASL_PLAINTEXT = "SASL_PLAINTEXT"
    SASL_SSL = "SASL_SSL"

    @property
    def sasl(self) -> bool:
        """Whether the client logs in."""
        return self.value.startswith("SASL")


class LogLevel(StrEnum):
    """How much is logged."""

    DEBUG = "DEBUG"
    INFO = "INFO"
    WARNING = "WARNING"
    ERROR = "ERROR"


class Settings(BaseSettings):
    """Everything that the environment decides; no other module reads it."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        frozen=True,
        env_ignore_empty=True,
        hide_input_in_errors=True,
        validate_by_name=True,
        validate_by_alias=True,
        extra="ignore",
    )

    kafka_bootstrap_servers: str | None = Field(
        None, validation_alias="KAFKA_BOOTSTRAP_SERVERS", description="host:port[,host:port]; unset: embedded broker"
    )
    kafka_security_protocol: SecurityProtocol = Field(
        SecurityProtocol.PLAINTEXT, validation_alias="KAFKA_SECURITY_PROTOCOL"
    )
    kafka_sasl_mechanism: str = Field("SCRAM-SHA-512", validation_alias="KAFKA_SASL_MECHANISM")
    kafka_sasl_username: str | None = Field(None, validation_alias="KAFKA_SASL_USERNAME")
    kafka_sasl_password: SecretStr | None = Field(None, validation_alias="KAFKA_SASL_PASSWORD")
    kafka_ssl_cafile: Path | None = Field(None, validation_alias="KAFKA_SSL_CAFILE")
    kafka_ssl_certfile: Path | None = Field(None, validation_alias="KAFKA_SSL_CERTFILE")
    kafka_ssl_keyfile: Path | None = Field(None, validation_alias="KAFKA_SSL_KEYFILE")
    redis_url: str | None = Field(
        None, validation_alias="REDIS_URL", repr=False, description="redis://, rediss:// or unix://; unset: embedded"
    )

    partitions: int | None = Field(None, ge=1, le=1024, description="partitions of every topic; unset: topics.yaml")
    replication_factor: int = Field(1, ge=1, le=32, description="copies of each partition when a topic is created")
    store: StoreKind = Field(StoreKind.MEMORY, description="where a worker keeps its tables")
    data_dir: Path = Field(Path("data"), description="folder of the stores and of the embedded services")
    ticker: bool = Field(True, description="whether the worker writes marks of the clock; off while a recording plays")
    session_timeout_seconds: float = Field(
        10.0, ge=1, le=300, description="silence after which a group member is dead; embedded: a join takes half of it"
    )
    stall_seconds: float = Field(
        120.0, ge=0, le=86400, description="a worker that commits nothing for so long while records wait ends; 0: never"
    )
    recovery_limit_seconds: float = Field(
        1800.0, ge=0, le=86400, description="a worker that reads its state for longer ends; 0: never"
    )
    mark_interval_seconds: float = Field(10.0, gt=0, le=3600, description="how often the ticker writes the time")
    order: Order = Field(Order.PROMPT, description="apply records as they come, or in order between marks")
    policy_file: Path | None = Field(None, description="the dated policy; unset: the packaged one")
    shadow_policy_file: Path | None = Field(
        None, description="a candidate policy that runs beside the live one and tells nobody; unset: none"
    )
    carrier_tables: Path | None = Field(
        None, description="folder of your own carrier tables (gls.csv, ...), rows beside the packaged ones; unset: none"
    )
    web_host: str = Field("127.0.0.1", description="address that the web process binds")
    web_port: int = Field(8080, ge=0, le=65535, description="port of the web process; 0: any free one")
    metrics_host: str = Field("127.0.0.1", description="address that /metrics, /livez and /readyz bind")
    worker_metrics_port: int = Field(9101, ge=0, le=65535, description="0: any free one")
    notifier_metrics_port: int = Field(9102, ge=0, le=65535, description="0: any free one")
    board_metrics_port: int = Field(9103, ge=0, le=65535, description="0: any free one")
    webhook_url: str | None = Field(None, repr=False, description="where notifications go; unset: only to the log")
    webhook_secrets: SecretStr | None = Field(
        None, description="whsec_...[,whsec_...]: every signature is made with each; put the new one first to rotate"
    )
    webhook_ports: str = Field("443", pattern=r"^\d{1,5}(,\d{1,5})*$", description="ports a webhook may be sent to")
    webhook_allow_private_networks: bool = Field(
        False, description="also send to loopback and private addresses, over http and to any port: development only"
    )
    webhook_timeout_seconds: float = Field(20.0, gt=0, le=120, description="the longest one attempt may take")
    webhook_retry_seconds: str = Field(
        "5,30,300,1800,7200",
        pattern=r"^\d+(\.\d+)?(,\d+(\.\d+)?)*$",
        description="waits between attempts; after the last one the notification is parked",
    )
    notify_log: bool = Field(True, description="write each notification as a line of JSON on stdout")
    ledger_ttl_days: float = Field(62.0, gt=0, description="how long the notifier knows what it sent")
    ledger_lease_seconds: float = Field(60.0, gt=0, description="how long an attempt that nobody ended blocks the next")
    digest_seconds: float = Field(
        60.0, ge=0, le=3600, description="how long the notifier gathers the messages of a digest before it sends them"
    )
    redis_prefix: str = Field("wismo:", pattern=r"^[A-Za-z0-9:_.-]+$", description="what every Redis key begins with")
    web_clock: WebClock = Field(WebClock.AUTO, description="what the pages call now")
    web_allowed_hosts: str = Field("", description="host names, comma-separated, that browsers may call the web by")
    log_level: LogLevel = Field(LogLevel.INFO, description="how much is logged")
    log_json: bool = Field(False, description="one JSON object a log line")

    @field_validator("redis_url")
    @classmethod
    def _redis_scheme(cls, url: str | None) -> str | None:
        if url is not None and urlsplit(url).scheme not in ("redis", "rediss", "unix"):
            raise ValueError("expected a URL that begins with redis://, rediss:// or unix://")
        return url

    @model_validator(mode="after")
    def _login_is_whole(self) -> Self:
        if self.kafka_security_protocol.sasl and not (self.kafka_sasl_username and self.kafka_sasl_password):
            raise ValueError(
                "KAFKA_SECURITY_PROTOCOL asks for a login: set KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD"
            )
        if (self.kafka_ssl_certfile is None) != (self.kafka_ssl_keyfile is None):
            raise ValueError("KAFKA_SSL_CERTFILE and KAFKA_SSL_KEYFILE come together: set both or neither")
        return self

    @property
    def bootstrap(self) -> str:
        """The Kafka address; raises `SettingsError` where none is set."""
        if self.kafka_bootstrap_servers is None:
            raise SettingsError("KAFKA_BOOTSTRAP_SERVERS is not set; set it to host:port, or use `wismo up`")
        return self.kafka_bootstrap_servers

    def carrier_files(self) -> dict[str, str]:
        """The texts of your own carrier tables by path; raises `SettingsError` where they cannot be read."""
        if self.carrier_tables is None:
            return {}
        try:
            return {
                str(path): path.read_text("utf-8") for path in sorted(self.carrier_tables.iterdir()) if _is_csv(path)
            }
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else "not UTF-8"
            raise SettingsError(
                f"{variable_of('carrier_tables')}: {self.carrier_tables} cannot be read ({why})"
            ) from error

    def redacted(self) -> dict[str, str | int | float | bool | None]:
        """The settings by variable name, fit to print: secrets and the credentials in URLs are starred out."""
        return {variable_of(name): _shown(getattr(self, name)) for name in type(self).model_fields}


def _is_csv(path: Path) -> bool:
    return path.suffix == ".csv"


def load_settings(**overrides: Any) -> Settings:
    """Read the environment (and the files of `WISMO_SECRETS_DIR`); raises `SettingsError` with one line a variable."""
    sources: dict[str, Any] = {"_secrets_dir": os.environ.get(SECRETS_DIR_VARIABLE)}
    try:
        return Settings(**sources, **overrides)
    except ValidationError as error:
        raise SettingsError("\n".join(_problem(item) for item in error.errors(include_input=False))) from None


def variable_of(field: str) -> str:
    """The environment variable that sets a field of `Settings`."""
    alias = Settings.model_fields[field].validation_alias
    return alias if isinstance(alias, str) else PREFIX + field.upper()


def unknown_variables(environ: Mapping[str, str]) -> list[str]:
    """Variables that look like ours and set nothing, so are likely misspelt."""
    known = {variable_of(name) for name in Settings.model_fields}
    ours = (name for name in environ if name.startswith(PREFIX) and not name.startswith(_NOT_SETTINGS))
    return sorted(name for name in ours if name not in known)


def _problem(item: Any) -> str:
    where = [part if part.isupper() else variable_of(part) for part in map(str, item["loc"][:1])]
    return ": ".join([*where, item["msg"].removeprefix("Value error, ")])


def _shown(value: object) -> str | int | float | bool | None:
    if isinstance(value, SecretStr):
        return "********"
    if isinstance(value, Path | StrEnum):
        return str(value)
    if isinstance(value, str) and "://" in value:
        return _without_credentials(value)
    return value if isinstance(value, str | int | float | bool) else None


def _without_credentials(url: str) -> str:
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")
    netloc = f"********@{host[2]}" if host[1] else host[2]
    return urlunsplit(parts._replace(netloc=netloc, query="********" if parts.query else ""))
