"""Reads a settings file of the edges: every problem of it at once, each with its place."""

from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from hub.domain.errors import Misconfigured

M = TypeVar("M", bound=BaseModel)


def read_settings(
    file: Path, model: type[M], *, shown: str = "", empty: object = None, missing: M | None = None
) -> M:
    """The YAML file as its model. `empty` stands for a file that says nothing, `missing` for one that is not there.

    `shown` names a file that cannot be read, where its path alone would not tell which setting leads to it.

    Raises:
        Misconfigured: it cannot be read, is not YAML, or does not fit the model.
    """
    try:
        return model.model_validate(yaml.safe_load(file.read_text("utf-8")) or empty)
    except OSError as error:
        if missing is not None and isinstance(error, FileNotFoundError):
            return missing
        raise Misconfigured([f"{shown or file} cannot be read: {error.strerror}"]) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f" line {mark.line + 1}" if mark is not None else ""
        raise Misconfigured([f"{file}{line}: is not YAML: {getattr(error, 'problem', error)}"]) from None
    except ValidationError as error:
        raise Misconfigured(
            [f"{file}: {'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()]
        ) from None
