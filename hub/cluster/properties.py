"""What the embedded Kafka is told: one node, small enough for a laptop."""

import secrets
from pathlib import Path

# A cluster id is 16 bytes in base64; ours begin with these letters, so that one hub tells another hub's broker
# from a Kafka that somebody offers for use.
CLUSTER_ID_PREFIX = "WhistleHub"
_BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_ID_LENGTH = 22


def new_cluster_id() -> str:
    """A fresh id for a fresh data folder."""
    free = _ID_LENGTH - len(CLUSTER_ID_PREFIX) - 1
    # The last letter carries two bits only.
    return CLUSTER_ID_PREFIX + "".join(secrets.choice(_BASE64) for _ in range(free)) + secrets.choice("AQgw")


def server_properties(folder: Path, port: int, controller_port: int) -> dict[str, str]:
    """Kafka's settings. Whatever is not here is Kafka's own default."""
    return {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@127.0.0.1:{controller_port}",
        "listeners": f"BROKER://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}",
        "advertised.listeners": f"BROKER://127.0.0.1:{port}",
        "listener.security.protocol.map": "BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "inter.broker.listener.name": "BROKER",
        "controller.listener.names": "CONTROLLER",
        "log.dirs": str(folder / "data"),
        # One node: nothing can be replicated.
        "default.replication.factor": "1",
        "min.insync.replicas": "1",
        "offsets.topic.replication.factor": "1",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "share.coordinator.state.topic.replication.factor": "1",
        "share.coordinator.state.topic.min.isr": "1",
        # Fewer internal partitions: fewer files, and a quicker start.
        "offsets.topic.num.partitions": "4",
        "transaction.state.log.num.partitions": "4",
        "share.coordinator.state.topic.num.partitions": "1",
        # Topics come from the catalogue: a mistyped name must fail.
        "auto.create.topics.enable": "false",
        "message.max.bytes": str(18 * 1024 * 1024),
        "replica.fetch.max.bytes": str(18 * 1024 * 1024),
        "socket.request.max.bytes": str(64 * 1024 * 1024),
        # A restarted worker takes its place at once: short sessions are allowed, no wait for more members.
        "group.initial.rebalance.delay.ms": "0",
        "group.min.session.timeout.ms": "1000",
        "group.consumer.min.session.timeout.ms": "1000",
        "group.consumer.min.heartbeat.interval.ms": "300",
        "transaction.abort.timed.out.transaction.cleanup.interval.ms": "1000",
        # Room on a laptop's disk and in its memory.
        "log.segment.bytes": str(128 * 1024 * 1024),
        "log.retention.check.interval.ms": "60000",
        "log.cleaner.dedupe.buffer.size": str(16 * 1024 * 1024),
        "log.cleaner.threads": "1",
        "log.index.size.max.bytes": str(1024 * 1024),
        "num.network.threads": "2",
        "num.io.threads": "4",
        "num.recovery.threads.per.data.dir": "2",
        "background.threads": "2",
        # After a crash the broker may register again only when its former session is over: by default 9 s later.
        "broker.session.timeout.ms": "4000",
        "broker.heartbeat.interval.ms": "500",
        "initial.broker.registration.timeout.ms": "60000",
    }


def write_properties(file: Path, properties: dict[str, str]) -> None:
    """Write a Java properties file: it is Latin-1, with escapes for the rest (a home may have a Chinese name)."""
    lines = [f"{name}={''.join(map(_escaped, value))}" for name, value in properties.items()]
    file.write_text("\n".join(lines) + "\n", encoding="ascii")


def _escaped(character: str) -> str:
    if character == "\\":
        return "\\\\"
    if character.isascii():
        return character
    units = character.encode("utf-16-be").hex()
    return "".join(f"\\u{units[place : place + 4]}" for place in range(0, len(units), 4))


LOG4J = """\
Configuration:
  status: error
  Appenders:
    Console:
      name: OUT
      PatternLayout:
        pattern: "%d{yyyy-MM-dd HH:mm:ss.SSS} %p %c{1}: %m%n"
  Loggers:
    Root:
      level: warn
      AppenderRef:
        ref: OUT
    Logger:
      - name: kafka.server.KafkaRaftServer
        level: info
      - name: org.apache.kafka.clients
        level: error
"""
