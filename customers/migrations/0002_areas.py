"""The delivery areas of Taitung as the workbooks name them; an area added by a person later is left alone."""

from decimal import Decimal

from django.db import migrations

# code, name, name in workbooks, plan section, latitude, longitude, detour factor, km/h
AREAS = (
    ("A", "瑞光", "A-瑞光", "south", "22.744500", "121.123000", "1.35", 25),
    ("B", "四維", "B-四維", "north", "22.756000", "121.144000", "1.35", 25),
    ("C", "漢中", "C-漢中", "south", "22.748000", "121.148000", "1.35", 25),
    ("D", "東方大鎮", "D-東方大鎮", "north", "22.769000", "121.134000", "1.35", 25),
    ("E", "力國", "E-力國", "north", "22.777000", "121.115000", "1.35", 30),
    ("F", "成功線", "F-成功線", "outside", "23.100000", "121.373000", "1.30", 55),
    ("G", "都蘭線", "G-都蘭線", "outside", "22.877000", "121.228000", "1.30", 50),
    ("H", "鹿野線", "H-鹿野線", "outside", "22.913000", "121.135000", "1.45", 50),
    ("I", "池上線", "I-池上線", "outside", "23.123000", "121.215000", "1.40", 55),
    ("J", "知本線", "J-知本線", "south", "22.708000", "121.057000", "1.40", 40),
    ("K", "東大線", "K-東大線", "south", "22.736000", "121.068000", "1.40", 40),
    ("L", "大武線", "L-大武線", "outside", "22.340000", "120.890000", "1.60", 50),
    ("M", "商校商圈", "M-商校商圈", "north", "22.758000", "121.151000", "1.35", 25),
    ("Y", "富岡", "Y-富岡", "north", "22.792000", "121.193000", "1.35", 35),
    ("E1", "力國-太平", "力國-太平", "north", "22.788000", "121.101000", "1.40", 35),
    ("E2", "力國-泰安", "力國-泰安", "north", "22.795000", "121.087000", "1.45", 35),
    ("E3", "力國-南王", "力國-南王", "north", "22.787000", "121.118000", "1.35", 30),
    ("E4", "力國-利嘉", "力國-利嘉", "north", "22.756000", "121.068000", "1.45", 35),
    ("E5", "力國-檳榔", "力國-檳榔", "north", "22.813000", "121.106000", "1.40", 35),
    ("Z1", "馬蘭瓦斯行", "馬蘭瓦斯行", "none", "22.763000", "121.131000", "1.35", 25),
)


def add(apps, schema_editor):
    area = apps.get_model("customers", "Area")
    area.objects.bulk_create(
        [
            area(
                code=code, name=name, sheet_name=sheet_name, route_side=side, lat=Decimal(lat), lng=Decimal(lng),
                detour_factor=Decimal(detour), speed_kmh=speed,
            )
            for code, name, sheet_name, side, lat, lng, detour, speed in AREAS
        ],
        ignore_conflicts=True,
    )


class Migration(migrations.Migration):
    dependencies = [("customers", "0001_initial")]
    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
