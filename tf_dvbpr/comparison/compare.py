"""Runs the comparison: evaluates every cell on validation, and the best of each row once on test."""

import dataclasses
import math
from collections.abc import Sequence

import numpy as np

from tf_dvbpr.baselines.config import VISUAL
from tf_dvbpr.comparison.config import CompareConfig
from tf_dvbpr.comparison.paired_statistics import paired_statistics
from tf_dvbpr.comparison.published import published
from tf_dvbpr.comparison.ranking_metrics import ranking_metrics
from tf_dvbpr.comparison.rows import Row, check_output, format_settings, rows_of, settings_of
from tf_dvbpr.comparison.runs import Cell, check_alike, run_cell
from tf_dvbpr.ranking import auc
from tf_dvbpr.ranking.held_out import HeldOut, groups_of, held_out
from tfrecords.dataset import Dataset
from tfrecords.features.store import load_features
from tfrecords.progress_bar import ProgressBar, progress_bar

_KS = (10, 50)
_UNSEEDED = ("poprank", "visrank")


def compare(config: CompareConfig, progress: bool = True) -> dict:
    """Trains the cells that are not trained yet, tunes and tests the rows, and returns the table.

    Every row is tuned with seed 0 by its validation AUC over all users; the chosen settings are then trained with the
    other seeds. Test items are used only after the choice, and only for the chosen cells. `tables.write` writes the
    files.

    Args:
        config: the settings.
        progress: whether to show progress bars.

    Returns:
        A dict of

        * ``data_set``: name, fingerprint, users, items, interactions, categories;
        * ``grid`` and ``seeds``;
        * ``published``: the paper's name of the data set, or None;
        * ``groups``: of held-out items, see `groups_of`;
        * ``rows``, each with ``name``, ``model``, ``settings``, ``cells`` (number tried), ``parameters``, ``seconds``
          (of one training), ``validation``, the metrics of `auc.AucReport` on test for the mean over seeds of each
          user's AUC, ``all_spread`` and so on for each group (sample standard deviation over seeds, None for one
          seed), ``recall@k``, ``ndcg@k``, and ``published`` (all, cold) or None;
        * ``differences``: DVBPR minus BPR-MF, and DVBPR minus the best other row, paired over users;
        * ``pairs``: for each group, the result of `paired_statistics.paired_statistics` for all pairs of rows.

    Raises:
        InputError: a name or flag is wrong, features or a given run cannot be used, or the output folder has other
            files.
    """
    dataset = Dataset.open(config.dataset)
    check_output(config, dataset)
    rows = rows_of(config, dataset)
    # Features and given runs are checked before hours of tuning.
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
    held, own_indptr = held_out(dataset, "test"), dataset.own_items()[0]
    values = {row: [auc.evaluate_purchases(cell.factors(), dataset, held) for cell in runs[row]] for row in rows}
    means = {row: np.mean(of, axis=0) for row, of in values.items()}
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
        "groups": list(groups_of(dataset)),
        "rows": [
            _row(row, runs[row], len(tried[row]), values[row], held, own_indptr, dataset.num_items)
            | {"published": known[1].get(row.model) if known else None}
            for row in rows
        ],
        "differences": _differences(means, held),
        "pairs": {
            group: paired_statistics({row.name: held.per_user(of, group) for row, of in means.items()})
            for group in groups_of(dataset)
        },
    }


def choose(cells: Sequence[Cell]) -> Cell:
    """Returns the cell with the best validation AUC, the first of equal ones; NaN loses to any number."""
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
    row: Row,
    runs: list[Cell],
    tried: int,
    values: list[np.ndarray],
    held: HeldOut,
    own_indptr: np.ndarray,
    num_items: int,
) -> dict:
    each = [auc.summarise(one, held) for one in values]
    metrics = [ranking_metrics(one, held, own_indptr, num_items, _KS) for one in values]
    return {
        "name": row.name,
        "model": row.model,
        "settings": runs[0].settings,
        "cells": tried,
        "workdirs": [cell.workdir for cell in runs],
        "parameters": runs[0].parameters,
        "seconds": runs[0].seconds,
        "validation": float(np.mean([cell.validation for cell in runs])),
        **dataclasses.asdict(auc.summarise(np.mean(values, axis=0), held)),
        **{f"{group}_spread": _spread([getattr(report, group) for report in each]) for group in held.groups},
        **{name: float(np.mean([one[name] for one in metrics])) for name in metrics[0]},
    }


def _spread(values: list[float]) -> float | None:
    return float(np.std(values, ddof=1)) if len(values) > 1 else None


def _differences(means: dict[Row, np.ndarray], held: HeldOut) -> list[dict]:
    """Returns DVBPR minus BPR-MF, and the best other row, on test: the last columns of the paper's table."""
    ours = next((row for row in means if row.model == "dvbpr"), None)
    # A row with its own features may know what no photo shows, so it is an upper bound and no rival.
    others = [row for row in means if row.model != "dvbpr" and not row.marked]
    if ours is None or not others:
        return []
    second = max(others, key=lambda row: auc.summarise(means[row], held).all)
    rivals = [row for row in others if row.model == "bpr_mf" and row != second] + [second]
    return [_difference(ours, rival, means, held) for rival in rivals]


def _difference(ours: Row, rival: Row, means: dict[Row, np.ndarray], held: HeldOut) -> dict:
    paired, base = (auc.summarise(of, held) for of in (means[ours] - means[rival], means[rival]))
    figures = {"name": ours.name, "rival": rival.name}
    for group in held.groups:
        ahead, of_rival = getattr(paired, group), getattr(base, group)
        figures |= {group: ahead, f"{group}_se": getattr(paired, f"{group}_se")}
        figures[f"{group}_percent"] = 100 * ahead / of_rival if of_rival else math.nan
    return figures
