"""The environment is read once, checked with clear words, and printed without its secrets."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from sinks.settings import Settings, SettingsError, load_settings, unknown_variables, variable_of


def _env(monkeypatch: pytest.MonkeyPatch, **variables: str) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


def test_nothing_set_means_embedded() -> None:
    settings = load_settings()
    assert (settings.kafka_bootstrap_servers, settings.redis_url, settings.partitions) == (None, None, None)
    with pytest.raises(SettingsError, match="KAFKA_BOOTSTRAP_SERVERS is not set"):
        _ = settings.bootstrap


def test_the_variables_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    _env(
        monkeypatch,
        KAFKA_BOOTSTRAP_SERVERS="k:9092",
        REDIS_URL="rediss://r:6379/0",
        WISMO_PARTITIONS="8",
        WISMO_STORE="rocksdb",
        WISMO_ORDER="strict",
        WISMO_LOG_JSON="true",
        WISMO_WEB_PORT="",
    )
    settings = load_settings()
    assert (settings.bootstrap, settings.redis_url, settings.partitions) == ("k:9092", "rediss://r:6379/0", 8)
    assert (settings.store, settings.order, settings.log_json) == ("rocksdb", "strict", True)
    assert settings.web_port == 8080, "an empty variable is an unset one"


def test_settings_are_frozen() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        load_settings().partitions = 2  # type: ignore[misc]


def test_arguments_win_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    _env(monkeypatch, WISMO_PARTITIONS="8")
    assert load_settings(partitions=2).partitions == 2


def test_secrets_may_come_as_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "KAFKA_SASL_PASSWORD").write_text("from-a-file")
    _env(monkeypatch, WISMO_SECRETS_DIR=str(tmp_path))
    password = load_settings().kafka_sasl_password
    assert password is not None
    assert password.get_secret_value() == "from-a-file"


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"WISMO_PARTITIONS": "many"}, "WISMO_PARTITIONS: Input should be a valid integer"),
        ({"WISMO_WEB_PORT": "70000"}, "WISMO_WEB_PORT: Input should be less than or equal to 65535"),
        ({"WISMO_STORE": "disk"}, "WISMO_STORE: Input should be 'memory' or 'rocksdb'"),
        ({"REDIS_URL": "http://u:hunter2@r"}, "REDIS_URL: expected a URL that begins with redis://"),
        ({"KAFKA_SECURITY_PROTOCOL": "SASL_SSL"}, "set KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD"),
        ({"KAFKA_SSL_CERTFILE": "/c.pem"}, "KAFKA_SSL_CERTFILE and KAFKA_SSL_KEYFILE come together"),
    ],
)
def test_a_wrong_variable_is_named_and_its_value_is_not_shown(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], says: str
) -> None:
    _env(monkeypatch, **variables)
    with pytest.raises(SettingsError) as raised:
        load_settings()
    assert says in str(raised.value)
    assert "hunter2" not in str(raised.value)


def test_all_wrong_variables_are_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    _env(monkeypatch, WISMO_PARTITIONS="0", WISMO_STORE="disk")
    with pytest.raises(SettingsError) as raised:
        load_settings()
    assert [line.partition(":")[0] for line in str(raised.value).splitlines()] == ["WISMO_PARTITIONS", "WISMO_STORE"]


def test_nothing_printable_holds_a_secret() -> None:
    settings = Settings(
        kafka_security_protocol="SASL_SSL",
        kafka_sasl_username="svc",
        kafka_sasl_password="hunter2",
        redis_url="redis://user:hunter2@r:6379/0?password=hunter2",
    )
    view = settings.redacted()
    assert view["KAFKA_SASL_PASSWORD"] == "********"
    assert view["REDIS_URL"] == "redis://********@r:6379/0?********"
    assert view["KAFKA_SASL_USERNAME"] == "svc"
    for text in (str(view), repr(settings), str(settings)):
        assert "hunter2" not in text


def test_every_setting_has_a_variable_of_its_own() -> None:
    variables = [variable_of(name) for name in Settings.model_fields]
    assert len(set(variables)) == len(variables)
    assert all(name.startswith(("WISMO_", "KAFKA_", "REDIS_")) for name in variables)


def test_a_misspelt_variable_is_found() -> None:
    environ = {"WISMO_PARTITION": "4", "WISMO_PARTITIONS": "4", "WISMO_TEST_BROKER": "kafka", "HOME": "/"}
    assert unknown_variables(environ) == ["WISMO_PARTITION"]
