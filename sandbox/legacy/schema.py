"""The old system's tables, as its programmers left them: codes in char columns, dates of the Republic in seven
digits, text as the bytes of code page 950, rows that are flagged and never deleted.

Sizes of text count bytes, two for a Chinese character. Every row carries a revision out of one sequence for all tables
and the time of its last change; a change of a line is a change of its order. Before a transaction takes its first
revision it holds a shared advisory lock that names the number it will be above, so that a reader who looks at the
locks knows up to where nothing can come in any more (transactions commit in another order than they took numbers).
"""

from collections.abc import Mapping

SCHEMA = "legacy"
LOCK_CLASS = 950
"""The class of the advisory locks; the object is the last revision given out before."""

TEXT, CODE, WORD, DATE, WHOLE, MONEY = "text", "code", "word", "date", "whole", "money"
Column = tuple[str, int]
"""Kind and size: bytes of a text or word, digits of a code."""

AUDIT: Mapping[str, Column] = {
    "create_user": (TEXT, 20), "create_date": (DATE, 7), "update_user": (TEXT, 20), "update_date": (DATE, 7),
}  # fmt: skip

CUST_CUSTOMER: Mapping[str, Column] = {
    "customer_id": (CODE, 10), "tax_id": (CODE, 8), "national_id": (CODE, 10), "customer_name": (TEXT, 100),
    "short_name": (TEXT, 50), "english_name": (TEXT, 100), "customer_type": (CODE, 2), "business_type": (CODE, 4),
    "status": (CODE, 2), "stop_reason": (TEXT, 200), "blacklist_reason": (TEXT, 200), "source": (CODE, 2),
    "referrer_id": (CODE, 10), "sales_rep": (TEXT, 20), "notes": (TEXT, 4000),
    "contact_person": (TEXT, 50), "contact_title": (TEXT, 30), "phone_primary": (TEXT, 20),
    "phone_secondary": (TEXT, 20), "mobile": (TEXT, 15), "fax": (TEXT, 20), "email": (TEXT, 100),
    "line_id": (TEXT, 50), "reg_postal_code": (CODE, 5), "reg_city": (TEXT, 10), "reg_district": (TEXT, 10),
    "reg_address": (TEXT, 200),
    "delivery_same_as_reg": (CODE, 1), "delivery_postal_code": (CODE, 5), "delivery_address": (TEXT, 200),
    "delivery_zone": (CODE, 4), "delivery_sequence": (WHOLE, 5), "delivery_time_pref": (CODE, 2),
    "delivery_instructions": (TEXT, 500), "service_area": (CODE, 4), "primary_product": (WORD, 4),
    "avg_monthly_qty": (MONEY, 10), "safety_stock": (WHOLE, 1), "cylinder_count": (WHOLE, 4),
    "payment_terms": (WORD, 5), "credit_limit": (MONEY, 10), "deposit_amount": (MONEY, 10), "price_level": (CODE, 2),
    "tax_type": (CODE, 2), "invoice_type": (CODE, 2), "invoice_delivery": (CODE, 2), "contract_no": (WORD, 20),
    "contract_start": (DATE, 7), "contract_end": (DATE, 7), "contract_price": (MONEY, 10),
    "first_trans_date": (DATE, 7), "last_trans_date": (DATE, 7), "total_amount": (MONEY, 12),
    **AUDIT, "delete_flag": (CODE, 1),
}  # fmt: skip

CUST_ADDRESS: Mapping[str, Column] = {
    "address_id": (CODE, 12), "customer_id": (CODE, 10), "address_type": (CODE, 2), "address_name": (TEXT, 50),
    "postal_code": (CODE, 5), "full_address": (TEXT, 200), "contact_person": (TEXT, 50), "contact_phone": (TEXT, 20),
    "delivery_note": (TEXT, 200), "is_default": (CODE, 1), "active": (CODE, 1), **AUDIT, "delete_flag": (CODE, 1),
}  # fmt: skip

CUST_CONTACT: Mapping[str, Column] = {
    "contact_id": (CODE, 12), "customer_id": (CODE, 10), "contact_name": (TEXT, 50), "title": (TEXT, 30),
    "phone": (TEXT, 20), "mobile": (TEXT, 15), "email": (TEXT, 100), "is_primary": (CODE, 1), **AUDIT,
    "delete_flag": (CODE, 1),
}  # fmt: skip

