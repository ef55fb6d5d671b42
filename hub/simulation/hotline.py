"""12345 work orders: the create, what the caller and the hotline say later, and the call-backs."""

from random import Random
from typing import Any

from hub.simulation.command import Answer
from hub.simulation.draft import Draft, Planned, later, local_time
from hub.simulation.people import Person, spelling
from hub.simulation.places import Place
from hub.simulation.subjects import Subject, urgency_index, wording

_URGENCY = ("一般", "紧急", "特急")
_LEVELS = (4, 6, 9, 12)
_MORE = "来电人补充：现场情况加重，另有{n}户受影响，备用电话{phone}。"
_URGE = "来电人催办：已等待多时仍未处理，要求今天必须有人到场。"
_WITHDRAWAL = "来电人表示问题已自行解决，要求撤单。"


class Order:
    """One work order: what all its records share, and their running number."""

    def __init__(
        self,
        random: Random,
        number: str,
        place: Place,
        channel: str,
        subject: Subject,
        caller: Person,
        is_direct: bool,
    ) -> None:
        self._random = random
        self._number = number
        self._place = place
        self._channel = channel
        self._subject = subject
        self._caller = caller
        self._is_direct = is_direct
        self._is_secret = random.random() < 0.03
        self._seq = 0

    @property
    def case_id(self) -> str:
        """The id that the hub gives the case."""
        return f"hotline:{self._number}"

    def plan(self, at_ms: int) -> list[Planned]:
        """What is said of the case whatever becomes of it: an answer, or more, urges and a withdrawal."""
        random = self._random
        if self._is_direct:
            return [Planned(later(random, at_ms, 2, 30), self.answer)]
        planned: list[Planned] = []
        if random.random() < 0.09:
            at_ms = later(random, at_ms, 5, 120)
            planned.append(Planned(at_ms, self.supplement))
        while random.random() < 0.08:
            at_ms = later(random, at_ms, 60, 300)
            planned.append(Planned(at_ms, self.urge))
        if random.random() < 0.02:
            planned.append(Planned(later(random, at_ms, 20, 240), self.withdraw))
        return planned

    def report(self, at_ms: int) -> Draft:
        """The report itself."""
        random, place, subject = self._random, self._place, self._subject
        number = random.randrange(1, 20)
        text = wording(random.choice(subject.texts), place.estate, number)
        if random.random() < 0.25:
            text += f"联系电话{spelling(random, self._caller.mobile)}。"
        if random.random() < 0.05:
            text += f"家中座机{self._caller.landline}。"
        if self._is_secret:
            text = f"{self._caller.name}要求保密。{text}"
        fields = {
            **self._head("create", at_ms),
            "callTime": local_time(at_ms - 1000 * random.randrange(60, 600)),
            **self._contact(),
            "title": wording(subject.title, place.estate, number),
            "majorContent": text,
            "questionCode": subject.code,
            "questionName": subject.path,
            "pilotLight": _URGENCY[urgency_index(random, subject.urgency)],
            "handleModelType": "直接办理" if self._is_direct else "转办",
            "address": f"{place.address}{place.estate}",
            "addressIds": "/".join(place.community[:length] for length in _LEVELS),
            **({} if place.lon is None else {"addressPoints": f"{place.lon:.5f},{place.lat:.5f}"}),
            **self._limit(),
            "isOldCaller": "0",
        }
        return self._draft(fields, at_ms, "majorContent")

    def supplement(self, at_ms: int) -> Draft:
        """The caller adds something."""
        return self._more("supplement", at_ms, _MORE)

    def urge(self, at_ms: int) -> Draft:
        """The caller presses for it."""
        return self._more("urge", at_ms, _URGE)

    def withdraw(self, at_ms: int) -> Draft:
        """The caller takes it back."""
        return self._more("withdraw", at_ms, _WITHDRAWAL)

    def answer(self, at_ms: int) -> Draft:
        """The hotline's own answer."""
        fields = {
            **self._head("answer", at_ms),
            "answerContent": "已向来电人解释办理渠道和时限，来电人表示清楚。值班电话0452-0000002转6。",
            "answerOrgName": f"{self._place.division_name}政务服务中心（示例）",
        }
        return self._draft(fields, at_ms, "answerContent")

    def visit(self, at_ms: int, attempt: int, answer: Answer | None) -> Draft:
        """A call-back: the caller's two answers, None where nobody answered."""
        fields: dict[str, Any] = {
            **self._head("visit", at_ms),
            "visitNum": attempt,
            "visitTime": local_time(at_ms - 1000 * self._random.randrange(60, 300)),
            "visitor": f"回访{self._random.randrange(1, 20):02d}",
            "visitCallIsConnected": "0" if answer is None else "1",
            "visitResult": "电话无人接听。" if answer is None else "来电人作答，已登记。",
        }
        if answer is not None:
            fields["visitIsSolved"], fields["visitIsSatisfaction"] = answer
        return self._draft(fields, at_ms, "visitResult")

    def _more(self, event_type: str, at_ms: int, template: str) -> Draft:
        text = template.format(n=self._random.randrange(2, 9), phone=spelling(self._random, self._caller.mobile))
        fields = {**self._head(event_type, at_ms), **self._contact(), "majorContent": text}
        return self._draft(fields, at_ms, "majorContent")

    def _head(self, event_type: str, at_ms: int) -> dict[str, Any]:
        self._seq += 1
        return {
            "eventType": event_type,
            "orderId": self._number,
            "orderNum": f"QQHR-{self._number[2:10]}-{self._number[10:]}",
            "eventSeq": self._seq,
            "eventTime": local_time(at_ms, self._random),
        }

    def _contact(self) -> dict[str, Any]:
        contact = self._random.random()
        phone = spelling(self._random, self._caller.mobile) if contact < 0.94 else "匿名"
        return {
            "sourceType": self._channel,
            "callerName": self._caller.name,
            "callerSex": self._caller.sex,
            "callerPhone": phone,
            "isSecret": "1" if self._is_secret else "0",
        }

    def _limit(self) -> dict[str, Any]:
        if self._is_direct:
            return {}
        return {"timeUnit": "工作日", "handleDays": self._random.choice((1, 3, 3, 5, 7))}

    def _draft(self, fields: dict[str, Any], at_ms: int, text_field: str) -> Draft:
        return Draft("hotline", "json", f"hotline:{self._number}", fields, at_ms, text_field)
