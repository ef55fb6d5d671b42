"""The base of every settings model of the edges: unknown keys are errors, values do not change."""

from pydantic import BaseModel, ConfigDict


class Strict(BaseModel):
    """A part of a settings file."""

    model_config = ConfigDict(extra="forbid", frozen=True)