ORD_ORDER: Mapping[str, Column] = {
    "order_id": (CODE, 20), "customer_id": (CODE, 10), "order_date": (DATE, 7), "order_source": (CODE, 2),
    "trade_date": (DATE, 7), "trade_time": (CODE, 4), "time_slot": (CODE, 2), "priority_flag": (CODE, 1),
    "sales_rep": (TEXT, 20), "delivery_address_id": (CODE, 12), "status": (CODE, 2), "payment_method": (CODE, 2),
    "payment_status": (CODE, 2), "total_amount": (MONEY, 12), "tax_amount": (MONEY, 12), "delivery_fee": (MONEY, 12),
    "credit_used": (MONEY, 12), "dispatch_sys": (CODE, 1), "dispatch_id": (WORD, 20), "route_sequence": (WHOLE, 4),
    "actual_delivery_time": (CODE, 11), "delivery_signature": (TEXT, 50), "invoice_no": (CODE, 10),
    "cancel_reason": (CODE, 2), "cancel_notes": (TEXT, 200), "notes": (TEXT, 1000), "line_count": (WHOLE, 3),
    **AUDIT, "delete_flag": (CODE, 1),
}  # fmt: skip

# The sixteen columns of the upload list: 50, 丙烷20, 丙烷16, 20, 16, 10, 4, 好運桶16, 瓶安桶10, 幸福丸4, 好運桶20,
# 流量50, 流量20, 流量16, 流量好運20, 流量好運16.
QUANTITIES = (
    "qty_50", "qty_p20", "qty_p16", "qty_20", "qty_16", "qty_10", "qty_4", "qty_h16", "qty_a10", "qty_x4", "qty_h20",
    "qty_f50", "qty_f20", "qty_f16", "qty_fh20", "qty_fh16",
)  # fmt: skip
ORD_LINE: Mapping[str, Column] = {
    "order_id": (CODE, 20), "line_number": (WHOLE, 3), **dict.fromkeys(QUANTITIES, (WHOLE, 3)), **AUDIT,
    "delete_flag": (CODE, 1),
}  # fmt: skip

TABLES: Mapping[str, Mapping[str, Column]] = {
    "cust_customer": CUST_CUSTOMER,
    "cust_address": CUST_ADDRESS,
    "cust_contact": CUST_CONTACT,
    "ord_order": ORD_ORDER,
    "ord_line": ORD_LINE,
}
KEYS: Mapping[str, str] = {
    "cust_customer": "customer_id",
    "cust_address": "address_id",
    "cust_contact": "contact_id",
    "ord_order": "order_id",
    "ord_line": "order_id, line_number",
}
WRITTEN_BY_THE_PILOT = ("cust_customer", "ord_order", "ord_line")

# What a column has to be beside its size: codes are those of the old system's own manual.
RULES = {
    "cust_customer": [
        "customer_name IS NOT NULL AND octet_length(customer_name) > 0",
        "customer_type IN ('01', '02', '03', '04', '05')",
        "status IN ('01', '02', '03', '04')",
        "delivery_same_as_reg IN ('Y', 'N')",
    ],
    "ord_order": [
        "trade_date IS NOT NULL",
        "status IN ('01', '02', '03', '04', '05', '06', '07')",
        "time_slot IN ('01', '02', '03', '04', '05')",
        "priority_flag IN ('Y', 'N')",
        "dispatch_sys IN ('O', 'N')",
        "status <> '05' OR actual_delivery_time IS NOT NULL",
    ],
    "ord_line": [" AND ".join(f"{name} BETWEEN 0 AND 999" for name in QUANTITIES)],
}
DEFAULTS = {
    "delete_flag": "'N'", "customer_type": "'02'", "delivery_same_as_reg": "'N'", "credit_limit": "10000",
    "safety_stock": "1", "priority_flag": "'N'", "time_slot": "'04'", "payment_status": "'01'", "dispatch_sys": "'O'",
    "line_count": "0", "total_amount": "0", "is_default": "'N'", "active": "'Y'", "is_primary": "'N'",
    "payment_terms": "'CASH'", "price_level": "'01'", "tax_type": "'01'", "invoice_type": "'01'",
    **dict.fromkeys(QUANTITIES, "0"),
}  # fmt: skip

