"""What the check of the catalogues finds, and that it says where."""

import pytest

from deployment.messages.__main__ import main
from deployment.messages.checking import placeholders, problems
from deployment.messages.literals import in_python, in_script, in_template
from deployment.tree import files

PO_HEADER = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n\n'
PO = "orders/locale/zh_Hant/LC_MESSAGES/django.po"


@pytest.fixture
def project(tmp_path, monkeypatch):
    """An app asking for one text; the installed packages are left out, they have a test of their own."""
    monkeypatch.setattr("deployment.messages.checking.untranslated", lambda domain: [])
    (tmp_path / "orders").mkdir()
    (tmp_path / "orders/models.py").write_text(
        "from django.utils.translation import gettext_lazy as _\n\na = _('late by %(n)s of {total}')\n"
    )
    (tmp_path / PO).parent.mkdir(parents=True)
    files.cache_clear()
    return tmp_path


def catalogue(project, entry):
    (project / PO).write_text(PO_HEADER + entry)
    files.cache_clear()
    return list(problems(project))


def test_a_translated_text_is_no_problem(project, capsys):
    entry = 'msgid "late by %(n)s of {total}"\nmsgstr "{total} 中晚 %(n)s"\n'
    assert catalogue(project, entry) == []
    assert main(["check"], root=project) == 0
    assert capsys.readouterr().out == "every text is translated\n"


@pytest.mark.parametrize("entry", ["", 'msgid "late by %(n)s of {total}"\nmsgstr ""\n'])
def test_a_text_without_translation_is_named_with_file_and_line(project, entry, capsys):
    line = f"orders/models.py:3: 'late by %(n)s of {{total}}' has no translation in {PO}"
    assert catalogue(project, entry) == [line]
    assert main(["check"], root=project) == 1
    assert capsys.readouterr().out == f"{line}\n1 problems in the catalogues and texts\n"


def test_a_fuzzy_entry_is_a_problem(project):
    entry = '#, fuzzy\nmsgid "late by %(n)s of {total}"\nmsgstr "{total} 中晚 %(n)s"\n'
    (problem,) = catalogue(project, entry)
    assert problem.startswith(f"{PO}:6: ")
    assert "is marked fuzzy" in problem


@pytest.mark.parametrize(
    ("translation", "complaint"),
    [
        ("{total} 中晚", "lost the placeholder %(n)"),
        ("晚 %(n)s", "lost the placeholder {total}"),
        ("{total} 中晚 %(n)s 因 %(why)s", "has %(why), which the text does not have"),
    ],
)
def test_a_translation_keeps_the_placeholders(project, translation, complaint):
    (problem,) = catalogue(project, f'msgid "late by %(n)s of {{total}}"\nmsgstr "{translation}"\n')
    assert problem.startswith(f"{PO}:5: ")
    assert problem.endswith(complaint)


def test_a_text_that_is_its_own_translation_is_a_problem(project):
    (project / "orders/models.py").write_text(
        "from django.utils.translation import gettext_lazy as _\na = _('late')\nb = _('PDF')\n"
    )
    entry = 'msgid "late"\nmsgstr "late"\n\nmsgid "PDF"\nmsgstr "PDF"\n'
    assert catalogue(project, entry) == [f"{PO}:5: 'late' is its own translation"]


def test_a_key_is_written_in_english(project):
    (project / "orders/models.py").write_text(
        "from django.utils.translation import gettext_lazy as _\na = _('遲到 %(n)s')\nb = _('like A-瑞光')\n"
    )
    entry = 'msgid "遲到 %(n)s"\nmsgstr "晚 %(n)s"\n\nmsgid "like A-瑞光"\nmsgstr "如 A-瑞光"\n'
    assert catalogue(project, entry) == [
        "orders/models.py:2: '遲到 %(n)s' is the key of a translation; write it in English"
    ]


def test_two_catalogues_must_not_answer_the_same_text_differently(project):
    other = project / "billing/locale/zh_Hant/LC_MESSAGES/django.po"
    other.parent.mkdir(parents=True)
    other.write_text(PO_HEADER + 'msgid "late"\nmsgstr "逾期"\n')
    (project / "orders/models.py").write_text("")
    assert catalogue(project, 'msgid "late"\nmsgstr "遲到"\n') == [
        f"billing/locale/zh_Hant/LC_MESSAGES/django.po:5: 'late' is '逾期' here and '遲到' in {PO}:5;"
        " agree on one, or tell them apart with pgettext"
    ]


