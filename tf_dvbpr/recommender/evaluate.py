"""Computes the AUC of a recommender beside RAND, PopRank and, on synthetic data, the oracle."""

import dataclasses
from pathlib import Path

from tf_dvbpr.ranking import auc, sampled_auc
from tf_dvbpr.ranking.factors import Factors
from tf_dvbpr.ranking.held_out import SPLITS, groups_of
from tf_dvbpr.ranking.reference_rankings import popularity_ranking, random_ranking
from tf_dvbpr.recommender.config import EvaluateConfig
from tf_dvbpr.workdir import Workdir
from tfrecords.dataset import Dataset
from tfrecords.files.json_file import without_nan, write_json

ORACLE_FILE = "oracle.npz"


def evaluate(config: EvaluateConfig, progress: bool = True) -> dict:
    """Evaluates and writes the result.

    Returns:
        The content of the JSON file: ``data_set``, ``fingerprint``, ``users``, ``items``, ``model``, ``step``,
        ``protocol``, ``ties``, ``seed``, ``groups`` (the columns, `groups_of`) and ``rows``, one per ranking: its
        ``name``, and for ``validation`` and ``test`` the fields of `auc.AucReport`, with None for NaN.

    Raises:
        InputError: contradictory or missing input, factors of another data set, or factors that are not finite.
    """
    if config.workdir is not None:
        workdir = Workdir.open(config.workdir, config.dataset)
        factors, dataset = workdir.factors(), workdir.dataset()
        name = workdir.model_name
        output = workdir.path / "auc.json" if config.output is None else Path(config.output)
    else:
        dataset = Dataset.open(config.dataset)
        factors = Factors.load(config.factors).of_dataset(dataset, config.factors)
        name = Path(config.factors).stem
        output = None if config.output is None else Path(config.output)
    rankings = {"RAND": random_ranking(dataset, config.seed), "PopRank": popularity_ranking(dataset), name: factors}
    oracle = dataset.path / ORACLE_FILE
    if oracle.is_file():
        rankings["oracle"] = Factors.load(oracle).of_dataset(dataset, oracle)
    result = {
        "data_set": dataset.name,
        "fingerprint": dataset.fingerprint,
        "users": dataset.num_users,
        "items": dataset.num_items,
        "model": name,
        "step": factors.step,
        "protocol": config.protocol,
        "ties": config.ties,
        "seed": config.seed,
        "groups": list(groups_of(dataset)),
        "rows": [
            {"name": ranking, **{split: _figures(config, matrices, dataset, split, progress) for split in SPLITS}}
            for ranking, matrices in rankings.items()
        ],
    }
    if output is not None:
        output.parent.mkdir(parents=True, exist_ok=True)
        write_json(output, result)
    return result


def _figures(config: EvaluateConfig, factors: Factors, dataset: Dataset, split: str, progress: bool) -> dict:
    if config.protocol == "exact":
        report = auc.evaluate(factors, dataset, split, config.ties, progress)
    else:
        report = sampled_auc.evaluate(factors, dataset, split, config.seed, progress)
    figures = dataclasses.asdict(report)
    del figures["split"]
    return without_nan(figures)
