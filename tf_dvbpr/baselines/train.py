"""Trains or computes a baseline: one call turns a config into a workdir with its factors."""

from pathlib import Path

import numpy as np

from tf_dvbpr.baselines.amr import AMR
from tf_dvbpr.baselines.config import TRAINED, VISUAL, BaselineConfig
from tf_dvbpr.baselines.deepstyle import DeepStyle
from tf_dvbpr.baselines.factor_model import FactorModel
from tf_dvbpr.baselines.feature_table import FeatureTable
from tf_dvbpr.baselines.fm import FM
from tf_dvbpr.baselines.matrix_factorisation import MatrixFactorisation
from tf_dvbpr.baselines.training import BaselineTraining
from tf_dvbpr.baselines.vbpr import VBPR
from tf_dvbpr.baselines.visrank import visrank
from tf_dvbpr.compat import check_versions
from tf_dvbpr.ranking import auc
from tf_dvbpr.ranking.factors import Factors
from tf_dvbpr.ranking.reference_rankings import popularity_ranking, random_ranking
from tf_dvbpr.training.loop import LoopConfig, run
from tf_dvbpr.workdir import Workdir
from tfrecords.dataset import Dataset
from tfrecords.features.store import load_features
from tfrecords.files.folder_lock import locked
from tfrecords.files.output_check import check_writable


def train(config: BaselineConfig, show_progress: bool = True) -> dict:
    """Trains the baseline in ``config.workdir``, or resumes it; models without training are computed at once.

    Returns:
        The metrics of `loop.run`.

    Raises:
        InputError: the data set, features or workdir do not fit the config, or the loss is not finite.
    """
    check_versions()
    dataset = Dataset.open(config.dataset)
    features = load_features(dataset, config.features)[1] if config.model in VISUAL else None
    check_writable(config.workdir, folder=True)
    with locked(Path(config.workdir), "training"):
        workdir = Workdir.create_or_resume(config, dataset, config.model)
        if config.model not in TRAINED:
            return _compute(config, dataset, features, workdir)
        model = build(config, dataset, features)
        trainable = BaselineTraining(config, model, dataset, workdir)
        epoch = config.steps_per_epoch(len(dataset.train_items))
        loop = LoopConfig(
            total_steps=config.epochs * epoch,
            eval_every=config.eval_every * epoch,
            patience=config.patience,
            steps_per_call=epoch,
        )
        return run(trainable, loop, workdir.path, show_progress=show_progress)


def build(config: BaselineConfig, dataset: Dataset, features: np.ndarray | None) -> FactorModel:
    """Builds the untrained model of a baseline in `TRAINED`.

    Args:
        config: the settings.
        dataset: the data set.
        features: float32 [I, F], for a model in `VISUAL`; None for the others.
    """
    if config.model in VISUAL:
        table = FeatureTable(features, config.feature_scaling or "length")
        sizes = dataset.num_users, table, config.dim, config.seed
        if config.model == "deepstyle":
            return DeepStyle(*sizes, dataset.item_categories)
        if config.model == "amr":
            return AMR(*sizes, config.adversarial_weight, config.adversarial_epsilon)
        return (FM if config.model == "fm" else VBPR)(*sizes)
    return MatrixFactorisation(dataset.num_users, dataset.num_items, config.dim, config.seed)


def _compute(config: BaselineConfig, dataset: Dataset, features: np.ndarray | None, workdir: Workdir) -> dict:
    factors = _ranking(config, dataset, features)
    report = auc.evaluate(factors, dataset, "validation")
    factors.save(workdir.path / "factors.npz")
    return {"step": 0, "best_score": report.all, "best_step": 0, "seconds": 0.0}


def _ranking(config: BaselineConfig, dataset: Dataset, features: np.ndarray | None) -> Factors:
    if config.model == "visrank":
        return visrank(dataset, features, config.distance)
    return random_ranking(dataset, config.seed) if config.model == "rand" else popularity_ranking(dataset)
