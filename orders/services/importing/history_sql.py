"""The statements that turn staged rows of the history into orders and lines.

history_row     as copied: one row of the file, its order in the file, who, when
history_placed  the same with its occurrence and, where it came in before, the order it is
"""

STAGE = """
DROP TABLE IF EXISTS history_row, history_line, history_placed, history_changed, history_number;
CREATE TEMPORARY TABLE history_row (
    row_no integer, customer_id bigint, local_time timestamp, day date, staff varchar(150)
) ON COMMIT DROP;
CREATE TEMPORARY TABLE history_line (row_no integer, product_id bigint, quantity integer) ON COMMIT DROP;
"""

PLACE = """
ANALYZE history_row;
CREATE TEMPORARY TABLE history_placed ON COMMIT DROP AS
SELECT s.row_no, s.customer_id, s.delivered_at, s.day, s.staff, s.occurrence,
       coalesce(o.id, nextval(pg_get_serial_sequence('orders_order', 'id'))) AS order_id,
       o.id IS NULL AS is_new
  FROM (SELECT row_no, customer_id, day, staff,
               local_time AT TIME ZONE 'Asia/Taipei' AS delivered_at,
               row_number() OVER (PARTITION BY customer_id, local_time ORDER BY row_no) AS occurrence
          FROM history_row
         ORDER BY row_no) AS s
  LEFT JOIN orders_order o
    ON o.source = 'history' AND o.customer_id = s.customer_id
   AND o.delivered_at = s.delivered_at AND o.occurrence = s.occurrence;
CREATE UNIQUE INDEX ON history_placed (row_no);
ANALYZE history_placed;
"""

# Numbers of the day each delivery was made, from the same counters as every order's.
NUMBER = """
CREATE TEMPORARY TABLE history_number ON COMMIT DROP AS
WITH wanted AS (
    SELECT day, count(*)::integer AS n FROM history_placed WHERE is_new GROUP BY day ORDER BY day
), taken AS (
    INSERT INTO orders_ordercounter (day, last) SELECT day, n FROM wanted ORDER BY day
    ON CONFLICT (day) DO UPDATE SET last = orders_ordercounter.last + excluded.last
    RETURNING day, last
)
SELECT taken.day, taken.last - wanted.n AS before FROM taken JOIN wanted USING (day);
"""

INSERT_ORDERS = """
INSERT INTO orders_order (
    id, number, customer_id, source, status, scheduled_date, slot, is_urgent, payment_method, note,
    total_amount, lacks_price, served_by, delivered_at, failure, version, occurrence, created_at, created_by)
SELECT p.order_id,
       'O-' || to_char(p.day, 'YYYYMMDD') || '-'
            || lpad((n.before + row_number() OVER (PARTITION BY p.day ORDER BY p.row_no))::text, 6, '0'),
       p.customer_id, 'history', 'delivered', p.day, 'all_day', false, c.payment_method, '',
       0, false, 'legacy', p.delivered_at, '', 1, p.occurrence, p.delivered_at, p.staff
  FROM history_placed p
  JOIN history_number n USING (day)
  JOIN customers_customer c ON c.id = p.customer_id
 WHERE p.is_new
 ORDER BY p.row_no
"""

INSERT_LINES = """
INSERT INTO orders_orderline (order_id, product_id, quantity, delivered_quantity, full_returned)
SELECT p.order_id, l.product_id, l.quantity, l.quantity, 0
  FROM history_line l JOIN history_placed p USING (row_no)
 WHERE p.is_new
 ORDER BY l.row_no
"""

# An order that came in before and stands in the file with other quantities.
FIND_CHANGED = """
CREATE TEMPORARY TABLE history_changed ON COMMIT DROP AS
WITH staged AS (
    SELECT p.order_id, l.product_id, l.quantity
      FROM history_line l JOIN history_placed p USING (row_no)
     WHERE NOT p.is_new
), kept AS (
    SELECT l.order_id, l.product_id, l.quantity::integer
      FROM orders_orderline l JOIN history_placed p ON p.order_id = l.order_id
     WHERE NOT p.is_new
)
SELECT DISTINCT order_id
  FROM ((TABLE staged EXCEPT TABLE kept) UNION ALL (TABLE kept EXCEPT TABLE staged)) AS differing
"""

CHANGE = (
    "DELETE FROM orders_orderline WHERE order_id IN (SELECT order_id FROM history_changed)",
    """
INSERT INTO orders_orderline (order_id, product_id, quantity, delivered_quantity, full_returned)
SELECT p.order_id, l.product_id, l.quantity, l.quantity, 0
  FROM history_line l JOIN history_placed p USING (row_no) JOIN history_changed c ON c.order_id = p.order_id
 ORDER BY l.row_no
""",
    "UPDATE orders_order SET version = version + 1 WHERE id IN (SELECT order_id FROM history_changed)",
)

CLEAN = "DROP TABLE history_row, history_line, history_placed, history_changed, history_number"
