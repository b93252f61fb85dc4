"""No setting, name or second look at a name leads a webhook to an address that only we can reach."""

import pytest

from sinks.notifier.egress import ForbiddenAddressError, Rules, checked_target, is_public

INTERNAL = """
127.0.0.1 127.8.8.8 0.0.0.0 0.1.2.3 10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1 169.254.169.254 100.64.0.1
192.0.0.1 192.0.2.1 198.51.100.1 203.0.113.1 192.88.99.1 198.18.0.1 198.19.255.255 224.0.0.1 239.255.255.250
240.0.0.1 255.255.255.255 ::1 :: fe80::1 fe80::1%eth0 fc00::1 fd12:3456::1 ff02::1 2001:db8::1 2002:7f00:1::1
64:ff9b::7f00:1 64:ff9b:1::1 100::1 2001::1 2001:10::1 5f00::1 fec0::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1
::ffff:169.254.169.254 ::127.0.0.1 not-an-address 0177.0.0.1 0x7f.1 2130706433
""".split()
PUBLIC = ["8.8.8.8", "1.1.1.1", "93.184.216.34", "2606:4700:4700::1111", "2a00:1450:4001::1", "::ffff:8.8.8.8"]


@pytest.mark.parametrize("address", INTERNAL)
def test_internal_addresses_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", [a for a in INTERNAL if "." in a or ":" in a])
def test_a_name_that_resolves_inside_is_refused(address: str) -> None:
    with pytest.raises(ForbiddenAddressError, match="not a public address"):
        checked_target("https://hooks.example/in", Rules(), lambda *_: [address])


def test_one_internal_answer_among_public_ones_is_enough() -> None:
    with pytest.raises(ForbiddenAddressError):
        checked_target("https://hooks.example/in", Rules(), lambda *_: ["8.8.8.8", "10.0.0.1"])


def test_the_checked_address_is_the_one_connected_to() -> None:
    answers = iter([["8.8.8.8"], ["127.0.0.1"]])
    target = checked_target("https://hooks.example/in?a=1", Rules(), lambda *_: next(answers))
    assert (target.address, target.host, target.port, target.path) == ("8.8.8.8", "hooks.example", 443, "/in?a=1")


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example/", "https://hooks.example:8443/", "https://user:pw@hooks.example/", "file:///etc/passwd",
        "gopher://hooks.example/", "https:///x", "https://hooks.example:22/",
    ],
)  # fmt: skip
def test_other_shapes_of_url_are_refused(url: str) -> None:
    with pytest.raises(ForbiddenAddressError):
        checked_target(url, Rules(), lambda *_: ["8.8.8.8"])


def test_ports_may_be_allowed() -> None:
    rules = Rules(ports=frozenset({443, 8443}))
    assert checked_target("https://hooks.example:8443/", rules, lambda *_: ["8.8.8.8"]).port == 8443


def test_development_may_use_loopback_over_http() -> None:
    target = checked_target("http://localhost:9/", Rules(allow_private=True), lambda *_: ["127.0.0.1"])
    assert (target.address, target.scheme, target.port) == ("127.0.0.1", "http", 9)


def test_a_name_without_addresses_may_have_some_later() -> None:
    with pytest.raises(OSError, match="no address"):
        checked_target("https://hooks.example/", Rules(), lambda *_: [])
