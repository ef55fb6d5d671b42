"""The AsyncAPI 3 document of the hub's topics, made of the topic catalogue and the released schemas."""

from typing import Any

import yaml

from hub.topics import Catalogue, Topic
from schemas.released import Released, newest, released

VERSION = "3.0.0"
AVRO = "application/vnd.apache.avro;version=1.9.0"
CONTENT_TYPE = "application/vnd.confluent.avro"
BYTES = "application/octet-stream"
_BINDING = "0.5.0"
_API_VERSION = "1.0.0"
_ABOUT = """\
Topics of the hub. Values are Avro in the Confluent wire format (byte 0, schema id in four bytes, Avro), headers are
CloudEvents 1.0 in binary mode. Read with isolation.level=read_committed. What comes twice, by a restart of the
reader or a replay, has one ce_id: keep the ids you have worked off, and each is worked off once: docs/consumers.md.
值为 Confluent 线格式的 Avro，消息头为 CloudEvents；请以 read_committed 读取，按 ce_id 去重。"""
_HEADERS = {
    "ce_specversion": "1.0",
    "ce_id": "the same for the same record, always",
    "ce_type": "hub.v1.RECORD, with a kind where the record has one",
    "ce_source": "the source or stage that it comes from",
    "ce_time": "RFC 3339, UTC",
    "ce_subject": "what it is about: a case id, where there is one",
}
# Its own stages and commands alone speak in these.
_PRIVATE = (".memory", ".tallies")


def document(topics: Catalogue) -> dict[str, Any]:
    """The document as plain data; the same catalogue and schemas give the same one."""
    latest = newest(released())
    chosen = [topic for topic in topics.topics if _is_for_others(topic)]
    records = sorted({topic.schema_name for topic in chosen if topic.schema_name is not None})
    messages = {name: _message(latest[name]) for name in records}
    messages["Bytes"] = {
        "name": "Bytes",
        "title": "A record as its source sent it",
        "contentType": BYTES,
    }
    return {
        "asyncapi": VERSION,
        "info": {"title": "whistle-hub", "version": _API_VERSION, "description": _ABOUT},
        "defaultContentType": CONTENT_TYPE,
        "servers": {
            "city": {
                "host": "127.0.0.1:19092",
                "protocol": "kafka",
                "description": "the embedded Kafka; a city writes its own here",
                "bindings": {
                    "kafka": {
                        "schemaRegistryUrl": "http://127.0.0.1:8081",
                        "schemaRegistryVendor": "confluent",
                        "bindingVersion": _BINDING,
                    }
                },
            }
        },
        "channels": {topic.name: _channel(topic) for topic in chosen},
        "operations": {_operation_name(topic): _operation(topic) for topic in chosen},
        "components": {"messages": messages},
    }


def _is_for_others(topic: Topic) -> bool:
    if topic.name.endswith(_PRIVATE):
        return False
    return topic.schema_name is not None or topic.personal_data


def _channel(topic: Topic) -> dict[str, Any]:
    message = topic.schema_name or "Bytes"
    people = ", ".join(topic.consumers)
    found: dict[str, Any] = {
        "address": topic.name,
        "title": topic.doc,
        "description": f"written by {', '.join(topic.producers)}; read by {people}",
        "messages": {message: {"$ref": f"#/components/messages/{message}"}},
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "partitions": topic.partitions,
                "replicas": topic.replication,
                "topicConfiguration": {
                    "cleanup.policy": [topic.cleanup],
                    "retention.ms": topic.retention_ms,
                    "max.message.bytes": topic.max_message_bytes,
                },
                "bindingVersion": _BINDING,
            }
        },
    }
    if topic.personal_data:
        found["x-personal-data"] = "encrypted" if topic.encrypted else "in clear"
    return found


def _operation_name(topic: Topic) -> str:
    verb = "receive" if _is_raw(topic) else "send"
    return f"{verb}-{topic.name.replace('.', '-').replace('_', '-')}"


def _operation(topic: Topic) -> dict[str, Any]:
    message = topic.schema_name or "Bytes"
    channel = f"#/channels/{topic.name}"
    return {
        # From the hub's side: it receives what sources publish and sends the rest.
        "action": "receive" if _is_raw(topic) else "send",
        "channel": {"$ref": channel},
        "summary": topic.doc,
        "messages": [{"$ref": f"{channel}/messages/{message}"}],
    }


def _is_raw(topic: Topic) -> bool:
    return topic.name.startswith("raw.")


def _message(record: Released) -> dict[str, Any]:
    schema = record.schema
    return {
        "name": record.record,
        "title": f"{record.full_name} v{record.version}",
        "summary": schema.get("doc", ""),
        "contentType": CONTENT_TYPE,
        "headers": {
            "type": "object",
            "properties": {name: {"type": "string", "description": text} for name, text in _HEADERS.items()},
        },
        "payload": {"schemaFormat": AVRO, "schema": schema},
        "bindings": {
            "kafka": {
                "key": {
                    "type": "string",
                    "description": "what keeps the order: the case id, unless told otherwise",
                },
                "schemaIdLocation": "payload",
                "schemaIdPayloadEncoding": "confluent",
                "schemaLookupStrategy": "TopicNameStrategy",
                "bindingVersion": _BINDING,
            }
        },
    }


def as_yaml(topics: Catalogue) -> str:
    """The document as it stands in docs/asyncapi.yaml."""
    head = "# Made by `hub asyncapi > docs/asyncapi.yaml` from the topic catalogue; do not edit.\n"
    return head + yaml.dump(document(topics), Dumper=_Plain, allow_unicode=True, sort_keys=False, width=120)


class _Plain(yaml.SafeDumper):
    """Writes the same thing twice rather than a reference to it."""

    def ignore_aliases(self, data: Any) -> bool:
        return True
