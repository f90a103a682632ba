# ruff: noqa: S608 - every word of these statements is our own
"""What `verify_consistency` asks of both databases: its own SQL over raw rows, sharing nothing with the mirroring.

Both sides are brought to the same bytes in the same order, ours with ``pilot_big5`` to what the old system would hold.
A row's digest is the head of the MD5 of its fields; a bucket's is the count and the sum of its rows'. Fields that both
sides spell in several ways (telephone numbers, line ends) may differ in the digest and yet say the same: rows that
differ are read in full and judged in words (``pilot.services.consistency``).
"""

from __future__ import annotations

BUCKETS = 4096
KINDS = (
    "GAS-C00-X", "GAS-C04-R", "GAS-C10-P", "GAS-C10-R", "GAS-C16-CM", "GAS-C16-H", "GAS-C16-R", "GAS-C20-CM",
    "GAS-C20-H", "GAS-C20-R", "GAS-C50-R", "GAS-F16-H", "GAS-F16-R", "GAS-F20-H", "GAS-F20-R", "GAS-F50-R",
)  # fmt: skip
#: The old system's column for each of ``KINDS``: its upload list.
COLUMN_OF = {
    "GAS-C50-R": "qty_50", "GAS-C20-CM": "qty_p20", "GAS-C16-CM": "qty_p16", "GAS-C20-R": "qty_20",
    "GAS-C16-R": "qty_16", "GAS-C10-R": "qty_10", "GAS-C04-R": "qty_4", "GAS-C16-H": "qty_h16",
    "GAS-C10-P": "qty_a10", "GAS-C00-X": "qty_x4", "GAS-C20-H": "qty_h20", "GAS-F50-R": "qty_f50",
    "GAS-F20-R": "qty_f20", "GAS-F16-R": "qty_f16", "GAS-F20-H": "qty_fh20", "GAS-F16-H": "qty_fh16",
}  # fmt: skip

FIELDS = {
    "customer": (
        "invoice_title", "short_name", "kind", "status", "tax_id", "phones", "email", "address", "area", "slot",
        "payment", "notes",
    ),
    "order": (
        "customer", "served_by", "status", "date", "delivered_at", "invoice_no", "quantities", "slot", "urgent",
        "note",
    ),
}  # fmt: skip

# -- our side: id, key and one text for each field


def _crlf(text: str) -> str:
    return f"replace({text}, E'\\n', E'\\r\\n')"


def _text(column: str) -> str:
    """Our text as the old system would read it back: trimmed, its line ends, nine characters as their neighbours."""
    lines = f"replace(replace({column}, E'\\r\\n', E'\\n'), E'\\r', E'\\n')"
    return _crlf(f"btrim(translate({lines}, '¢£¥•‾∼☉♁､', '￠￡￥‧¯～⊙⊕﹑'), E' \\t\\n\\u3000\\u00a0')")


