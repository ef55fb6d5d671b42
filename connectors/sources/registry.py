"""Finds the sources: every folder beside this file that declares one."""

import pkgutil
from importlib import import_module

from hub.domain.source import Source


def discover(package: str, path: list[str]) -> dict[str, Source]:
    """The sources declared in the packages below `path`, by name."""
    found: dict[str, Source] = {}
    for module in sorted(pkgutil.iter_modules(path), key=lambda module: module.name):
        if not module.ispkg:
            continue
        folder = import_module(f"{package}.{module.name}")
        for declared in vars(folder).values():
            if isinstance(declared, Source):
                found[declared.name] = declared
    return found
