"""The triggers that mark what changed on our side, as SQL: what migration 0002 installed.

Once for each statement, over its transition tables: a bulk load pays one join, and nothing where nobody is enrolled.
A mark is written again, not left alone, when it is there already: that makes its reader wait for the transaction that
changes the record, or find the mark anew after it (a mark left alone could be read and deleted before the change
commits, and the change would never be told).
"""

from __future__ import annotations

ENROLLED = "EXISTS (SELECT 1 FROM pilot_enrolment WHERE phase <> 'off')"

FUNCTION = """
CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF {enrolled} THEN
        INSERT INTO pilot_syncdirty (entity, object_id, since, at)
        SELECT '{entity}', touched.id, clock_timestamp(), clock_timestamp()
          FROM (SELECT DISTINCT {id} AS id
                  FROM {rows}
                  JOIN pilot_enrolment e ON e.customer_id = {customer} AND e.phase <> 'off'
                 WHERE {where}) touched
         ORDER BY touched.id
            ON CONFLICT (entity, object_id) DO UPDATE SET at = excluded.at;
    END IF;
    RETURN NULL;
END
$$
"""

TRIGGER = """
CREATE TRIGGER {name}_{word} AFTER {event} ON {table} REFERENCING {which} TABLE AS changed
   FOR EACH STATEMENT EXECUTE FUNCTION {name}()
"""

#: name, table, entity, id, rows, customer, where
WATCHED = (
    ("pilot_mark_customer", "customers_customer", "customer", "c.id", "changed c", "c.id", "true"),
    ("pilot_mark_phone", "customers_customerphone", "customer", "c.customer_id", "changed c", "c.customer_id", "true"),
    (
        "pilot_mark_availability", "customers_availability", "customer", "c.customer_id", "changed c",
        "c.customer_id", "true",
    ),
    (
        "pilot_mark_area", "customers_area", "customer", "k.id",
        "changed c JOIN customers_customer k ON k.area_id = c.id", "k.id", "true",
    ),
    (
        "pilot_mark_order", "orders_order", "order", "c.id", "changed c", "c.customer_id",
        "c.source <> 'history'",
    ),
    (
        "pilot_mark_line", "orders_orderline", "order", "o.id",
        "changed c JOIN orders_order o ON o.id = c.order_id", "o.customer_id", "o.source <> 'history'",
    ),
    (
        "pilot_mark_invoice", "billing_invoice", "order", "o.id",
        "changed c JOIN billing_billableevent b ON b.id = c.event_id JOIN orders_order o ON o.id = b.order_id",
        "o.customer_id", "o.source <> 'history'",
    ),
)  # fmt: skip

#: A deleted row is seen as it was, a moved one (a line given to another order) as it was and as it is.
SEEN = (
    ("made", "INSERT", "NEW"),
    ("changed", "UPDATE", "NEW"),
    ("was", "UPDATE", "OLD"),
    ("gone", "DELETE", "OLD"),
)
#: Tables whose rows may move from one record to another.
MOVES = {"customers_customerphone", "orders_orderline"}


#: The bytes the old system would hold for a text, for `verify_consistency` to compare without decoding any. What has
#: no such bytes becomes some that no text has, and so differs.
BYTES = """
CREATE FUNCTION pilot_big5(given text) RETURNS bytea LANGUAGE plpgsql IMMUTABLE PARALLEL UNSAFE AS $$
BEGIN
    IF octet_length(given) = char_length(given) THEN
        RETURN convert_to(given, 'UTF8');
    END IF;
    -- A block with an exception is a subtransaction, which no parallel plan may have.
    BEGIN
        RETURN convert_to(given, 'BIG5');
    EXCEPTION WHEN untranslatable_character OR character_not_in_repertoire THEN
        RETURN '\\xff'::bytea || convert_to(given, 'UTF8');
    END;
END
$$
"""


def create() -> list[str]:
    """The statements that install everything."""
    made: list[str] = [BYTES]
    for name, table, entity, identity, rows, customer, where in WATCHED:
        made.append(
            FUNCTION.format(
                name=name, enrolled=ENROLLED, entity=entity, id=identity, rows=rows, customer=customer, where=where
            )
        )
        made += [
            TRIGGER.format(name=name, word=word, event=event, which=which, table=table)
            for word, event, which in SEEN
            if word != "was" or table in MOVES
        ]
    return made


def drop() -> list[str]:
    """The statements that remove everything."""
    return ["DROP FUNCTION pilot_big5(text)", *(f"DROP FUNCTION {name}() CASCADE" for name, *_rest in WATCHED)]
