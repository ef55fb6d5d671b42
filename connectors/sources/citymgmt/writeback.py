"""A status on its way back to digital city management: an XML batch of one `<StateChange>`, in GB18030."""

import re
from xml.sax.saxutils import escape, quoteattr

from connectors.sources.citymgmt.document import ENCODING
from connectors.sources.outward import Encoded, Encoder, Told, local_text

# What XML has no way to write, and the one that the hub's own reader refuses.
_NOT_XML = re.compile("[^\t\n\r\x20-\x7e\x80-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def encode(told: Told) -> Encoded:
    """The same for the same update: `batchNo` is its id, `sendTime` the time of the change."""
    update = told.update
    time = local_text(update["at"], slashes=True)
    elements = {
        "TASKID": update["source_case_id"],
        "CHANGENO": str(update["case_version"]),
        "STATE": told.word,
        "CHANGETIME": time,
        "DEPTCODE": told.unit,
        "DEPTNAME": update["attributes"].get("unit_name"),
        "OPINION": update["text"],
        "UPDATEID": update["update_id"],
    }
    lines = "".join(f"    <{name}>{_escaped(text)}</{name}>\n" for name, text in elements.items() if text)
    text = (
        '<?xml version="1.0" encoding="GB18030"?>\n'
        f"<CaseList batchNo={quoteattr(update['update_id'])} sendTime={quoteattr(time)}>\n"
        f"  <StateChange>\n{lines}  </StateChange>\n</CaseList>\n"
    )
    return Encoded(text.encode(ENCODING), "application/xml; charset=GB18030", "xml")


def _escaped(text: str) -> str:
    return escape(_NOT_XML.sub("", text))


ENCODERS: dict[str, Encoder] = {"xml": encode}
