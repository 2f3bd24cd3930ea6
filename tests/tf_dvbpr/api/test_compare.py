"""`tf_dvbpr.compare` from Python."""

import tf_dvbpr


def test_a_comparison_is_a_table_and_its_figures(planted_folder, tmp_path):
    found = tf_dvbpr.compare(planted_folder, tmp_path / "table", models=["rand", "poprank"], progress=False)
    assert list(found.test) == ["RAND", "PopRank"] and all(0 <= value <= 1 for value in found.test.values())
    assert {row["name"]: row["all"] for row in found.figures["rows"]} == found.test
    assert all(f"| {name} |" in repr(found) for name in found.test)
    assert {file.name for file in found.files} >= {"table3.md", "table3.json"}
