from customers.kinds import (
    KIND_FACTS,
    KIND_OF_CLIENT_COLUMN,
    KIND_OF_HISTORY_COLUMN,
    KIND_OF_PLAN_COLUMN,
    CylinderKind,
)


def test_sixteen_kinds_have_facts_and_a_unique_catalogue_key():
    assert len(CylinderKind) == 16
    assert list(KIND_FACTS) == list(CylinderKind)
    assert len({(f.method, f.size_kg, f.attribute) for f in KIND_FACTS.values()}) == 16


def test_the_sku_says_the_same_as_the_facts():
    letters = {"regular": "R", "commercial": "CM", "haoyun": "H", "pingan": "P", "xingfu": "X"}
    for kind, facts in KIND_FACTS.items():
        method = "F" if facts.is_metered else "C"
        assert kind.value == f"GAS-{method}{facts.size_kg:02d}-{letters[facts.attribute]}"


def test_happiness_ball_weighs_four_kilograms_though_its_sku_says_none():
    assert KIND_FACTS[CylinderKind.XINGFU].net_kg == 4
    assert KIND_FACTS[CylinderKind.XINGFU].size_kg == 0


def test_only_the_small_ones_are_left_out_of_the_piece_count():
    assert {k for k, f in KIND_FACTS.items() if not f.counts_as_piece} == {
        CylinderKind.C04,
        CylinderKind.C10_PINGAN,
        CylinderKind.XINGFU,
    }


def test_every_workbook_column_finds_its_kind():
    assert KIND_OF_CLIENT_COLUMN["營20"] == CylinderKind.C20_COMMERCIAL
    assert KIND_OF_HISTORY_COLUMN["丙烷20"] == CylinderKind.C20_COMMERCIAL
    assert KIND_OF_HISTORY_COLUMN["幸福丸4"] == CylinderKind.XINGFU
    assert KIND_OF_PLAN_COLUMN["瓶安10"] == CylinderKind.C10_PINGAN
    assert len(KIND_OF_CLIENT_COLUMN) == len(KIND_OF_HISTORY_COLUMN) == 16
    assert len(KIND_OF_PLAN_COLUMN) == 7
