"""A simulated day of the city, and the days after another one, each made once."""

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


@pytest.fixture(scope="session")
def days(city: City) -> list[Message]:
    """1,500 cases of a Monday and what becomes of them up to Thursday night."""
    return list(simulate(1500, 1, date(2026, 11, 23), city, days=4))