def test_placeholders_are_counted_by_kind():
    assert placeholders("%(a)s %(a)s %s 100%% %d {b} {b!r} {{c}} 5 % d") == {
        "%(a)": 2,
        "%s": 1,
        "%d": 1,
        "{b}": 2,
    }


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("x = models.CharField(verbose_name='Name')", "'Name' as verbose_name"),
        ("x = models.CharField('Name', max_length=3)", '"the field\'s name"'),
        ("x = models.CharField(_('Name'), max_length=3)", None),
        ("x = models.ForeignKey('core.User', models.CASCADE)", None),
        ("x = models.CharField(help_text='名稱')", "'名稱' as help_text"),
        ("x = models.CharField(help_text='NT$ / kg')", None),
        ("raise Refused(f'no price for {name}')", "'no price for ' as Refused"),
        ("raise Refused(_('No price for %(name)s.') % {'name': name})", None),
        ("raise ValidationError('Too late' if late else _('Too early'))", "'Too late' as ValidationError"),
        ("messages.success(request, 'Saved')", "'Saved' as messages.success"),
        ("log.info(request, 'Saved')", None),
        ("self.message_user(request, '%d done' % n)", "'%d done' as message_user"),
        ("f.short_description = 'Amount'", "'Amount' as short_description"),
        ("@admin.display(description='Amount')\ndef f(): ...", "'Amount' as description"),
        ("class S(models.TextChoices):\n    A = 'a', 'Waiting'", "'Waiting' as the choice's label"),
        ("class S(models.TextChoices):\n    A = 'a', '20公斤'", None),
    ],
)
def test_words_typed_into_python_without_gettext(code, found):
    problems_found = list(in_python(code, "orders/x.py"))
    if found is None:
        assert problems_found == []
    else:
        (problem,) = problems_found
        assert problem.startswith("orders/x.py:")
        assert found.strip('"') in problem
        assert problem.endswith("is shown without gettext")


def test_the_apis_description_is_for_programmers():
    code = "x = CharField(help_text='customer code')\nraise Refused('too late')\n"
    assert list(in_python(code, "orders/api.py")) == [
        "orders/api.py:2: 'too late' as Refused is shown without gettext"
    ]
    assert len(list(in_python(code, "orders/rapids.py"))) == 2


def test_words_typed_into_a_template_are_named_with_their_line():
    source = (
        "{% load i18n %}{# a comment #}\n"
        '<p class="{% if late %}warning{% endif %}">{{ order.number }} NT$ 300 &nbsp; kg</p>\n'
        "<script>const words = 'not shown';</script>\n"
        '<button title="Save now">{% translate "Save" %}</button>\n'
        "{% blocktranslate %}shown through gettext{% endblocktranslate %}\n"
        '<p>\n  Confirm order</p><input type="submit" value="送出">\n'
    )
    assert list(in_template(source, "templates/x.html")) == [
        "templates/x.html:4: 'Save now' in 'Save now' is shown without {% translate %}",
        "templates/x.html:7: 'Confirm order' in 'Confirm order' is shown without {% translate %}",
        "templates/x.html:7: '送出' in '送出' is shown without {% translate %}",
    ]


def test_what_is_marked_as_not_to_be_translated_is_left_alone():
    source = '<div translate="no"><b>電子發票證明聯</b><br><p title="Proof">補印</div>\n<p>補印</p>\n'
    assert list(in_template(source, "templates/x.html")) == [
        "templates/x.html:2: '補印' in '補印' is shown without {% translate %}"
    ]


def test_words_typed_into_a_script():
    source = (
        "chip.textContent = 'Offline';\n"
        "chip.title = gettext('Offline');\n"
        "alert(`Sorry ${name}`);\n"
        "// 'の註解'\n"
        "const states = {late: '遲到', done: gettext('Done')};\n"
    )
    assert list(in_script(source, "static/x.js")) == [
        "static/x.js:1: 'Offline' is shown without gettext()",
        "static/x.js:3: 'Sorry ' is shown without gettext()",
        "static/x.js:5: '遲到' is shown without gettext()",
    ]
