"""City folders: a city is data, read and checked here."""

from hub.city.loader import load_city, read_folder

__all__ = ["load_city", "read_folder"]
