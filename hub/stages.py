"""The stages that run on the exactly-once runtime, named once for everyone who starts or counts them."""

from enum import StrEnum


class Stage(StrEnum):
    """In the order in which a record meets them; the value is also the consumer group."""

    UNIFY = "unify"
    CASEWORK = "casework"
    LETTERS = "letters"


STAGES = tuple(stage.value for stage in Stage)
