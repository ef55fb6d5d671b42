"""The native records of digital city management."""

from pydantic import BaseModel, ConfigDict


class Element(BaseModel):
    """A record of the batch; each field is a child element of that name in capitals, its text cleaned."""

    model_config = ConfigDict(extra="ignore", frozen=True, alias_generator=str.upper)

    taskid: str | None = None


class Case(Element):
    """A report, `<Case>`."""

    infosource: str | None = None
    infotype: str | None = None
    bigclass: str | None = None
    bigclassname: str | None = None
    smallclass: str | None = None
    smallclassname: str | None = None
    streetcode: str | None = None
    communitycode: str | None = None
    gridcode: str | None = None
    discovertime: str | None = None
    coordx: str | None = None
    coordy: str | None = None
    crs: str | None = None
    address: str | None = None
    description: str | None = None
    urgentdegree: str | None = None
    reporter: str | None = None
    reporterphone: str | None = None


class StateChange(Element):
    """A change of state of a case reported before, `<StateChange>`."""

    changeno: str | None = None
    state: str | None = None
    changetime: str | None = None
    deptcode: str | None = None
    deptname: str | None = None
    operator: str | None = None
    opinion: str | None = None
    updateid: str | None = None


MODELS: dict[str, type[Element]] = {"Case": Case, "StateChange": StateChange}
KNOWN = {
    name: frozenset(info.alias or field for field, info in model.model_fields.items())
    for name, model in MODELS.items()
}
