"""Trains DVBPR: one call turns a config into a workdir with the best weights and factors."""

import contextlib
from pathlib import Path

from tf_dvbpr.compat import check_backbone_strategy, check_versions, lazy_adam_class
from tf_dvbpr.dvbpr.activations import Activations
from tf_dvbpr.dvbpr.config import KEPT_PRESET, TrainConfig
from tf_dvbpr.dvbpr.model import DVBPR
from tf_dvbpr.dvbpr.training import DvbprTraining
from tf_dvbpr.networks.imagenet_networks import CNNF, is_folder
from tf_dvbpr.networks.preset_folder import keep_preset
from tf_dvbpr.training.loop import LoopConfig, run, steps_per_call
from tf_dvbpr.training.strategy import is_chief, make_strategy
from tf_dvbpr.workdir import Workdir
from tfrecords.dataset import Dataset
from tfrecords.files.folder_lock import locked
from tfrecords.files.output_check import check_writable
from tfrecords.photo_store.store import PhotoStore


def train(config: TrainConfig, show_progress: bool = True) -> dict:
    """Trains the run in ``config.workdir``, or resumes it.

    Returns:
        The metrics of `loop.run`, and the data set's numbers of ``users``, ``items`` and ``purchases`` (of training).

    Raises:
        InputError: the data set or workdir does not fit the config, or the loss is not finite.
    """
    check_versions()
    if config.optimizer == "lazy_adam":
        lazy_adam_class()  # A missing package is reported before the photos are read.
    if config.backbone != CNNF:
        check_backbone_strategy(config.backbone, config.strategy)
    strategy = make_strategy(config.strategy)
    dataset = Dataset.open(config.dataset)
    purchases = len(dataset.train_items)
    check_writable(config.workdir, folder=True)
    chief = is_chief(strategy)
    with locked(Path(config.workdir), "training") if chief else contextlib.nullcontext():
        workdir = Workdir.create_or_resume(config, dataset, write=chief)
        shown = show_progress and chief
        with strategy.scope():
            # A resumed run takes all weights from its checkpoint.
            sizes = dataset.num_users, dataset.num_items
            model = DVBPR.from_config(config, *sizes, pretrained=not workdir.has_checkpoint())
        if is_folder(config.backbone) and chief:
            keep_preset(config.backbone, workdir.path / KEPT_PRESET)
        if config.freeze_through:
            photos = Activations(dataset, model.network, config, shown)
        else:
            photos = PhotoStore(dataset, config.image_size, config.photo_store, shown)
        with strategy.scope():
            trainable = DvbprTraining(
                config,
                dataset,
                photos,
                workdir,
                strategy.num_replicas_in_sync,
                progress=shown and config.backbone != CNNF,  # CNN-F is fast.
                model=model,
            )
        loop = LoopConfig(
            total_steps=config.total_steps(purchases),
            eval_every=config.eval_every or config.steps_per_epoch(purchases),
            checkpoint_every=config.checkpoint_every,
            patience=config.patience,
            steps_per_call=steps_per_call(),
        )
        result = run(trainable, loop, workdir.path, strategy, show_progress)
    return {**result, "purchases": purchases, "users": dataset.num_users, "items": dataset.num_items}
