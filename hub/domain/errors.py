"""The errors of the hub; the type says what to do with it."""


class Rejected(Exception):
    """This record can never be read: it becomes a dead letter and the batch goes on.

    `reason` is a code of the source contract (for example `missing_field`), `field` the native name of the
    field concerned, `detail` the shape of what was found and how to mend it; never a caller's data.
    """

    def __init__(self, reason: str, field: str | None = None, detail: str = "") -> None:
        super().__init__(reason, field, detail)
        self.reason = reason
        self.field = field
        self.detail = detail

    def __str__(self) -> str:
        where = f" in {self.field}" if self.field else ""
        return f"{self.reason}{where}{': ' + self.detail if self.detail else ''}"


class Refused(Exception):
    """The case's state does not allow this action: recorded and answered, then on with the next."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Unavailable(Exception):
    """Broker, disk, registry or provider is away: stop, retry with back-off, skip nothing."""


class Misconfigured(Exception):
    """Settings, catalogue or city folder are wrong; carries every problem found, each with its place."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems
