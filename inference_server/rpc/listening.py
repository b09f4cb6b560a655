"""Where the server listens and how what goes over the wire is protected. Closed by default.

Plain text is for loopback. Anywhere else the server wants TLS, and callers that prove who they are by a token or a
client certificate; otherwise it refuses to start, unless it is told that the network around it is trusted.
"""

from __future__ import annotations

import ipaddress
import resource
from pathlib import Path
from typing import Any, Final

import grpc
import grpc.aio

from inference_server.runtime.settings import Settings

#: A connection that is silent for so long is asked for a sign of life, and closed without one.
_KEEPALIVE_MS: Final = 60_000
_KEEPALIVE_TIMEOUT_MS: Final = 20_000
#: Callers may ask for a sign of life this often.
_PING_MS: Final = 10_000
#: A connection that has not got as far as HTTP/2 after so long never will.
_HANDSHAKE_MS: Final = 20_000
#: Bit set of the compressions that are taken: only none at all. A gzip message of 1 MB is 1 GB when it is unpacked, and
#: gRPC unpacks before it looks at the size.
_IDENTITY_ONLY: Final = 1
#: Files that the process needs besides its connections.
_OTHER_FILES: Final = 200


class AddressUnavailable(Exception):  # noqa: N818 - reads as what happened
    """The server can't listen where it was told to; ``str(error)`` says where."""


class NotProtected(Exception):  # noqa: N818 - reads as what happened
    """The settings would expose the service; ``str(error)`` says what is missing."""


def is_loopback(listen: str) -> bool:
    """Whether only this machine can reach ``HOST:PORT`` (or a Unix socket)."""
    host = listen.rpartition(":")[0].strip("[]")
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_protection(settings: Settings) -> None:
    """Refuse settings that would expose the service.

    Raises:
        NotProtected: it would listen beyond this machine in plain text, or for anybody; or TLS is half set.
    """
    if (settings.tls_certificate is None) != (settings.tls_key is None):
        raise NotProtected("BEATLENS_TLS_CERTIFICATE and BEATLENS_TLS_KEY go together; one of them is missing.")
    if settings.tls_client_ca is not None and settings.tls_certificate is None:
        raise NotProtected("BEATLENS_TLS_CLIENT_CA needs BEATLENS_TLS_CERTIFICATE and BEATLENS_TLS_KEY.")
    if is_loopback(settings.listen) or settings.trusted_network:
        return
    if settings.tls_certificate is None:
        raise NotProtected(
            f"{settings.listen} is not on loopback, and plain text would cross the network. "
            "Set BEATLENS_TLS_CERTIFICATE and BEATLENS_TLS_KEY, or BEATLENS_TRUSTED_NETWORK=true if something else "
            "protects it."
        )
    if settings.tokens is None and settings.tls_client_ca is None:
        raise NotProtected(
            f"{settings.listen} is not on loopback, and anybody could call. Set BEATLENS_TOKENS or "
            "BEATLENS_TLS_CLIENT_CA, or BEATLENS_TRUSTED_NETWORK=true if something else protects it."
        )


def channel_options(settings: Settings, *, shared_port: bool = False) -> list[tuple[str, Any]]:
    """What the transport is told: bounds on whatever a connection may do before our code sees it.

    ``shared_port``: other fronts of this server listen on the same port.
    """
    return [
        ("grpc.max_receive_message_length", settings.max_message_bytes),
        ("grpc.compression_enabled_algorithms_bitset", _IDENTITY_ONLY),
        # Without a bound, calls that are begun and taken back (rapid reset) pile up faster than they can be ended.
        ("grpc.max_concurrent_streams", settings.max_connection_calls),
        ("grpc.max_allowed_incoming_connections", settings.max_connections),
        ("grpc.server_handshake_timeout_ms", _HANDSHAKE_MS),
        # A call that is not read yet holds 64 KiB of its message; with probes for bandwidth this grows to megabytes.
        # Once it is read there is a window for all of it.
        ("grpc.http2.bdp_probe", 0),
        # Otherwise a second server would share the port in silence and get half of the calls.
        ("grpc.so_reuseport", int(shared_port)),
        # Our clients ask every 20 s for a sign of life while a call is under way, which may be minutes. gRPC would take
        # the third time without an answer in between for an attack.
        ("grpc.http2.min_recv_ping_interval_without_data_ms", _PING_MS),
        # A caller that has gone without a word keeps no stream for hours.
        ("grpc.keepalive_time_ms", _KEEPALIVE_MS),
        ("grpc.keepalive_timeout_ms", _KEEPALIVE_TIMEOUT_MS),
    ]


def allow_files(settings: Settings) -> None:
    """Let the process open a file for each connection that it may have, as far as the system lets it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = settings.max_connections + _OTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def listen(server: grpc.aio.Server, settings: Settings) -> str:
    """Bind the server's port, with TLS where it is set; returns ``HOST:PORT`` with the port that was taken.

    Raises:
        AddressUnavailable: the port is taken, or the address is not one of this machine.
        NotProtected: see :func:`check_protection`; or a key or certificate can't be read.
    """
    check_protection(settings)
    try:
        if settings.tls_certificate is None or settings.tls_key is None:
            port = server.add_insecure_port(settings.listen)
        else:
            client_ca = settings.tls_client_ca
            credentials = grpc.ssl_server_credentials(
                [(_read(settings.tls_key), _read(settings.tls_certificate))],
                root_certificates=_read(client_ca) if client_ca else None,
                require_client_auth=client_ca is not None,
            )
            port = server.add_secure_port(settings.listen, credentials)
    except RuntimeError as error:
        raise AddressUnavailable(f"Can't listen on {settings.listen}: the port is taken or not allowed.") from error
    return f"{settings.listen.rpartition(':')[0]}:{port}"


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise NotProtected(f"{path} can't be read: {error.strerror}.") from error
