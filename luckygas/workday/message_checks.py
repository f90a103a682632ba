"""What must hold of the day's text messages: pairs of a sentence and the SQL whose every row is a difference.

Each notice is made once and none is missing; nobody is written to against his word or at night; a message's state is
as far along as what was heard of it; what the day counted is there.
"""

# Put together from constants of this module.
# ruff: noqa: S608

from __future__ import annotations

ON_THE_DAY = "(m.created_at AT TIME ZONE 'Asia/Taipei')::date = %(date)s"
#: The customer's last word before an instant; nothing said is no.
AGREED = """coalesce((SELECT c.granted FROM customers_messageconsent c
                       WHERE c.customer_id = {customer} AND c.kind = 'service' AND c.at <= {at}
                       ORDER BY c.id DESC LIMIT 1), false)"""
CUSTOMER = "CASE WHEN m.addressee LIKE 'customer:%%' THEN substr(m.addressee, 10)::bigint END"
#: How far along a state is that the provider reports, as ``luckygas.core.notify.wire`` has it.
RANK = """CASE {state} WHEN 'accepted' THEN 1 WHEN 'scheduled' THEN 1 WHEN 'queued' THEN 1 WHEN 'sending' THEN 2
          WHEN 'sent' THEN 3 WHEN 'delivered' THEN 4 WHEN 'undelivered' THEN 4 WHEN 'failed' THEN 4
          WHEN 'canceled' THEN 4 WHEN 'read' THEN 5 ELSE 0 END"""
#: When a try to send began; its trace is written when it is over.
BEGAN = "(a.at - a.milliseconds * interval '1 millisecond')"
SENT = """FROM core_smsmessage m
          JOIN core_outboundattempt a ON a.kind = 'core.SmsMessage' AND a.row_id = m.id AND a.deed = 'send'"""
IN_TAIPEI = f"({BEGAN} AT TIME ZONE 'Asia/Taipei')"

CHECKS: list[tuple[str, str]] = [
    (
        "message {0} was made {1} times",
        "SELECT once_key, count(*) FROM core_smsmessage GROUP BY 1 HAVING count(*) > 1",
    ),
    (
        "the provider's message {0} stands in {1} rows",
        """SELECT provider_message_id, count(*) FROM core_smsmessage WHERE provider_message_id <> ''
            GROUP BY 1 HAVING count(*) > 1""",
    ),
    (
        "{0} was announced {2} times as {1}",
        f"""SELECT m.subject_label, m.occasion, count(*) FROM core_smsmessage m
             WHERE m.subject <> '' AND m.resends_id IS NULL AND {ON_THE_DAY}
             GROUP BY m.subject, m.subject_label, m.occasion HAVING count(*) > 1""",
    ),
    (
        "message {0} was handed over {1} times and taken each time",
        f"""SELECT m.id, count(*) {SENT} WHERE {ON_THE_DAY} AND a.outcome IN ('waiting', 'done')
             GROUP BY m.id HAVING count(*) > 1""",
    ),
    (
        "message {0} is delivered and the provider never had it",
        "SELECT id FROM core_smsmessage WHERE status = 'done' AND provider_message_id = ''",
    ),
    (
        "message {0} counts as {1}, and the provider says “{2}”",
        f"""SELECT m.id, m.status, m.provider_status FROM core_smsmessage m
             WHERE {ON_THE_DAY} AND (m.status = 'done' AND m.provider_status NOT IN ('sent', 'delivered', 'read')
                                  OR m.status IN ('failed', 'expired') AND m.provider_status IN ('delivered', 'read'))""",
    ),
    (
        "message {0} stands at “{1}”, and a receipt had moved it on to “{2}”",
        f"""SELECT m.id, m.provider_status, r.told FROM core_smsmessage m JOIN core_smsreceipt r ON r.message_id = m.id
             WHERE {ON_THE_DAY} AND r.result = 'forward'
               AND {RANK.format(state="r.told")} > {RANK.format(state="m.provider_status")}""",
    ),
    (
        "message {0} went to a customer who had not agreed",
        f"""SELECT m.id FROM core_smsmessage m
             WHERE m.addressee LIKE 'customer:%%' AND {ON_THE_DAY}
               AND NOT {AGREED.format(customer=CUSTOMER, at="m.created_at")}""",
    ),
    (
        "message {0} was sent at {1}, when the customer wanted none any more",
        f"""SELECT m.id, {IN_TAIPEI}::time(0) {SENT}
             WHERE m.addressee LIKE 'customer:%%' AND {ON_THE_DAY} AND a.outcome IN ('waiting', 'done')
               AND {AGREED.format(customer=CUSTOMER, at="m.created_at")}
               AND NOT {AGREED.format(customer=CUSTOMER, at=BEGAN)}""",
    ),
    (
        "message {0} was sent at {1}, in the quiet hours",
        f"""SELECT m.id, {IN_TAIPEI}::time(0) {SENT}
             WHERE {ON_THE_DAY} AND NOT m.is_urgent AND a.outcome <> 'later'
               AND (extract(hour FROM {IN_TAIPEI}) >= 21 OR extract(hour FROM {IN_TAIPEI}) < 8)""",
    ),
    (
        "customer {0} got {1} messages in one day",
        f"""SELECT m.addressee, count(*) FROM core_smsmessage m
             WHERE m.addressee <> '' AND NOT m.is_urgent AND m.status <> 'expired' AND {ON_THE_DAY}
             GROUP BY 1 HAVING count(*) > 5""",
    ),
    (
        "the day counted {0} messages, {1} were made",
        f"""SELECT counted, made FROM (
              SELECT (d.figures->>'messages_delivered')::int + (d.figures->>'messages_held')::int
                   + (d.figures->>'messages_expired')::int + (d.figures->>'messages_failed')::int AS counted,
                     (SELECT count(*) FROM core_smsmessage m
                       WHERE {ON_THE_DAY} AND m.id <= (d.figures->>'messages_up_to')::bigint) AS made
                FROM roof_workday d
               WHERE d.date = %(date)s AND d.figures->>'messages_up_to' IS NOT NULL) x
            WHERE counted <> made""",
    ),
    (
        "the day counted {1} messages as {0}, {2} are",
        # Both are ends: there may be more of them by now, never fewer.
        f"""SELECT status, counted, there FROM (
              SELECT k.status, (d.figures->>('messages_' || k.word))::int AS counted,
                     (SELECT count(*) FROM core_smsmessage m
                       WHERE {ON_THE_DAY} AND m.status = k.status
                         AND m.id <= (d.figures->>'messages_up_to')::bigint) AS there
                FROM roof_workday d
                JOIN (VALUES ('done', 'delivered'), ('expired', 'expired')) AS k(status, word) ON true
               WHERE d.date = %(date)s AND d.figures->>'messages_up_to' IS NOT NULL) x
            WHERE there < counted""",
    ),
]

