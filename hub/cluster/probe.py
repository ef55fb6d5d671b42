"""Asks an address whether a Kafka answers there, and who holds a port."""

import secrets
import socket

import psutil

_BELOW_OUTGOING = range(20_000, 32_000)


def cluster_id(bootstrap: str, seconds: float = 3.0) -> str | None:
    """The id of the cluster that answers a metadata request there; None when none does."""
    # A refused connection is the common answer and costs no client.
    if not any(_is_open(address, seconds) for address in bootstrap.split(",")):
        return None
    from confluent_kafka import KafkaException
    from confluent_kafka.admin import AdminClient

    admin = AdminClient(
        {"bootstrap.servers": bootstrap, "socket.timeout.ms": int(seconds * 1000), "log_level": 0},
    )
    try:
        found: str | None = admin.list_topics(timeout=seconds).cluster_id
    except KafkaException:
        return None
    return found


def _is_open(address: str, seconds: float) -> bool:
    host, _, port = address.strip().rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=seconds).close()
    except OSError:
        return False
    return True


def is_free(port: int) -> bool:
    """True when a server may listen on that port of this machine."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """A port of this machine that nobody listens on now.

    Drawn from below the range that systems give to outgoing connections: a port of that range may be taken
    between this answer and its use.
    """
    draws = (secrets.choice(_BELOW_OUTGOING) for _ in range(1000))
    return next(port for port in draws if is_free(port))


def holder(port: int) -> str:
    """Who listens on that port, as far as the system tells this user."""
    try:
        for connection in psutil.net_connections("tcp"):
            is_it = connection.laddr and connection.laddr.port == port and connection.status == psutil.CONN_LISTEN
            if is_it and connection.pid is not None:
                return f"{psutil.Process(connection.pid).name()}, pid {connection.pid}"
    except (psutil.AccessDenied, psutil.NoSuchProcess):
        return "another process"
    return "another process"
