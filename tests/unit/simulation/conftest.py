"""A simulated day of the city, made once."""

from datetime import date

import pytest

from hub.city import load_city
from hub.domain.city import City
from hub.settings import load
from hub.simulation import Message, simulate


@pytest.fixture(scope="session")
def city() -> City:
    """The city folder that ships with the hub."""
    return load_city(load().city)


@pytest.fixture(scope="session")
def day(city: City) -> list[Message]:
    """A day of 5,000 cases, as `hub demo` publishes it."""
    return list(simulate(5000, 7, date(2026, 11, 10), city))
