"""The one way out for webhooks: an address is resolved once, checked, and that very address is connected to.

A name that resolves to a private address, or to one on the second look only, must not let an outsider's setting reach
what only we can reach. Redirects are never followed: each would be a new, unchecked destination.
"""

import contextlib
import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Sequence[str]]

_MOST_OF_AN_ANSWER: Final = 4096
_NEVER: Final = tuple(
    ipaddress.ip_network(network)
    for network in (
        "192.88.99.0/24",  # 6to4 relays
        "2002::/16",  # 6to4
        "64:ff9b::/96",  # NAT64
        "64:ff9b:1::/48",  # NAT64, local
        "2001::/32",  # Teredo
        "5f00::/16",  # SRv6
        "fec0::/10",  # site-local, deprecated
    )
)
"""Networks that `is_global` lets through although they lead to embedded or special addresses."""


class ForbiddenAddressError(ValueError):
    """The destination must not be connected to; the message says why and which setting decides."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Where notifications may go."""

    allow_private: bool = False
    ports: frozenset[int] = frozenset({443})


@dataclass(frozen=True, slots=True)
class Target:
    """A checked destination."""

    scheme: str
    host: str
    port: int
    path: str
    address: str
    """The IP address to connect to; the name is for TLS and the Host header only."""


@dataclass(frozen=True, slots=True)
class Response:
    """What the other side answered."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    """Its beginning."""


def lookup(host: str, port: int) -> Sequence[str]:
    """All addresses of a name."""
    return [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def checked_target(url: str, rules: Rules, resolve: Resolve = lookup) -> Target:
    """Resolve a URL once and check all its addresses; raises `ForbiddenAddressError`, or `OSError` of the lookup."""
    parts = urlsplit(url)
    host = parts.hostname
    if parts.scheme not in ("https", "http") or not host:
        raise ForbiddenAddressError("the webhook's URL must be https://host/path")
    if parts.username or parts.password:
        raise ForbiddenAddressError("the webhook's URL must not hold a user or a password")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    if not rules.allow_private:
        _require_public_shape(parts.scheme, port, rules)
    addresses = list(resolve(host, port))
    if not addresses:
        raise OSError(f"no address for {host}")
    refused = [] if rules.allow_private else [address for address in addresses if not is_public(address)]
    if refused:
        # One bad answer among good ones is enough: whoever rebinds a name mixes them.
        raise ForbiddenAddressError(
            f"{host} resolves to {refused[0]}, which is not a public address; "
            "WISMO_WEBHOOK_ALLOW_PRIVATE_NETWORKS allows it for development"
        )
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, host, port, path, addresses[0])


def is_public(text: str) -> bool:
    """Whether an address is reachable from everywhere and stands for itself."""
    try:
        address: IPAddress = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    if any(address in network for network in _NEVER if network.version == address.version):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def post(target: Target, headers: Mapping[str, str], body: bytes, timeout: float) -> Response:
    """Send one request to a checked target; raises `OSError` or `http.client.HTTPException`."""
    connection = _connection(target, timeout)
    # The socket's own timeout starts anew with each byte; one that drips would hold us for ever.
    deadline = threading.Timer(timeout, _cut, [connection])
    deadline.daemon = True
    deadline.start()
    try:
        connection.request("POST", target.path, body, dict(headers))
        answer = connection.getresponse()
        seen = {name.lower(): value for name, value in answer.getheaders()}
        return Response(answer.status, seen, answer.read(_MOST_OF_AN_ANSWER))
    finally:
        deadline.cancel()
        connection.close()


def _cut(connection: http.client.HTTPConnection) -> None:
    with contextlib.suppress(OSError, AttributeError):
        connection.sock.shutdown(socket.SHUT_RDWR)


def _require_public_shape(scheme: str, port: int, rules: Rules) -> None:
    if scheme != "https":
        raise ForbiddenAddressError("the webhook's URL must begin with https://")
    if port not in rules.ports:
        raise ForbiddenAddressError(f"port {port} is not one of WISMO_WEBHOOK_PORTS")


def _connection(target: Target, timeout: float) -> http.client.HTTPConnection:
    if target.scheme == "https":
        return _PinnedHTTPS(target, timeout)
    return _PinnedHTTP(target, timeout)


class _PinnedHTTP(http.client.HTTPConnection):
    """Connects to the checked address whatever the name resolves to by now."""

    def __init__(self, target: Target, timeout: float) -> None:
        super().__init__(target.host, target.port, timeout=timeout)
        self._target = target

    def connect(self) -> None:
        self.sock = socket.create_connection((self._target.address, self._target.port), self.timeout)


class _PinnedHTTPS(http.client.HTTPSConnection):
    """The same, with the certificate checked against the name."""

    def __init__(self, target: Target, timeout: float) -> None:
        self._tls = ssl.create_default_context()
        super().__init__(target.host, target.port, timeout=timeout, context=self._tls)
        self._target = target

    def connect(self) -> None:
        plain = socket.create_connection((self._target.address, self._target.port), self.timeout)
        self.sock = self._tls.wrap_socket(plain, server_hostname=self._target.host)
