"""Input of the benchmarks: seeded, so that every engine and every round reads the same bytes."""

import json
import random
import struct
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from confluent_kafka import Producer

from hub.bench.job import TOKEN_KEY

SEED = 12345
_POLL_EVERY = 1000
# 2026-11-10 00:00 in UTC+8, where the samples play.
DAY_START_SECONDS = 1_794_240_000
DIVISIONS = ("230202", "230203", "230204", "230205", "230206", "230207", "230208", "230221")


class Message(NamedTuple):
    """One record to publish."""

    key: bytes
    value: bytes


def loop_messages(records: int) -> Iterator[Message]:
    """Small JSON objects with eight fields, seven of which go into the output."""
    choose = random.Random(SEED)
    for number in range(records):
        case = f"HL20261110{number:08d}"
        value = {
            "id": case,
            "source": "hotline",
            "division": choose.choice(DIVISIONS),
            "kind": "reported",
            "at": DAY_START_SECONDS + number % 86_400,
            "urgency": choose.choice(("一般", "紧急", "特急")),
            "text": f" 小区{number % 977}号楼室内温度不达标，请尽快上门测温并处理。 ",
            "operator": f"{number % 89:03d}",
        }
        yield Message(case.encode(), json.dumps(value, ensure_ascii=False).encode())


def casework_messages(records: int, events_per_case: int = 4) -> Iterator[Message]:
    """Time of the event (8 bytes) and what it says (572), for cases in random order, several events each."""
    choose = random.Random(SEED)
    cases = max(1, records // events_per_case)
    filler = choose.randbytes(4096)
    pack = struct.Struct(">q").pack
    start = DAY_START_SECONDS * 1000
    # Due times stand three days after these instants; far in the future, so that no timer fires meanwhile.
    future = start + 3650 * 86_400_000
    for number in range(records):
        cut = choose.randrange(3500)
        yield Message(b"hotline:HL%012d" % choose.randrange(cases), pack(future + number) + filler[cut : cut + 572])


def hotline_messages(records: int) -> Iterator[Message]:
    """Native hotline work orders of about 1.1 kB: 3 % exact resends, 0.5 % bad, the rest as the city sends them."""
    choose = random.Random(SEED)
    recent: list[Message] = []
    for number in range(records):
        if recent and choose.random() < 0.03:
            yield choose.choice(recent)
            continue
        order = f"HL20261110{number:08d}"
        body = _order(choose, order, number)
        if choose.random() < 0.005:
            del body["eventTime"]
        message = Message(order.encode(), json.dumps(body, ensure_ascii=False).encode())
        recent.append(message)
        if len(recent) > 1000:
            recent.pop(choose.randrange(1000))
        yield message


def _order(choose: random.Random, order: str, number: int) -> dict[str, object]:
    division = choose.choice(DIVISIONS)
    street = f"{division}{choose.randrange(1, 9):03d}"
    phone = f"1300000{choose.randrange(10_000):04d}"
    clock = f"2026-11-10 {number % 24:02d}:{number % 60:02d}:{number * 7 % 60:02d}"
    body: dict[str, object] = {
        "eventType": "create",
        "orderId": order,
        "orderNum": f"QQHR-20261110-{number:08d}",
        "eventSeq": 1,
        "eventTime": clock,
        "callTime": clock,
        "sourceType": choose.choice(("电话", "电话", "电话", "微信", "网站", "省平台")),
        "callerName": "孟知夏",
        "callerSex": "女",
        "callerPhone": phone,
        "isSecret": "1" if number % 50 == 0 else "0",
        "title": f"松涛小区{number % 300}号楼室温不达标",
        "majorContent": f"来电人孟知夏反映：松涛小区{number % 300}号楼2单元501室，自11月3日起室内温度只有14度，"
        "家中有两岁幼儿和八旬老人，多次拨打供热公司电话0452-0000001无人接听，"
        f"要求尽快上门测温并处理。联系电话{phone}。",
        "questionCode": "040201",
        "questionName": "公共服务->供热->室温不达标",
        "pilotLight": choose.choice(("一般", "紧急")),
        "handleModelType": "转办",
        "address": f"松涛小区{number % 300}号楼2单元501室",
        "addressIds": f"2302/{division}/{street}/{street}005",
        "addressPoints": f"123.{choose.randrange(10_000, 99_999)},47.{choose.randrange(10_000, 99_999)}",
        "timeUnit": "工作日",
        "handleDays": 3,
        "isOldCaller": "0",
    }
    return body


def hotline_orders() -> Callable[[str, int], dict[str, object]]:
    """A function (order id, number) → one good work order of a case of its own."""
    choose = random.Random(SEED)
    return lambda order, number: _order(choose, order, number)


def case_events(first: int, end: int, occurred_at: Callable[[int], int] | None = None) -> Iterator[Message]:
    """Reported events of cases `first` to `end`, as unify would have written them.

    `occurred_at` gives a case its instant (epoch ms); without it they play on one day of the samples.
    """
    from connectors.sources.hotline import HOTLINE
    from hub.domain.identity import complete
    from schemas.codec import codec

    encode = codec().encode
    orders = hotline_orders()
    templates = []
    for number in range(200):
        payload = json.dumps(orders(_order_of(number), number), ensure_ascii=False).encode()
        (record,) = HOTLINE.split(payload, {})
        templates.append(complete(HOTLINE.map(record), bytes.fromhex(TOKEN_KEY)))
    for number in range(first, end):
        order = _order_of(number)
        event = templates[number % len(templates)].copy()
        if occurred_at is not None:
            event["occurred_at"] = occurred_at(number)
        event["event_id"] = f"{number:032x}"
        event["case_id"] = case_id_of(number)
        event["source_case_id"] = order
        event["source_event_id"] = f"{order}/1"
        event["received_at"] = event["occurred_at"]
        event["raw"] = {"topic": "raw.hotline", "partition": 0, "offset": number}
        yield Message(event["case_id"].encode(), encode("CaseEvent", event))


def case_id_of(number: int) -> str:
    """The case of that number in `case_events`."""
    return f"hotline:{_order_of(number)}"


def _order_of(number: int) -> str:
    return f"HL20261112{number:08d}"


def publish(bootstrap: str, topic: str, messages: Iterable[Message]) -> int:
    """Write all messages and wait for them; returns how many. Partitions as Kafka's Java client chooses them."""
    producer = Producer(
        {
            "bootstrap.servers": bootstrap,
            "linger.ms": 20,
            "batch.size": 1 << 20,
            "queue.buffering.max.messages": 500_000,
            "queue.buffering.max.kbytes": 262_144,
            "partitioner": "murmur2_random",
            "enable.idempotence": True,
            "compression.type": "none",
            # A fresh broker answers "coordinator load in progress" for a moment; retried, not worth a line.
            "log_level": 3,
        }
    )
    sent = 0
    for message in messages:
        while True:
            try:
                producer.produce(topic, message.value, message.key)
                break
            except BufferError:
                producer.poll(0.1)
        sent += 1
        if sent % _POLL_EVERY == 0:
            producer.poll(0)
    producer.flush()
    return sent
