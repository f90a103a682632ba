"""Numbers that a page hands back to us carry no thousands separator: 1,234 is nobody's id."""

from __future__ import annotations

import re
from pathlib import Path

from django.conf import settings

# A template variable that ends in an id or a version, as the value of a field or of a query parameter.
HANDED_BACK = re.compile(
    r"""(?:value=["']|[?&;]\w+=)\{\{\s*([\w.]*\b(?:pk|id|\w+_id|version))\s*((?:\|[^}]*)?)\}\}"""
)
PLAIN = ("unlocalize", "stringformat")


def handed_back_with_separators(text: str) -> list[str]:
    return [match[1] for match in HANDED_BACK.finditer(text) if not any(name in match[2] for name in PLAIN)]


def test_the_search_finds_what_it_is_for():
    assert handed_back_with_separators(
        '<input value="{{ order.pk }}"><a href="?order={{ left.order_id }}">'
    ) == [
        "order.pk",
        "left.order_id",
    ]
    assert (
        handed_back_with_separators('value="{{ order.pk|unlocalize }}" {{ order.pk }} ?day={{ day }}') == []
    )


def test_no_template_hands_back_an_id_with_separators():
    templates = Path(settings.BASE_DIR / "templates").rglob("*.html")
    found = {
        str(path): names for path in templates if (names := handed_back_with_separators(path.read_text()))
    }
    assert found == {}
