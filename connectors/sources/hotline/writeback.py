"""A status on its way back to the hotline: JSON, one object an update, in the fields of its own messages."""

from connectors.sources.outward import Encoded, Encoder, Told, json_body, local_attribute, local_text

_CLOSED = {"true": "1"}


def encode(told: Told) -> Encoded:
    """A message of the type `status`; the hotline may send it back, and the hub knows it again."""
    update, attributes = told.update, told.update["attributes"]
    return json_body(
        {
            "eventType": "status",
            "orderId": update["source_case_id"],
            "eventSeq": update["case_version"],
            "eventTime": local_text(update["at"]),
            "updateId": update["update_id"],
            "status": told.word,
            "handleOrgCode": told.unit,
            "handleOrgName": attributes.get("unit_name"),
            "fromOrgCode": attributes.get("from_unit"),
            "deadline": local_attribute(update, "due_at"),
            "until": local_attribute(update, "until"),
            "content": update["text"],
            "callBackResult": attributes.get("result"),
            "mergedInto": attributes.get("merged_into"),
            "timedOutAt": local_attribute(update, "timed_out_at"),
            "isClosed": _CLOSED.get(attributes.get("closed", "")),
        }
    )


ENCODERS: dict[str, Encoder] = {"json": encode}
