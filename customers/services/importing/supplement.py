"""The supplement workbook comes in: what a cell says is added, what it leaves blank stays as it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from django.db import connection

from customers.messaging.consents import WITHDRAWN, addressee
from customers.models import ConsentKind, ConsentSource, Customer, CustomerPhone, MessageConsent
from customers.queries.taxnumbers import known
from customers.services import gaps
from customers.services.importing import bulk
from customers.services.importing.common import (
    bounded,
    heading_row,
    meanwhile_unchanged,
    opened,
    read,
    table,
)
from customers.sheets import supplement
from customers.sheets.cells import Cells
from customers.sheets.container import WorkbookError
from customers.sheets.findings import Problem
from luckygas.core import clock
from luckygas.core.importing import Report
from luckygas.core.notify import sms

MAX_ROWS = 200_000

TEXTS = (
    "tax_id", "email", "carrier_type", "carrier_id", "donation_code", "virtual_account", "payer_account",
    "point_source",
)  # fmt: skip
NUMBERS = ("lat", "lng")
COLUMNS = ("code", *TEXTS, *NUMBERS)


@dataclass
class Additions:
    """The good rows, staged, and what the rows are checked against: the customers as they are."""

    known: dict[str, tuple[str, str, str]]
    accounts: dict[str, str]
    customers: bulk.Stage = field(default_factory=lambda: bulk.Stage(Customer, COLUMNS))
    phones: bulk.Stage = field(
        default_factory=lambda: bulk.Stage(CustomerPhone, ("number", "label"), extra=("code",))
    )
    consents: bulk.Stage = field(
        default_factory=lambda: bulk.Stage(MessageConsent, ("granted",), extra=("code",))
    )
    seen: dict[str, int] = field(default_factory=dict)

    @classmethod
    def begin(cls) -> Additions:
        rows = Customer.objects.values_list("code", "tax_id", "carrier_id", "donation_code")
        accounts = Customer.objects.exclude(virtual_account="").values_list("virtual_account", "code")
        return cls(
            {code: (tax, carrier, donation) for code, tax, carrier, donation in rows.iterator(5000)},
            dict(accounts.iterator(5000)),
        )

    def take(self, cells: Cells, row: supplement.SupplementRow) -> None:
        if not cells.rejected:
            self._check(cells, row)
        if cells.rejected:
            return
        self.customers.add([row.code, *(getattr(row, name) for name in (*TEXTS, *NUMBERS))])
        for number, label in row.phones:
            self.phones.add((number, label, row.code))
        if row.agreed is not None:
            self.consents.add((row.agreed, row.code))

    def _check(self, cells: Cells, row: supplement.SupplementRow) -> None:
        """What one row cannot know by itself: other rows, and the customer as he is."""
        if row.code not in self.known:
            cells.reject("編號", Problem.UNKNOWN_CUSTOMER)
            return
        if (first := self.seen.setdefault(row.code, cells.row)) != cells.row:
            cells.reject("編號", Problem.DUPLICATE_CODE, first_row=first)
        tax_id, carrier, donation = self.known[row.code]
        if (row.donation_code or donation) and (row.carrier_id or carrier):
            cells.reject("愛心碼" if row.donation_code else "載具", Problem.CARRIER_AND_DONATION)
        elif (row.donation_code or donation) and (row.tax_id or tax_id):
            cells.reject("愛心碼" if row.donation_code else "統編", Problem.BUSINESS_DONATES)
        if row.virtual_account:
            owner = self.accounts.setdefault(row.virtual_account, row.code)
            if owner != row.code:
                cells.reject("虛擬帳號", Problem.ACCOUNT_TAKEN, customer=owner)


def read_file(path: Path, report: Report) -> Additions:
    """Read and check the first sheet that has the headings; nothing is written."""
    with opened(path) as workbook:
        sheets = [sheet for sheet in workbook.sheets if heading_row(sheet, supplement.HEADINGS)]
        if not workbook.sheets:
            raise WorkbookError("damaged")
        source = table((sheets or workbook.sheets)[0], supplement.HEADINGS, optional=supplement.OPTIONAL)
        total = bounded(source.sheet, MAX_ROWS) - 1
        additions = Additions.begin()
        known_ubns = known()
        read(
            source,
            report,
            lambda cells: additions.take(cells, supplement.parse(cells, known_ubns)),
            before=0,
            total=total,
        )
    return additions


def write(additions: Additions, report: Report) -> None:
    """Merge the good rows; called inside the importer's transaction."""
    with meanwhile_unchanged():
        bulk.start_touched()
        additions.customers.load()
        additions.phones.load()
        additions.consents.load()
        _merge_values()
        _add_phones()
        _add_consents(str(report.run))
        report.changed = bulk.touched()[1]
        report.unchanged = additions.customers.count - report.changed
        report.run.details["gaps"], report.run.details["filled"] = gaps.refresh()


