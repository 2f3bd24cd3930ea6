"""When a benchmark counts as worse than that of another commit."""

import pytest

from benchmarks import regression
from tests.support.tool import call


def rows(what, figures, aim="<= 1"):
    return [{"what": what, "ratio": figure, "aim": aim} for figure in figures]


@pytest.mark.parametrize(
    ("base", "here", "aim", "verdict"),
    [
        ([1.0, 1.2, 1.1], [1.3, 1.25, 1.4], "<= 1", "worse"),
        ([1.0, 1.2, 1.1], [1.3, 1.15, 1.4], "<= 1", "same"),
        ([1.0, 1.2, 1.1], [0.8, 0.9, 0.7], "<= 1", "better"),
        ([1.0, 1.2, 1.1], [0.8, 0.9, 0.7], ">= 1", "worse"),
        ([1.0, 1.2, 1.1], [1.3, 1.25, 1.4], ">= 1", "better"),
        ([1.0, 1.0], [1.0, 1.0], "<= 1", "same"),
    ],
)
def test_only_ranges_that_do_not_meet_are_a_difference(base, here, aim, verdict):
    row = regression.compare(rows("a", base, aim), rows("a", here, aim))[0]
    assert row["verdict"] == verdict


def test_the_ratio_is_of_the_medians_and_rows_of_one_side_are_left_out():
    found = regression.compare(rows("a", [2, 4, 100]) + rows("old", [1]), rows("a", [8, 2, 9]) + rows("new", [1]))
    assert [(row["what"], row["ratio"]) for row in found] == [("a", 2.0)]


def test_a_row_that_got_worse_is_named_and_the_status_is_not_0(capsys, monkeypatch):
    monkeypatch.setattr(regression, "_git", lambda *arguments, named=None: "1234567")
    measured = rows("steps", [1.0, 1.1]) + rows("AUC", [1.0, 1.1]), rows("steps", [1.0, 1.1]) + rows("AUC", [1.2, 1.3])
    monkeypatch.setattr(regression, "_measure", lambda *arguments: measured)
    status, out, err = call(capsys, regression.cli, "--base=main")
    assert status != 0 and "1 of 2 rows got worse than main: AUC" in err
    assert "1.25 (1.2 to 1.3)" in out


def test_an_unknown_commit_is_refused(capsys):
    status, _, err = call(capsys, regression.cli, "--base=no-such-commit-there")
    assert status != 0 and "--base=no-such-commit-there: no such commit" in err