#: Only where messages are switched on: what happened to an order that its customer was not told.
UNTOLD: tuple[str, str] = (
    "order {0}: its customer was not told ({1})",
    f"""WITH said AS (
          SELECT o.id, o.number, o.customer_id, c.at, CASE c.new WHEN 'confirmed' THEN 'order_confirmation'
                 WHEN 'in_delivery' THEN 'out_for_delivery' ELSE 'delivery_completed' END AS occasion
            FROM orders_orderstatuschange c JOIN orders_order o ON o.id = c.order_id
           WHERE (c.at AT TIME ZONE 'Asia/Taipei')::date = %(date)s AND o.served_by = 'ours'
             AND (c.new = 'delivered' AND c.at < o.delivered_at + interval '3 hours'
               OR c.new = 'in_delivery'
               OR c.new = 'confirmed' AND c.old = '' AND o.source = 'phoned'
                  AND c.at < (o.scheduled_date + time '20:00') AT TIME ZONE 'Asia/Taipei')
             AND NOT EXISTS (SELECT 1 FROM core_auditevent t
                              WHERE t.action = 'orders.handed_over' AND t.subject = 'Order:' || o.id))
        SELECT s.number, s.occasion FROM said s
         WHERE NOT EXISTS (SELECT 1 FROM core_smsmessage m
                            WHERE m.subject = 'order:' || s.id AND m.occasion = s.occasion)
           AND {AGREED.format(customer="s.customer_id", at="s.at")}
           AND EXISTS (SELECT 1 FROM customers_customerphone p
                        WHERE p.customer_id = s.customer_id AND p.number ~ '^[+]8869[0-9]{{8}}$')
           AND EXISTS (SELECT 1 FROM customers_messagetemplate t
                        WHERE t.code = s.occasion AND t.language = 'zh-hant' AND t.is_active AND t.weight > 0)
           AND (SELECT count(*) FROM core_smsmessage m WHERE m.addressee = 'customer:' || s.customer_id
                   AND NOT m.is_urgent AND m.status <> 'expired' AND {ON_THE_DAY}) < 5""",
)
