"""The flags the programme begins with. One that is there already stays as it is."""

from decimal import Decimal

from django.db import migrations

from luckygas.core import clock

DEFAULTS = [
    # name, what it switches, type, on, percentage
    ("new_ui", "新版介面", "boolean", False, 0),
    ("ai_predictions", "智慧預測", "percentage", False, 10),
    ("pilot_program", "試辦計畫", "customer_list", False, 0),
    ("real_time_tracking", "配送進度連結", "boolean", True, 0),
    ("mobile_app_api", "手機程式介面", "percentage", False, 0),
]


def define(apps, schema_editor):
    flags, changes = apps.get_model("pilot", "Flag"), apps.get_model("pilot", "FlagChange")
    for name, title, kind, is_enabled, percentage in DEFAULTS:
        flag, made = flags.objects.get_or_create(
            name=name,
            defaults={
                "title": title,
                "kind": kind,
                "is_enabled": is_enabled,
                "percentage": Decimal(percentage),
                "salt": name,
            },
        )
        if made:
            changes.objects.create(
                flag=flag,
                at=clock.now(),
                action="created",
                new=name,
                reason="系統預設",
                actor_kind="system",
                actor_name="migrate",
            )


class Migration(migrations.Migration):
    dependencies = [("core", "0001_initial"), ("pilot", "0002_sync")]
    operations = [migrations.RunPython(define, migrations.RunPython.noop)]