# The text is our own; nothing comes from outside.
FUNCTIONS = f"""
CREATE SEQUENCE revision;
SELECT setval('revision', 1);
CREATE TABLE clock (frozen_at timestamptz, shift interval NOT NULL DEFAULT '0');
INSERT INTO clock DEFAULT VALUES;
CREATE TABLE clerk_day (kind text, seed bigint, day text, answer text NOT NULL, PRIMARY KEY (kind, seed, day));
CREATE TABLE clerk_unfinished (order_id text PRIMARY KEY, due_at double precision NOT NULL, quantities text NOT NULL);

CREATE FUNCTION now_there() RETURNS timestamptz LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = {SCHEMA} AS
$$ SELECT coalesce(frozen_at, clock_timestamp() + shift) FROM clock $$;

CREATE FUNCTION roc_date(at timestamptz) RETURNS char(7) LANGUAGE sql IMMUTABLE AS
$$ SELECT lpad((extract(year FROM at AT TIME ZONE 'Asia/Taipei')::int - 1911)::text, 3, '0')
          || to_char(at AT TIME ZONE 'Asia/Taipei', 'MMDD') $$;

CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = {SCHEMA} AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'rows of % are flagged, never deleted', TG_TABLE_NAME;
    END IF;
    IF coalesce(current_setting('legacy.holds', true), '') = '' THEN
        PERFORM pg_advisory_xact_lock_shared({LOCK_CLASS}, last_value::int) FROM revision;
        PERFORM set_config('legacy.holds', 'yes', true);
    END IF;
    NEW.revision := nextval('revision');
    NEW.changed_at := now_there();
    NEW.update_date := roc_date(NEW.changed_at);
    IF TG_OP = 'INSERT' THEN
        NEW.create_date := coalesce(NEW.create_date, NEW.update_date);
        NEW.create_user := coalesce(NEW.create_user, NEW.update_user);
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION touch_order() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = {SCHEMA} AS $$
BEGIN
    UPDATE ord_order SET update_user = NEW.update_user WHERE order_id = NEW.order_id;
    RETURN NULL;
END $$;
"""  # noqa: S608


def _type(kind: str, size: int) -> str:
    return {
        TEXT: "bytea",
        CODE: f"char({size})",
        WORD: f"varchar({size})",
        DATE: "char(7)",
        WHOLE: "integer",
        MONEY: f"numeric({size}, 2)",
    }[kind]


def _column(name: str, kind: str, size: int) -> str:
    words = [name, _type(kind, size)]
    if name in DEFAULTS:
        words.append(f"NOT NULL DEFAULT {DEFAULTS[name]}")
    if kind == TEXT:
        words.append(f"CHECK (octet_length({name}) <= {size})")
    return " ".join(words)


def _table(name: str, columns: Mapping[str, Column]) -> str:
    parts = [_column(column, *shape) for column, shape in columns.items()]
    parts += ["revision bigint NOT NULL", "changed_at timestamptz NOT NULL", f"PRIMARY KEY ({KEYS[name]})"]
    if name in ("cust_address", "cust_contact", "ord_order"):
        parts.append("FOREIGN KEY (customer_id) REFERENCES cust_customer")
    if name == "ord_line":
        parts.append("FOREIGN KEY (order_id) REFERENCES ord_order")
    parts += [f"CHECK ({rule})" for rule in ("delete_flag IN ('Y', 'N')", *RULES.get(name, []))]
    inside = ",\n    ".join(parts)
    return (
        f"CREATE TABLE {name} (\n    {inside}\n);\n"
        f"CREATE UNIQUE INDEX {name}_revision ON {name} (revision);\n"
        f"CREATE TRIGGER stamp BEFORE INSERT OR UPDATE OR DELETE ON {name}"
        " FOR EACH ROW EXECUTE FUNCTION stamp();\n"
    )


def _rights(name: str, columns: Mapping[str, Column], role: str) -> str:
    told = ", ".join(column for column in columns if column not in ("create_date", "update_date"))
    given = f'GRANT SELECT ON {name} TO "{role}";\n'
    if name in WRITTEN_BY_THE_PILOT:
        given += f'GRANT INSERT ({told}), UPDATE ({told}) ON {name} TO "{role}";\n'
    return given


def statements(role: str) -> str:
    """Everything inside the database; ``role`` is the other system's: it reads five tables and writes three."""
    tables = "".join(_table(name, columns) for name, columns in TABLES.items())
    rights = "".join(_rights(name, columns, role) for name, columns in TABLES.items())
    return (
        f"CREATE SCHEMA {SCHEMA};\nSET LOCAL search_path = {SCHEMA};\n{FUNCTIONS}{tables}"  # noqa: S608
        "CREATE INDEX ord_order_day ON ord_order (trade_date);\n"
        "CREATE INDEX ord_order_customer ON ord_order (customer_id);\n"
        "CREATE TRIGGER touch AFTER INSERT OR UPDATE ON ord_line FOR EACH ROW EXECUTE FUNCTION touch_order();\n"
        f'GRANT USAGE ON SCHEMA {SCHEMA} TO "{role}";\nGRANT SELECT ON SEQUENCE revision TO "{role}";\n'
        f"REVOKE ALL ON FUNCTION stamp(), touch_order() FROM PUBLIC;\n{rights}"
    )