OUR_CUSTOMERS = f"""
SELECT c.id, c.code AS key, {_text("c.invoice_title")} AS invoice_title,
       {_text("c.short_name")} AS short_name, c.kind, c.status, c.tax_id,
       coalesce((SELECT string_agg(first.typed, '|' ORDER BY first.rank) FROM (
                    SELECT regexp_replace(p.number, '^[+]886', '0') AS typed,
                           row_number() OVER (ORDER BY NOT p.is_primary, p.id) AS rank
                      FROM customers_customerphone p WHERE p.customer_id = c.id ORDER BY 2 LIMIT 3) first), '')
           AS phones,
       {_text("c.email")} AS email, {_text("c.address")} AS address, coalesce(a.code, '') AS area,
       CASE v.slot WHEN 'morning' THEN 'morning' WHEN 'afternoon' THEN 'afternoon' ELSE 'any' END AS slot,
       CASE c.payment_method WHEN 'monthly' THEN 'monthly' ELSE 'cash' END AS payment,
       {_text("c.notes")} AS notes
  FROM customers_customer c
  JOIN pilot_enrolment e ON e.customer_id = c.id AND e.phase <> 'off'
  LEFT JOIN customers_area a ON a.id = c.area_id
  LEFT JOIN customers_availability v ON v.customer_id = c.id
"""
OUR_ORDERS = f"""
SELECT o.id, coalesce(nullif(o.number_there, ''), o.number) AS key, c.code AS customer, o.served_by,
       CASE WHEN o.status IN ('delivered', 'cancelled') THEN o.status ELSE 'open' END AS status,
       o.scheduled_date::text AS date,
       coalesce(to_char(o.delivered_at AT TIME ZONE 'Asia/Taipei', 'YYYY-MM-DD HH24:MI'), '') AS delivered_at,
       CASE WHEN o.served_by = 'ours' AND o.status = 'delivered' THEN coalesce(i.number, '') ELSE '' END
           AS invoice_no,
       coalesce(l.quantities, '') AS quantities,
       CASE o.slot WHEN 'all_day' THEN 'any' ELSE o.slot END AS slot,
       CASE WHEN o.is_urgent THEN 'Y' ELSE '' END AS urgent,
       {_text("o.note")} AS note
  FROM orders_order o
  JOIN customers_customer c ON c.id = o.customer_id
  JOIN pilot_enrolment e ON e.customer_id = c.id AND e.phase <> 'off'
  LEFT JOIN billing_billableevent b ON b.order_id = o.id
  LEFT JOIN billing_invoice i ON i.event_id = b.id
  LEFT JOIN (
       SELECT m.order_id, string_agg(p.kind || '=' || m.number, ',' ORDER BY p.kind) AS quantities
         FROM (SELECT m.order_id, m.product_id, CASE d.status WHEN 'delivered' THEN coalesce(m.delivered_quantity, 0)
                                                              ELSE m.quantity END AS number
                 FROM orders_orderline m JOIN orders_order d ON d.id = m.order_id WHERE d.source <> 'history') m
         JOIN orders_product p ON p.id = m.product_id
        WHERE m.number > 0 GROUP BY m.order_id
       ) l ON l.order_id = o.id
 WHERE o.source <> 'history'
"""
OURS = {"customer": OUR_CUSTOMERS, "order": OUR_ORDERS}

# -- their side: revision, changed_at, key and the bytes of each field

_LISTED = ", ".join(
    f"CASE WHEN {column} > 0 THEN '{kind}=' || {column} END"
    for kind, column in sorted((kind, COLUMN_OF[kind]) for kind in KINDS)
)
_SUMS = ", ".join(f"sum({column}) AS {column}" for column in COLUMN_OF.values())
# What is no date stands as typed, and so differs: one such row must not end the compare.
_DAY = (
    "CASE WHEN {0} ~ '^[0-9]{{{1}}}$' THEN (left({0}, 3)::int + 1911) || '-' || substr({0}, 4, 2) || '-'"
    " || substr({0}, 6, 2){2} ELSE '?' || trim({0}) END"
)
_TIME = "|| ' ' || substr(o.actual_delivery_time, 8, 2) || ':' || substr(o.actual_delivery_time, 10, 2)"
_DIGITS = "regexp_replace(encode(coalesce({0}, ''), 'escape'), '[^0-9]', '', 'g')"

