"""The hotline's native message."""

from pydantic import ConfigDict
from pydantic.alias_generators import to_camel

from connectors.sources.json_message import NativeModel


class HotlineMessage(NativeModel):
    """One message about a work order; which fields are required depends on `event_type`."""

    model_config = ConfigDict(alias_generator=to_camel)

    event_type: str | None = None
    order_id: str | None = None
    event_seq: str | None = None
    event_time: str | None = None
    order_num: str | None = None
    call_time: str | None = None
    source_type: str | None = None
    caller_name: str | None = None
    caller_sex: str | None = None
    caller_phone: str | None = None
    is_secret: str | None = None
    title: str | None = None
    major_content: str | None = None
    question_code: str | None = None
    question_name: str | None = None
    pilot_light: str | None = None
    handle_model_type: str | None = None
    address: str | None = None
    address_ids: str | None = None
    address_points: str | None = None
    time_unit: str | None = None
    handle_days: str | None = None
    is_old_caller: str | None = None
    old_order_num: str | None = None
    answer_content: str | None = None
    answer_org_name: str | None = None
    visit_num: str | None = None
    visit_time: str | None = None
    visit_call_is_connected: str | None = None
    visit_is_solved: str | None = None
    visit_is_satisfaction: str | None = None
    visit_result: str | None = None
    visitor: str | None = None
    status: str | None = None
    update_id: str | None = None
