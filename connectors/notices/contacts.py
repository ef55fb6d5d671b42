"""Phone numbers of recipients: a file of the deployment, read when it changes, kept out of everything else."""

import csv
import re
from pathlib import Path

from hub.domain.errors import Misconfigured, Unavailable

_COLUMNS = ["recipient", "phone"]
_PHONE = re.compile(r"\+?[0-9]{5,15}")


class Contacts:
    """`recipient,phone` lines (UTF-8 CSV with that header). A recipient is the id that notices carry."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._stamp: tuple[int, int] | None = None
        self._phones: dict[str, str] = {}

    def phone(self, recipient: str) -> str | None:
        """None where the file does not name the recipient.

        Raises:
            Unavailable: the file cannot be used any more.
        """
        try:
            found = self._file.stat()
            stamp = (found.st_mtime_ns, found.st_size)
            if stamp != self._stamp:
                self._phones, self._stamp = read_contacts(self._file), stamp
        except (OSError, Misconfigured) as error:
            raise Unavailable("the contacts file cannot be read") from error
        return self._phones.get(recipient)


def read_contacts(file: Path) -> dict[str, str]:
    """Phone by recipient.

    Raises:
        Misconfigured: every bad line by its number; never its content.
    """
    try:
        text = file.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured([f"contacts file {file} cannot be read ({type(error).__name__})"]) from None
    rows = csv.DictReader(text.splitlines())
    if rows.fieldnames != _COLUMNS:
        raise Misconfigured([f"contacts file {file} line 1: the columns are {','.join(_COLUMNS)}"])
    phones: dict[str, str] = {}
    problems = []
    for row in rows:
        recipient, phone = row["recipient"], (row["phone"] or "").strip()
        if not recipient or not _PHONE.fullmatch(phone):
            problems.append(f"contacts file {file} line {rows.line_num}: a recipient id and 5 to 15 digits")
        elif recipient in phones:
            problems.append(f"contacts file {file} line {rows.line_num}: the recipient has a line already")
        else:
            phones[recipient] = phone
    if problems:
        raise Misconfigured(problems)
    return phones