THEIR_CUSTOMERS = f"""
SELECT revision, changed_at, trim(customer_id) AS key, customer_name AS invoice_title,
       coalesce(short_name, '') AS short_name,
       convert_to(CASE customer_type WHEN '02' THEN 'residential' WHEN '05' THEN 'school'
                       ELSE 'commercial' END, 'UTF8') AS kind,
       convert_to(CASE status WHEN '01' THEN 'active' WHEN '02' THEN 'terminated' ELSE '?' || status END, 'UTF8')
           AS status,
       convert_to(trim(coalesce(tax_id, '')), 'UTF8') AS tax_id,
       convert_to(concat_ws('|', nullif({_DIGITS.format("phone_primary")}, ''),
           nullif({_DIGITS.format("phone_secondary")}, ''), nullif({_DIGITS.format("mobile")}, '')), 'UTF8') AS phones,
       coalesce(email, '') AS email,
       coalesce(CASE delivery_same_as_reg WHEN 'Y' THEN reg_address ELSE delivery_address END, '') AS address,
       convert_to(trim(coalesce(service_area, '')), 'UTF8') AS area,
       convert_to(CASE delivery_time_pref WHEN '01' THEN 'morning' WHEN '02' THEN 'afternoon' ELSE 'any' END, 'UTF8')
           AS slot,
       convert_to(CASE WHEN payment_terms LIKE 'MON%%' THEN 'monthly' ELSE 'cash' END, 'UTF8') AS payment,
       coalesce(notes, '') AS notes
  FROM cust_customer
 WHERE delete_flag = 'N' AND trim(customer_id) = ANY(%(codes)s)
"""
THEIR_ORDERS = f"""
SELECT o.revision, o.changed_at, trim(o.order_id) AS key, convert_to(trim(o.customer_id), 'UTF8') AS customer,
       convert_to(CASE o.dispatch_sys WHEN 'N' THEN 'ours' ELSE 'legacy' END, 'UTF8') AS served_by,
       convert_to(CASE o.status WHEN '05' THEN 'delivered' WHEN '06' THEN 'cancelled' ELSE 'open' END, 'UTF8')
           AS status,
       convert_to({_DAY.format("o.trade_date", 7, "")}, 'UTF8') AS date,
       convert_to(coalesce({_DAY.format("o.actual_delivery_time", 11, _TIME)}, ''), 'UTF8') AS delivered_at,
       convert_to(CASE o.dispatch_sys WHEN 'N' THEN trim(coalesce(o.invoice_no, '')) ELSE '' END, 'UTF8')
           AS invoice_no,
       convert_to(coalesce(l.quantities, ''), 'UTF8') AS quantities,
       convert_to(CASE o.time_slot WHEN '01' THEN 'morning' WHEN '02' THEN 'afternoon' WHEN '03' THEN 'evening'
                       ELSE 'any' END, 'UTF8') AS slot,
       convert_to(CASE WHEN o.time_slot = '05' OR o.priority_flag = 'Y' THEN 'Y' ELSE '' END, 'UTF8') AS urgent,
       coalesce(o.notes, '') AS note
  FROM ord_order o
  LEFT JOIN (
       SELECT order_id, concat_ws(',', {_LISTED}) AS quantities
         FROM (SELECT order_id, {_SUMS} FROM ord_line WHERE delete_flag = 'N' GROUP BY order_id) summed
       ) l ON l.order_id = o.order_id
 WHERE o.delete_flag = 'N' AND trim(o.customer_id) = ANY(%(codes)s)
"""
THEIRS = {"customer": THEIR_CUSTOMERS, "order": THEIR_ORDERS}

_MARK = "E'\\x1f'"


def _digest(joined: str) -> str:
    return f"('x' || left(md5({joined}), 16))::bit(64)::bigint"


def _bucket(key: str = "key") -> str:
    return f"('x' || left(md5({key}), 3))::bit(12)::int"


def our_digests(entity: str) -> str:
    """id, key, bucket and digest of each of our rows."""
    joined = f"pilot_big5(concat_ws({_MARK}, {', '.join(FIELDS[entity])}))"
    return f"SELECT id, key, {_bucket()} AS bucket, {_digest(joined)} AS digest FROM ({OURS[entity]}) ours"


def their_digests(entity: str) -> str:
    """revision, key, bucket and digest of each of their rows."""
    joined = " || '\\x1f'::bytea || ".join(FIELDS[entity])
    return f"SELECT revision, key, {_bucket()} AS bucket, {_digest(joined)} AS digest FROM ({THEIRS[entity]}) theirs"


def summed(digests: str) -> str:
    """Count and sum for each bucket."""
    return f"SELECT bucket, count(*), sum(digest::numeric) FROM ({digests}) d GROUP BY bucket"


