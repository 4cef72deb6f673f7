"""Writes a day's books: the till by site, therapist and method, the receipts, and the month's attendance.

    TREADWELL_SERVER=127.0.0.1:7450 TREADWELL_KEY=tw_... python examples/python/bookkeeping.py 2026-10-14 books/

The key's role is `front desk` or above (`integration` keys see no money). Amounts are whole cents: never floating point.
"""

import csv
import datetime
import json
import pathlib
import sys

from google.protobuf.json_format import MessageToDict

from clinic import connect, local_date, messages


def every(clinic, method, field, **query):
    """All resources of a list, page by page."""
    token = ""
    while True:
        page = clinic.call(method, page_size=500, page_token=token, **query)
        yield from getattr(page, field)
        token = page.next_page_token
        if not token:
            return


def dollars(cents):
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02}"


def table(path, rows, columns):
    """Rows of one kind of message as CSV: enum values by name, dates as 2026-10-14."""
    with open(path, "w", newline="") as file:
        out = csv.DictWriter(file, columns)
        out.writeheader()
        for row in rows:
            fields = MessageToDict(row, preserving_proto_field_name=True, always_print_fields_with_no_presence=True)
            for name, value in fields.items():
                if isinstance(value, dict) and "year" in value:
                    fields[name] = f"{value['year']:04}-{value['month']:02}-{value['day']:02}"
            out.writerow({name: fields[name] for name in columns})


def till(clinic, day, folder):
    totals = clinic.call("receipt.GetDayTotals", date=local_date(day))
    table(folder / f"till-{day}.csv", totals.lines, ["site_id", "therapist_id", "method", "paid_cents", "refunded_cents", "count"])
    return totals


def receipts(clinic, day, folder):
    """The receipts as they were issued: what a receipt says never changes; a void one keeps its number."""
    issued = list(every(clinic, "receipt.ListReceipts", "receipts", issued_on=local_date(day)))
    text = json.dumps([MessageToDict(each, preserving_proto_field_name=True) for each in issued], indent=2)
    (folder / f"receipts-{day}.json").write_text(text + "\n")
    return issued


def attendance(clinic, day, folder):
    """How many came, by site, from the first of the month to the day."""
    query = messages("report").ReportQuery(
        first=local_date(day.replace(day=1)), last=local_date(day), period=messages("report").REPORT_PERIOD_MONTH
    )
    rows = clinic.call("report.GetAttendance", query=query).rows
    columns = ["site_id", "period_start", "appointments", "completed", "no_shows", "cancelled", "cancelled_late"]
    table(folder / f"attendance-{day:%Y-%m}.csv", rows, columns)
    return rows


def main():
    day = datetime.date.fromisoformat(sys.argv[1])
    folder = pathlib.Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    clinic = connect()
    totals = till(clinic, day, folder)
    issued = receipts(clinic, day, folder)
    rows = attendance(clinic, day, folder)
    paid = sum(line.paid_cents for line in totals.lines)
    refunded = sum(line.refunded_cents for line in totals.lines)
    print(f"{day}: taken {dollars(paid)}, refunded {dollars(refunded)}, {len(issued)} receipts")
    for each in issued:
        state = "void" if each.HasField("voided") else "stands"
        print(f"  receipt {each.number}: {dollars(each.total_cents)}, of it {each.tax_name} {dollars(each.tax_cents)}, {state}")
    print(f"month so far: {sum(row.completed for row in rows)} completed, {sum(row.no_shows for row in rows)} did not come")


if __name__ == "__main__":
    main()
