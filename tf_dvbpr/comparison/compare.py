"""Runs the comparison: every cell on validation, the best of each row once on test."""

import dataclasses
import math
from collections.abc import Sequence

import numpy as np

from tf_dvbpr.baselines.config import VISUAL
from tf_dvbpr.comparison.config import CompareConfig
from tf_dvbpr.comparison.published import published
from tf_dvbpr.comparison.ranking_metrics import ranking_metrics
from tf_dvbpr.comparison.rows import Row, check_output, rows_of, settings_of
from tf_dvbpr.comparison.runs import Cell, check_alike, format_settings, run_cell
from tf_dvbpr.ranking import auc
from tfrecords.dataset import Dataset
from tfrecords.features.store import load_features
from tfrecords.progress_bar import ProgressBar, progress_bar

_KS = (10, 50)
_UNSEEDED = ("poprank", "visrank")


def compare(config: CompareConfig, progress: bool = True) -> dict:
    """Trains what is not trained yet, chooses, tests and returns the table; `report.write` puts it on the disk.

    Every row is tuned with seed 0 by its validation AUC over all users; the settings chosen are then trained with the
    other seeds too. Test items are looked at once the choice is made, and only for what was chosen.

    Returns:
        ``data_set`` (name, fingerprint, users, items, interactions, categories), ``grid``, ``seeds``, ``published``
        (the paper's name of the data set or None), ``rows`` and ``differences``. A row holds ``name``, ``model``,
        ``settings``, ``cells`` (tried), ``parameters``, ``seconds`` (of one training), ``validation``, the figures of
        `auc.AucReport` on test of the mean over seeds of each user's AUC, ``all_spread`` and ``cold_spread`` (sample
        standard deviation over seeds, None for one), ``recall@k``, ``ndcg@k``, and ``published`` (all, cold) or None.
        A difference compares the best row but DVBPR with DVBPR, and BPR-MF with it, paired over users.

    Raises:
        InputError: bad names or flags, features or a given run that cannot be used, a folder of something else.
    """
    dataset = Dataset.open(config.dataset)
    check_output(config, dataset)
    rows = rows_of(config, dataset)
    # What is given is looked at before hours of tuning, not after.
    for features in {row.features for row in rows if row.model in VISUAL}:
        load_features(dataset, features)
    for seed in range(len(config.dvbpr_workdir)):
        run_cell(config, dataset, Row("dvbpr"), {}, seed)
    check_alike(config.dvbpr_workdir)
    plan = [(row, settings) for row in rows for settings in settings_of(row, config.grid)]
    tried: dict[Row, list[Cell]] = {row: [] for row in rows}
    with progress_bar(total=len(plan), desc="tuning", unit="run", disable=not progress) as bar:
        for row, settings in plan:
            tried[row].append(_run(config, dataset, row, settings, 0, bar))
    chosen = {row: choose(cells) for row, cells in tried.items()}
    seeds = {row: _seeds(row, config) for row in rows}
    repeats = [(row, seed) for row in rows for seed in range(1, seeds[row])]
    runs = {row: [cell] for row, cell in chosen.items()}
    if repeats:
        with progress_bar(total=len(repeats), desc="other seeds", unit="run", disable=not progress) as bar:
            for row, seed in repeats:
                runs[row].append(_run(config, dataset, row, chosen[row].settings, seed, bar))
    known = published(dataset.num_users, dataset.num_items)
    values = {row: [auc.evaluate_users(cell.factors(), dataset, "test") for cell in runs[row]] for row in rows}
    counts = dataset.meta["counts"]
    return {
        "data_set": {
            "name": dataset.name,
            "fingerprint": dataset.fingerprint,
            **{name: counts[name] for name in ("users", "items", "interactions", "categories")},
        },
        "grid": config.grid,
        "seeds": config.seeds,
        "published": known[0] if known else None,
        "rows": [
            _row(row, runs[row], len(tried[row]), values[row], dataset, known[1].get(row.model) if known else None)
            for row in rows
        ],
        "differences": _differences(values, dataset),
    }


def choose(cells: Sequence[Cell]) -> Cell:
    """The cell with the best validation AUC, the first of equals; one without any (NaN) loses to all."""
    return max(cells, key=lambda cell: -math.inf if math.isnan(cell.validation) else cell.validation)


def _seeds(row: Row, config: CompareConfig) -> int:
    if row.model in _UNSEEDED:
        return 1
    given = len(config.dvbpr_workdir) if row.model == "dvbpr" else 0
    return given or config.seeds


def _run(config: CompareConfig, dataset: Dataset, row: Row, settings: dict, seed: int, bar: ProgressBar) -> Cell:
    shown = " ".join([row.name, *format_settings(settings), f"seed={seed}"])
    bar.set_postfix_str(shown)
    cell, new = run_cell(config, dataset, row, settings, seed)
    if not bar.disable:
        bar.write(f"{shown}: validation {cell.validation:.4f}, " + (f"{cell.seconds:.1f} s" if new else "done before"))
    bar.update()
    return cell


def _row(
    row: Row, runs: list[Cell], tried: int, values: list[np.ndarray], dataset: Dataset, paper: tuple | None
) -> dict:
    targets = auc.held_out(dataset, "test")

    def summarise(of: np.ndarray) -> auc.AucReport:
        return auc.summarise(of, targets, dataset.item_counts, "test")

    each = [summarise(one) for one in values]
    metrics = [ranking_metrics(one, targets, dataset.own_items()[0], dataset.num_items, _KS) for one in values]
    return {
        "name": row.name,
        "model": row.model,
        "settings": runs[0].settings,
        "cells": tried,
        "workdirs": [cell.workdir for cell in runs],
        "parameters": runs[0].parameters,
        "seconds": runs[0].seconds,
        "validation": float(np.mean([cell.validation for cell in runs])),
        **dataclasses.asdict(summarise(np.mean(values, axis=0))),
        "all_spread": _spread([report.all for report in each]),
        "cold_spread": _spread([report.cold for report in each]),
        **{name: float(np.mean([one[name] for one in metrics])) for name in metrics[0]},
        "published": paper,
    }


def _spread(values: list[float]) -> float | None:
    return float(np.std(values, ddof=1)) if len(values) > 1 else None


def _differences(values: dict[Row, list[np.ndarray]], dataset: Dataset) -> list[dict]:
    """DVBPR less BPR-MF and less the best other row on test, as the last columns of the paper's table."""
    means = {row: np.mean(of, axis=0) for row, of in values.items()}
    ours = next((row for row in means if row.model == "dvbpr"), None)
    # A row on other features than the rest may see what no photo shows: it is a ceiling, not a rival.
    others = [row for row in means if row.model != "dvbpr" and not row.marked]
    if ours is None or not others:
        return []
    second = max(others, key=lambda row: np.nanmean(means[row]))
    rivals = [row for row in others if row.model == "bpr_mf" and row != second] + [second]
    return [_difference(ours, rival, means, dataset) for rival in rivals]


def _difference(ours: Row, rival: Row, means: dict[Row, np.ndarray], dataset: Dataset) -> dict:
    targets = auc.held_out(dataset, "test")
    paired = auc.summarise(means[ours] - means[rival], targets, dataset.item_counts, "test")
    base = auc.summarise(means[rival], targets, dataset.item_counts, "test")
    return {
        "name": ours.name,
        "rival": rival.name,
        "all": paired.all,
        "all_se": paired.all_se,
        "all_percent": 100 * paired.all / base.all,
        "cold": paired.cold,
        "cold_se": paired.cold_se,
        "cold_percent": 100 * paired.cold / base.cold,
    }
