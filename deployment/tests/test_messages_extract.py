"""Which texts are found, where, and to which catalogue they belong."""

import pytest

from deployment.messages.catalogues import Text, owner_of
from deployment.messages.extract import UnreadableTextError, from_python, from_script, from_template


def test_python_texts_are_found_under_every_name_they_are_imported_as():
    source = (
        "from django.utils.translation import gettext as translate, gettext_lazy as _\n"
        "from django.utils.translation import ngettext, pgettext_lazy\n"
        "from django.utils import translation\n"
        "\n"
        "a = _('one')\n"
        "b = translate('two ' 'halves')\n"
        "c = ngettext('%(n)s order', '%(n)s orders', 3) % {'n': 3}\n"
        "d = pgettext_lazy('month', 'May')\n"
        "e = translation.gettext('three')\n"
        "f = N_('four')\n"
        "g = _(variable)\n"
        "h = other('not a text')\n"
    )
    assert list(from_python(source, "orders/x.py")) == [
        Text("one", None, None, "orders/x.py", 5),
        Text("two halves", None, None, "orders/x.py", 6),
        Text("%(n)s order", "%(n)s orders", None, "orders/x.py", 7),
        Text("May", None, "month", "orders/x.py", 8),
        Text("three", None, None, "orders/x.py", 9),
        Text("four", None, None, "orders/x.py", 10),
    ]


@pytest.mark.parametrize("argument", ["f'{name} is late'", "'late: ' + name", "'%s late' % name"])
def test_a_text_put_together_before_gettext_sees_it_is_refused(argument):
    source = f"from django.utils.translation import gettext as _\n\nx = _({argument})\n"
    with pytest.raises(UnreadableTextError, match=r"^orders/x\.py:3: text put together before gettext"):
        list(from_python(source, "orders/x.py"))


def test_template_texts_are_found_with_their_lines():
    source = (
        "{% load i18n %}\n"
        '<h1>{% translate "Today" %}</h1>\n'
        "{% blocktranslate count n=orders %}One order{% plural %}{{ n }} orders{% endblocktranslate %}\n"
        '{{ _("Map") }} {% translate "May" context "month" %}\n'
        "    <ul>\n"
        '        <li>{% translate "Routes" %}</li>\n'
        '      <li>{% translate "Stops" %}</li>\n'
        "  </ul>\n"
    )
    assert list(from_template(source, "templates/orders/x.html")) == [
        Text("Today", None, None, "templates/orders/x.html", 2),
        Text("One order", "%(n)s orders", None, "templates/orders/x.html", 3),
        Text("Map", None, None, "templates/orders/x.html", 4),
        Text("May", None, "month", "templates/orders/x.html", 4),
        Text("Routes", None, None, "templates/orders/x.html", 6),
        Text("Stops", None, None, "templates/orders/x.html", 7),
    ]


def test_script_texts_are_found():
    source = "const a = gettext('Offline');\nconst b = ngettext('%(n)s stop', '%(n)s stops', n);\n"
    assert list(from_script(source, "static/dispatch/driver.js")) == [
        Text("Offline", None, None, "static/dispatch/driver.js", 1),
        Text("%(n)s stop", "%(n)s stops", None, "static/dispatch/driver.js", 2),
    ]


@pytest.mark.parametrize(
    ("path", "owner"),
    [
        ("luckygas/core/clock.py", "core"),
        ("luckygas/home.py", "roof"),
        ("billing/models/invoice.py", "billing"),
        ("templates/dispatch/sheet.html", "dispatch"),
        ("templates/core/outbound.html", "core"),
        ("templates/admin/orders/order/change_list.html", "orders"),
        ("templates/admin/index.html", "roof"),
        ("templates/base.html", "roof"),
        ("static/dispatch/driver.js", "dispatch"),
        ("static/js/shortcuts.js", "roof"),
        ("static/vendor/htmx.js", None),
        ("orders/tests/test_desk.py", None),
        ("orders/migrations/0001_initial.py", None),
        ("sandbox/einvoice.py", None),
        ("deployment/launcher/verbs.py", None),
    ],
)
def test_each_file_belongs_to_one_catalogue(path, owner):
    assert owner_of(path) == owner