def listed(digests: str) -> str:
    """Key and digest of the rows of some buckets."""
    return f"SELECT key, digest FROM ({digests}) d WHERE bucket = ANY(%(buckets)s)"


def rows(entity: str, side: str) -> str:
    """Every field of some rows."""
    if side == "ours":
        return f"SELECT key, id, {', '.join(FIELDS[entity])} FROM ({OURS[entity]}) ours WHERE key = ANY(%(keys)s)"
    return f"SELECT key, {', '.join(FIELDS[entity])} FROM ({THEIRS[entity]}) theirs WHERE key = ANY(%(keys)s)"


_AGREED = {
    "phones": "replace(base ->> 'phones', '+886', '0')",
    **{
        name: _crlf(f"(base ->> '{name}')")
        for name in ("invoice_title", "short_name", "email", "address", "notes", "note")
    },
    "quantities": "concat_ws(',', "
    + ", ".join(
        f"CASE WHEN base ->> '{kind}' <> '' THEN '{kind}=' || (base ->> '{kind}') END" for kind in KINDS
    )
    + ")",
}


def stale(entity: str) -> str:
    """Records counted as equal whose agreed image is not what is seen there, or not what we hold."""
    base = ", ".join(_AGREED.get(name, f"base ->> '{name}'") for name in FIELDS[entity])
    return (
        f"SELECT ours.key FROM ({OURS[entity]}) ours JOIN pilot_synclink l"
        f" ON l.entity = '{entity}' AND l.external_id = ours.key AND l.state = 'agreed'"
        f" WHERE (l.base IS DISTINCT FROM l.theirs OR concat_ws({_MARK}, {', '.join(FIELDS[entity])})"
        f" IS DISTINCT FROM concat_ws({_MARK}, {base}))"
        f" AND NOT EXISTS (SELECT 1 FROM pilot_syncdirty d WHERE d.entity = '{entity}' AND d.object_id = ours.id)"
    )


LAGS = """
SELECT percentile_cont(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY lag_ms) FROM (
    SELECT lag_ms FROM pilot_legacywrite WHERE status = 'done' AND done_at >= %(since)s AND lag_ms IS NOT NULL
    UNION ALL SELECT lag_ms FROM pilot_syncread WHERE read_at >= %(since)s AND outcome <> 'echo'
) lags
"""
#: Where a record stands there, deleted or not.
HEADS = {
    "customer": "SELECT trim(customer_id), revision, changed_at FROM cust_customer WHERE trim(customer_id) = ANY(%s)",
    "order": "SELECT trim(order_id), revision, changed_at FROM ord_order WHERE trim(order_id) = ANY(%s)",
}
#: Why a record may differ just now. Ages in seconds, by the clock the change was stamped with. An order that is not
#: there waits for its customer as long as that one is not there.
REASONS = """
SELECT k.key,
       (SELECT extract(epoch FROM clock_timestamp() - d.since) FROM pilot_syncdirty d
         WHERE d.entity = %(entity)s AND d.object_id = coalesce(l.object_id, k.id)) AS marked,
       (SELECT extract(epoch FROM clock_timestamp() - min(w.marked_at)) FROM pilot_legacywrite w
         WHERE w.link_id IN (l.id, c.id) AND w.status IN ('queued', 'inflight', 'unknown', 'held', 'failed'))
           AS writing,
       (SELECT count(*) FROM pilot_syncconflict s WHERE s.link_id IN (l.id, c.id) AND s.state = 'open') AS conflicts,
       l.revision
  FROM unnest(%(keys)s::text[], %(ids)s::bigint[]) AS k(key, id)
  LEFT JOIN pilot_synclink l ON l.entity = %(entity)s AND l.external_id = k.key
  LEFT JOIN pilot_synclink c ON %(entity)s = 'order' AND l.revision IS NULL AND c.entity = 'customer'
                            AND c.external_id = l.customer_code AND c.revision IS NULL
"""
