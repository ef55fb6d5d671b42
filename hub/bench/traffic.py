"""The city's normal traffic: native hotline messages, evenly spaced, and how long each takes to its dispatch."""

import json
import time
from collections.abc import Callable, Iterable, Mapping

from confluent_kafka import Producer

from hub.bench.readers import Seen
from hub.domain.instants import from_epoch_ms

Orders = Callable[[str, int], dict[str, object]]


class Publisher:
    """Publishes evenly spaced messages and notes when."""

    def __init__(self, bootstrap: str, topic: str) -> None:
        self._topic = topic
        self._producer = Producer(
            {
                "bootstrap.servers": bootstrap,
                "linger.ms": 0,
                "enable.idempotence": True,
                "partitioner": "murmur2_random",
                "socket.nagle.disable": True,
                "log_level": 3,
            }
        )
        self._number = 0

    def publish(
        self, orders: Orders, rate: int, seconds: float, is_enough: Callable[[], bool] = lambda: False
    ) -> dict[str, float]:
        """Case id → instant just before its message was handed to the producer; ends early when it is enough."""
        sent: dict[str, float] = {}
        begin = time.monotonic()
        for number in range(round(rate * seconds)):
            if is_enough():
                break
            order = f"HL20261111{self._number:08d}"
            payload = json.dumps(orders(order, self._number), ensure_ascii=False).encode()
            self._number += 1
            pause = begin + number / rate - time.monotonic()
            if pause > 0:
                time.sleep(pause)
            sent[f"hotline:{order}"] = time.monotonic()
            self._producer.produce(self._topic, payload, order.encode())
            self._producer.poll(0)
        self._producer.flush()
        return sent


def told_now(orders: Orders, now_ms: Callable[[], int]) -> Orders:
    """The same orders, called in and sent at the instant they are made, by the hub's clock."""

    def order_of(order: str, number: int) -> dict[str, object]:
        now = from_epoch_ms(now_ms()).strftime("%Y-%m-%d %H:%M:%S")
        return {**orders(order, number), "eventTime": now, "callTime": now}

    return order_of


def delays_ms(sent: Mapping[str, float], seen: Iterable[Seen]) -> list[float]:
    """From the publishing of a case's message to the first dispatch of that case."""
    first: dict[str, float] = {}
    for one in seen:
        first.setdefault(one.case_id, one.at)
    return [(first[case_id] - at) * 1000 for case_id, at in sent.items()]
