"""The sixteen products with the deposits they started with, and the places every company has."""

from decimal import Decimal

from django.db import migrations

from customers.kinds import KIND_FACTS

DEPOSITS = {
    "GAS-C50-R": 3000, "GAS-C20-R": 1500, "GAS-C16-R": 1200, "GAS-C10-R": 800, "GAS-C04-R": 500,
    "GAS-C20-CM": 1500, "GAS-C16-CM": 1200, "GAS-C20-H": 1500, "GAS-C16-H": 1200, "GAS-C10-P": 900,
}
PLACES = (
    ("plant", "分裝場"), ("shop", "門市"), ("inspection", "檢驗機構"), ("lost", "遺失"), ("scrap", "報廢"),
)


def add(apps, schema_editor):
    apps.get_model("orders", "Product").objects.bulk_create(
        apps.get_model("orders", "Product")(
            kind=kind.value, sku=kind.value, name=facts.name, method=facts.method, size_kg=facts.size_kg,
            attribute=facts.attribute, net_kg=facts.net_kg, deposit=Decimal(DEPOSITS.get(kind.value, 0)),
            position=position,
        )
        for position, (kind, facts) in enumerate(KIND_FACTS.items(), start=1)
    )
    apps.get_model("orders", "Place").objects.bulk_create(
        apps.get_model("orders", "Place")(kind=kind, name=name) for kind, name in PLACES
    )


class Migration(migrations.Migration):
    dependencies = [("orders", "0001_initial")]
    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
