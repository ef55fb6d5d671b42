"""What unit tests share: the city folder of Qiqihar, loaded once."""

from pathlib import Path

import pytest

from hub.city import load_city
from hub.domain.city import City


@pytest.fixture(scope="session")
def qiqihar_folder() -> Path:
    """The folder of the city."""
    return Path(__file__).parents[2] / "deploy" / "cities" / "qiqihar"


@pytest.fixture(scope="session")
def qiqihar(qiqihar_folder: Path) -> City:
    """The city as a worker has it."""
    return load_city(qiqihar_folder)
