"""What only the house itself can tell, asked in a process of its own with the company's environment.

``python -m bench.inside access`` prints a clerk's and a manager's session, API tokens, callers' words and places
to begin an API page from; ``… pages`` the ten main pages with the questions each asks the database.
"""

from __future__ import annotations

import json
import os
import random
import statistics
import sys
import time
from base64 import b64decode
from typing import Any
from urllib.parse import parse_qs, urlsplit

SEED, CALLERS, API_PAGES, TOKENS, VISITS = 20261123, 200, 20, 4, 5
ROLES = {"office": "量測內勤", "manager": "量測經理"}


def access() -> dict[str, Any]:
    from luckygas.core.actor import Actor
    from luckygas.core.api import tokens

    actor = Actor.system("bench")
    # One token may ask 600 times a minute; four programs ask here.
    made = [tokens.make(f"bench {n}", wanted=["orders:read"], days=1, actor=actor)[1] for n in range(TOKENS)]
    return {
        "sessions": {role: _client(role).cookies["sessionid"].value for role in ROLES},
        "tokens": made,
        "callers": _callers(),
        "api": _api_places(made[0]),
    }


def pages() -> list[dict[str, Any]]:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = _client("manager")
    found = []
    for name, path in _addresses().items():
        client.get(path)  # what is asked once for a process is not the page's
        with CaptureQueriesContext(connection) as asked:
            answer = client.get(path)
        found.append(
            {
                "name": name,
                "path": path,
                "status": answer.status_code,
                "queries": len(asked),
                "bytes": len(answer.content),
                "cpu_ms": statistics.median(_cpu(client, path) for _visit in range(VISITS)),
            }
        )
    return found


def _cpu(client: Any, path: str) -> float:
    """Milliseconds of this process for one visit; the database server's are not in it."""
    began = time.process_time()
    client.get(path)
    return (time.process_time() - began) * 1000


def _client(role: str) -> Any:
    """A browser in which a member of staff with that role has signed in."""
    from django.contrib.auth.models import Group
    from django.test import Client

    from luckygas.core.models import User

    user, made = User.objects.get_or_create(
        username=f"bench-{role}", defaults={"display_name": ROLES[role], "is_staff": True}
    )
    if made:
        user.groups.add(Group.objects.get(name=role))
    client = Client(SERVER_NAME="127.0.0.1", headers={"accept-language": "zh-Hant"})
    client.force_login(user, backend="luckygas.core.roles.RolesBackend")
    return client


def _callers() -> list[str]:
    """What clerks type: half of them a telephone number, a quarter a code, a quarter a name."""
    from customers.models import Customer, CustomerPhone

    chance = random.Random(SEED)
    phones = list(
        CustomerPhone.objects.filter(number__startswith="+886")
        .order_by("pk")
        .values_list("number", flat=True)
    )
    people = list(Customer.objects.order_by("pk").values_list("code", "short_name"))
    texts = ["0" + chance.choice(phones).removeprefix("+886") for _ in range(CALLERS // 2)]
    texts += [chance.choice(people)[0] for _ in range(CALLERS // 4)]
    texts += [chance.choice(people)[1] for _ in range(CALLERS - len(texts))]
    chance.shuffle(texts)
    return texts


def _api_places(token: str) -> list[dict[str, str]]:
    """The first pages of the API as its own links name them, with the order each begins below."""
    from django.test import Client

    client = Client(SERVER_NAME="127.0.0.1", headers={"authorization": f"Bearer {token}"})
    found, path = [], "/api/v1/orders"
    for _page in range(API_PAGES):
        answer = client.get(path)
        assert answer.status_code == 200, answer.content[:500]
        before = _position(path)
        found.append({"path": path, "before": before})
        link = answer.json()["next"]
        if not link:
            break
        path = f"{urlsplit(link).path}?{urlsplit(link).query}"
    return found


def _position(path: str) -> str:
    cursor = parse_qs(urlsplit(path).query).get("cursor", [""])[0]
    return parse_qs(b64decode(cursor).decode()).get("p", [""])[0] if cursor else ""


def _addresses() -> dict[str, str]:
    from django.urls import reverse

    from customers.models import Customer
    from dispatch.models import DayPlan
    from luckygas.core.models import ImportRun
    from orders.models import Order

    order = Order.objects.order_by("-id").first()
    customer = Customer.objects.order_by("pk").first()
    plan = DayPlan.objects.filter(status="published").order_by("-pk").first()
    run = ImportRun.objects.filter(kind="customers").order_by("pk").first()
    assert order and customer and plan and run
    desk = reverse("admin:orders_order_desk")
    return {
        "home": reverse("admin:index"),
        "orders": reverse("admin:orders_order_changelist"),
        "order": reverse("admin:orders_order_change", args=[order.pk]),
        "order desk with a caller": f"{desk}?customer={customer.code}",
        "customers": reverse("admin:customers_customer_changelist"),
        "customer": reverse("admin:customers_customer_change", args=[customer.pk]),
        "day plan": reverse("admin:dispatch_dayplan_change", args=[plan.pk]),
        "dispatch sheet": reverse("admin:dispatch_dayplan_sheet", args=[plan.pk]),
        "invoices": reverse("admin:billing_invoice_changelist"),
        "import report": reverse("admin:core_importrun_change", args=[run.pk]),
    }


if __name__ == "__main__":
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "luckygas.settings")
    django.setup()
    print(json.dumps({"access": access, "pages": pages}[sys.argv[1]]()))
