"""The whole service against a Kafka that wants a login over TLS."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.embedded import free_port
from cli.simulation.presets import small_recording
from schemas.recording import write_record
from tests.brokers import NoBrokerError, _Node, kafka_libraries

PASSWORD = "correct-horse"
LOGIN = f'org.apache.kafka.common.security.plain.PlainLoginModule required user_wismo="{PASSWORD}";'


@pytest.fixture
def secured(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A node with a listener for SASL over TLS; what a service has to be told of it."""
    if (openssl := shutil.which("openssl")) is None:
        pytest.skip("needs openssl to make a certificate")
    folder, port = tmp_path / "kafka", free_port()
    folder.mkdir()
    try:
        node = _Node(folder, kafka_libraries(), free_port(), free_port())
    except NoBrokerError as error:
        pytest.skip(f"needs a real Kafka: {error}")
    certificate = _certificate(openssl, folder)
    _add_listener(folder / "server.properties", port, folder / "server.pem", certificate)
    node.format()
    node.start()
    try:
        yield {
            "KAFKA_BOOTSTRAP_SERVERS": f"127.0.0.1:{port}",
            "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
            "KAFKA_SASL_MECHANISM": "PLAIN",
            "KAFKA_SASL_USERNAME": "wismo",
            "KAFKA_SASL_PASSWORD": PASSWORD,
            "KAFKA_SSL_CAFILE": str(certificate),
        }
    finally:
        node.kill()


@pytest.mark.kafka
@pytest.mark.slow
def test_up_feeds_and_drains_through_a_login_over_tls(tmp_path: Path, secured: dict[str, str]) -> None:
    recording = tmp_path / "recording.jsonl"
    recording.write_bytes(b"".join(write_record(record) for record in small_recording(3)))

    right, wrong = up(recording, secured), up(recording, secured | {"KAFKA_SASL_PASSWORD": "guess"})

    assert right.returncode == 0, right.stderr
    assert json.loads(right.stdout)["records_in"] == len(small_recording(3))
    assert PASSWORD not in right.stdout + right.stderr
    assert wrong.returncode == 2
    assert "KAFKA_BOOTSTRAP_SERVERS and the login" in wrong.stderr


def up(recording: Path, settings: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cli.main", "up", "--once", "--recording", str(recording)]
    env = {**os.environ, **settings}
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=180, check=False)


def _certificate(openssl: str, folder: Path) -> Path:
    """A certificate of its own for 127.0.0.1; the key and it in the one file that Kafka reads."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    named = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    made = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *named]
    subprocess.run([*made, "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True)
    (folder / "server.pem").write_text(key.read_text() + certificate.read_text())
    return certificate


def _add_listener(properties: Path, port: int, store: Path, trusted: Path) -> None:
    text = properties.read_text()
    for name in ("listeners", "advertised.listeners"):
        text = text.replace(f"\n{name}=", f"\n{name}=SECURE://127.0.0.1:{port},")
    text = text.replace("protocol.map=", "protocol.map=SECURE:SASL_SSL,")
    prefix = "listener.name.secure"
    text += "\n".join(
        [
            "",
            f"{prefix}.sasl.enabled.mechanisms=PLAIN",
            f"{prefix}.plain.sasl.jaas.config={LOGIN}",
            f"{prefix}.ssl.keystore.type=PEM",
            f"{prefix}.ssl.keystore.location={store}",
            f"{prefix}.ssl.truststore.type=PEM",
            f"{prefix}.ssl.truststore.location={trusted}",
            "inter.broker.listener.name=PLAINTEXT",
            "",
        ]
    )
    properties.write_text(text)
