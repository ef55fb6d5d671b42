"""Which subject holds which record, and under which rule its versions evolve (TopicNameStrategy)."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import yaml

from hub.domain.errors import Misconfigured

Rule = Literal["BACKWARD_TRANSITIVE", "FORWARD_TRANSITIVE", "FULL_TRANSITIVE"]

CATALOGUE = Path(__file__).resolve().parent.parent / "deploy" / "topics.yaml"

# One rule for all, `case.state` included: it is read by others as a snapshot, and as casework's changelog it is
# read by a worker that was rolled back (forward) as well as by one that was upgraded (backward).
DEFAULT_RULE: Rule = "FULL_TRANSITIVE"


@dataclass(slots=True, frozen=True)
class Subject:
    """The values of one topic in a registry: `<topic>-value`."""

    topic: str
    record: str
    rule: Rule = DEFAULT_RULE

    @property
    def name(self) -> str:
        return f"{self.topic}-value"


def subjects(catalogue: Path = CATALOGUE) -> list[Subject]:
    """One subject for each topic of the catalogue that names a schema, in the catalogue's order."""
    try:
        topics = yaml.safe_load(catalogue.read_text("utf-8"))["topics"]
    except (OSError, KeyError, yaml.YAMLError) as error:
        raise Misconfigured([f"{catalogue.name}: no topics could be read ({type(error).__name__})"]) from error
    return [Subject(topic, entry["schema"]) for topic, entry in topics.items() if entry.get("schema")]


def subjects_of(record: str, every: list[Subject]) -> list[Subject]:
    """The subjects that hold a record: three dispatch topics share one, for example."""
    return [subject for subject in every if subject.record == record]
