import json

from billing.tests.messages import F0401
from tests.compare.__main__ import main


def test_without_reference_data_it_says_so(tmp_path, capsys):
    assert main([str(tmp_path)]) == 2
    assert "No reference data was found: nothing has been compared." in capsys.readouterr().out
    assert main([]) == 2


def test_agreement_and_differences(tmp_path, capsys):
    samples = tmp_path / "data/mig/samples"
    (samples / "valid").mkdir(parents=True)
    (samples / "invalid").mkdir()
    (samples / "valid/one.xml").write_text(F0401, encoding="utf-8")
    (samples / "invalid/two.xml").write_text(F0401.replace("QA2", "qa2"), encoding="utf-8")
    numbers = [{"ubn": "22099131"}]
    vectors = {"ubn": {"valid": numbers}, "donation_code": {"invalid": ["12"]}}
    (tmp_path / "data/einvoice_vectors.json").write_text(json.dumps(vectors), encoding="utf-8")
    assert main([str(tmp_path)]) == 0
    assert "data/mig/samples: 2 held, 0 differ" in capsys.readouterr().out

    (samples / "invalid/three.xml").write_text(F0401, encoding="utf-8")
    numbers.append({"ubn": "12345678"})
    (tmp_path / "data/einvoice_vectors.json").write_text(json.dumps(vectors), encoding="utf-8")
    assert main([str(tmp_path)]) == 1
    said = capsys.readouterr().out
    assert "DIFFERS invalid/three.xml: accepted" in said
    assert "DIFFERS ubn 12345678: False" in said
