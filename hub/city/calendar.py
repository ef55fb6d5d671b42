"""The working calendar of the files that the State Council's papers were turned into."""

from collections.abc import Iterable

from hub.city.models import CalendarDocument
from hub.domain.city import WorkCalendar


def work_calendar(documents: Iterable[CalendarDocument], version: str) -> WorkCalendar:
    """The calendar of all files. A file without papers means the same as no file."""
    published = [document for document in documents if document.papers]
    return WorkCalendar(
        version=version,
        years=frozenset(document.year for document in published),
        days={day.date: day.isOffDay for document in published for day in document.days},
        names={day.date: day.name for document in published for day in document.days},
    )