def _merge_values() -> None:
    """Cells that say something and differ; a carrier and its type go together, and both halves of a point."""
    said = {name: f"NULLIF(s.{name}, '')" for name in TEXTS} | {name: f"s.{name}" for name in NUMBERS}
    sets = ", ".join(f"{name} = COALESCE({value}, c.{name})" for name, value in said.items())
    differs = " OR ".join(f"{value} <> c.{name}" for name, value in said.items() if name in TEXTS)
    points = " OR ".join(f"(s.{name} IS NOT NULL AND s.{name} IS DISTINCT FROM c.{name})" for name in NUMBERS)
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH merged AS (UPDATE customers_customer c "  # noqa: S608
            f"SET {sets}, updated_at = %s FROM (SELECT * FROM stage_customer ORDER BY code) s "
            f"WHERE c.code = s.code AND ({differs} OR {points}) RETURNING c.id) "
            "INSERT INTO touched SELECT id, false FROM merged",
            [clock.now()],
        )


def _add_phones() -> None:
    """Numbers not known yet; the first becomes the main one where there is none."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH numbers AS (SELECT k.id, s.number, s.label, "
            "row_number() OVER (PARTITION BY k.id ORDER BY s.label DESC, s.number) AS place "
            "FROM stage_customerphone s JOIN customers_customer k ON k.code = s.code), "
            "merged AS (INSERT INTO customers_customerphone (customer_id, number, label, is_primary) "
            "SELECT n.id, n.number, n.label, n.place = 1 AND NOT EXISTS "
            "(SELECT 1 FROM customers_customerphone p WHERE p.customer_id = n.id AND p.is_primary) "
            "FROM numbers n ORDER BY n.id, n.place "
            "ON CONFLICT (customer_id, number) DO NOTHING RETURNING customer_id) "
            "INSERT INTO touched SELECT customer_id, false FROM merged"
        )


def _add_consents(file_name: str) -> None:
    """What customers said about messages, where it differs from their last word. A no stops what waits for them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH made AS (INSERT INTO customers_messageconsent "
            "(customer_id, kind, granted, source, note, at, actor_name) "
            "SELECT k.id, %(kind)s, s.granted, %(source)s, %(note)s, %(now)s, '' "
            "FROM stage_messageconsent s JOIN customers_customer k ON k.code = s.code "
            "LEFT JOIN LATERAL (SELECT c.granted FROM customers_messageconsent c "
            "WHERE c.customer_id = k.id AND c.kind = %(kind)s ORDER BY c.id DESC LIMIT 1) last ON true "
            "WHERE s.granted IS DISTINCT FROM COALESCE(last.granted, false) ORDER BY k.id "
            "RETURNING customer_id, granted) "
            "INSERT INTO touched SELECT customer_id, false FROM made",
            {
                "kind": ConsentKind.SERVICE.value,
                "source": ConsentSource.WORKBOOK.value,
                "note": file_name[:200],
                "now": clock.now(),
            },
        )
        cursor.execute(
            "SELECT k.id FROM stage_messageconsent s JOIN customers_customer k ON k.code = s.code WHERE NOT s.granted"
        )
        for (customer_id,) in cursor.fetchall():
            sms.withdraw(addressee(customer_id), because=str(WITHDRAWN))
