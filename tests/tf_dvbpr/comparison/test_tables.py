"""What is printed of a comparison: a win only where it holds."""

import csv
import io
import math

from tf_dvbpr.comparison import tables


def pair(name, rival, winner=None, difference=0.01):
    figures = {"difference": difference, "se": 0.002, "low": 0.006, "high": 0.014, "p": 0.00001, "p_holm": 0.03}
    return {"name": name, "rival": rival, "users": 40, **figures, "winner": winner}


def row(name, auc, cold):
    figures = {f"{group}{ending}": 0.01 for group in ("all", "warm", "cold") for ending in ("_se", "_users")}
    other = {"seconds": 1.0, "parameters": 5, "cells": 1, "settings": {}, "published": None, "new_users": 3}
    return {"name": name, "model": name, "validation": auc, "all": auc, "warm": auc, "cold": cold, **figures, **other}


RESULT = {
    "data_set": {"name": "shop", "users": 40, "items": 9, "interactions": 99, "categories": 2},
    "seeds": 1,
    "published": None,
    "groups": ["all", "warm", "cold"],
    "rows": [row("A", 0.7, 0.5), row("B_2", 0.69, math.nan), row("C", 0.6, 0.51)],
    "differences": [],
    "pairs": {
        "all": [pair("A", "B_2"), pair("A", "C", "A"), pair("B_2", "C", "B_2")],
        "warm": [pair("A", "B_2"), pair("A", "C"), pair("B_2", "C")],
        "cold": [pair("A", "B_2"), pair("A", "C", "C", -0.01), pair("B_2", "C")],
    },
}


def test_wins_are_told_and_nothing_else():
    assert tables.win_lines(RESULT) == [
        "all: A over C",
        "all: B_2 over C",
        "warm: none over any other",
        "cold: C over A",
    ]
    assert tables.win_lines({"rows": RESULT["rows"]}) == []


def test_bold_are_the_best_and_those_it_does_not_win_over():
    assert [tables.leaders(RESULT, group) for group in ("all", "warm", "cold")] == [[0, 1], [0, 1, 2], [2]]
    earlier = {name: value for name, value in RESULT.items() if name not in ("pairs", "groups")}
    assert [tables.leaders(earlier, group) for group in tables.groups(earlier)] == [[0], [2]]
    lines = tables.latex(RESULT).splitlines()
    assert lines[2] == r" & All & Warm & Cold \\"
    assert [line.count(r"\textbf") for line in lines[4:7]] == [2, 2, 2]
    assert lines[5].startswith(r"B\_2 & \textbf{.6900")


def test_every_pair_in_markdown_and_with_all_digits_in_csv():
    text = tables.markdown(RESULT)
    assert "| A - C | +.0100 +- .0020 | +.0060 to +.0140 | <.0001 | .0300 | A |" in text
    assert text.count("Pairs, test ") == 3 and "Pairs, test cold, 40 users:" in text
    assert "| A - B_2 | +.0100 +- .0020 | +.0060 to +.0140 | <.0001 | .0300 | - |" in text
    assert "3 users of the test without a purchase in training are in no figure." in text
    rows = list(csv.DictReader(io.StringIO(tables.pairs_comma_separated(RESULT))))
    assert len(rows) == 9 and rows[1] | {"group": "all", "winner": "A", "p": "1e-05"} == rows[1]
    assert rows[0]["winner"] == ""


def test_pairs_without_figures():
    nothing = pair("A", "B", difference=math.nan) | dict.fromkeys(("se", "low", "high", "p", "p_holm"), math.nan)
    assert tables.pair_table([nothing])[1] == [["A - B", "- +- -", "- to -", "-", "-", "-"]]


def test_a_lead_without_figures_is_a_dash():
    lead = {"name": "DVBPR", "rival": "A"}
    for group, of in (("all", (0.01, 0.002, 1.5)), ("warm", (0.01, 0.002, math.nan)), ("cold", (math.nan,) * 3)):
        lead |= dict(zip((group, f"{group}_se", f"{group}_percent"), of, strict=True))
    (line,) = tables.difference_lines({**RESULT, "differences": [lead]})
    assert line == "DVBPR - A: all +0.0100 +- .0020 (+1.5 %), warm +0.0100 +- .0020 (-), cold -"
