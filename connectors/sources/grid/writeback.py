"""A status on its way back to the grid platform: a JSON push, or a CSV file of one row, in the names of its own."""

import codecs
import csv
import io

from connectors.sources.outward import Encoded, Encoder, Told, json_body, local_attribute, local_text

# What a spreadsheet would take for a formula.
_FORMULA = ("=", "+", "-", "@", "\t")


def encode_json(told: Told) -> Encoded:
    """One object an update."""
    update, attributes = told.update, told.update["attributes"]
    return json_body(
        {
            "reportNo": update["source_case_id"],
            "updateId": update["update_id"],
            "updateNo": update["case_version"],
            "status": told.word,
            "statusTime": local_text(update["at"]),
            "unitCode": told.unit,
            "unitName": attributes.get("unit_name"),
            "deadline": local_attribute(update, "due_at"),
            "handleResult": update["text"],
            "closed": attributes.get("closed") == "true",
        }
    )


def encode_csv(told: Told) -> Encoded:
    """A header and one row in UTF-8 with a BOM, as spreadsheet programs read it; no cell is a formula."""
    update, attributes = told.update, told.update["attributes"]
    cells = {
        "上报编号": update["source_case_id"],
        "回写编号": update["update_id"],
        "序号": str(update["case_version"]),
        "状态": told.word,
        "状态时间": local_text(update["at"]),
        "承办单位编码": told.unit,
        "承办单位": attributes.get("unit_name"),
        "办理期限": local_attribute(update, "due_at"),
        "处置结果": update["text"],
        "是否办结归档": "是" if attributes.get("closed") == "true" else "否",
    }
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(cells)
    writer.writerow(_plain(cell or "") for cell in cells.values())
    return Encoded(codecs.BOM_UTF8 + text.getvalue().encode(), "text/csv; charset=utf-8", "csv")


def _plain(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


ENCODERS: dict[str, Encoder] = {"json": encode_json, "csv": encode_csv}
