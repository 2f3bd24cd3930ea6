"""Trains the GAN: one call turns a config into a workdir with the best weights and the sample grids."""

import dataclasses
from pathlib import Path

import numpy as np

from gan.categories import ONE_CLASS, labelled
from gan.config import FAST_WITHOUT_EYES, NO_EYES, PRESETS, GanConfig
from gan.eyes import given_arrays, keep_eyes
from gan.judge_config import OWN_JUDGE
from gan.metrics.judge_folder import judge_folder
from gan.metrics.training_metrics import Measures
from gan.training.trainable import GanTraining
from tf_dvbpr.compat import check_versions
from tf_dvbpr.dvbpr.config import NONE
from tf_dvbpr.model_names import GAN
from tf_dvbpr.training.loop import LoopConfig, run, steps_per_call
from tf_dvbpr.workdir import Workdir
from tfrecords.dataset import Dataset
from tfrecords.files.folder_lock import locked
from tfrecords.files.output_check import check_writable
from tfrecords.photo_store.store import PhotoStore
from tfrecords.progress_bar import write_line


def train(config: GanConfig, show_progress: bool = True) -> dict:
    """Trains the run in ``config.workdir``, or resumes it.

    Returns:
        The metrics of `loop.run`, and ``photos`` (number used), ``left_out`` (number of photos without a category)
        and ``categories`` (names of those that have photos).

    Raises:
        InputError: the data set or workdir does not fit the config, or the loss is not finite.
    """
    check_versions()
    dataset = Dataset.open(config.dataset)
    check_writable(config.workdir, folder=True)
    categories, names = labelled(dataset)
    count = int(np.count_nonzero(categories >= 0))
    eyes = given_arrays(config, names)
    facts = category_facts(dataset)
    with locked(Path(config.workdir), "training"):
        workdir = Workdir.create_or_resume(config, dataset, GAN, facts=facts)
        keep_eyes(config, eyes, workdir.path)
        if show_progress:
            for line in _remarks(config, dataset, count, facts["present"]):
                write_line(line)
        trainable = make_training(config, dataset, workdir, show_progress)
        loop = LoopConfig(
            total_steps=config.total_steps(count),
            eval_every=config.eval_every or config.steps_per_epoch(count),
            checkpoint_every=config.checkpoint_every,
            steps_per_call=steps_per_call(),
        )
        result = run(trainable, loop, workdir.path, None, show_progress)
    return {**result, "photos": count, "left_out": len(categories) - count, "categories": facts["present"]}


def category_facts(dataset: Dataset) -> dict[str, list[str]]:
    """Returns what config.json has about categories: all names, and the names with photos as ``present``."""
    categories, names = labelled(dataset)
    return {"categories": names, "present": [name for number, name in enumerate(names) if np.any(categories == number)]}


def make_training(config: GanConfig, dataset: Dataset, workdir: Workdir, show_progress: bool = True) -> GanTraining:
    """Makes what the loop trains: it reads the photos and, if there are metrics, makes the judge."""
    categories, names = labelled(dataset)
    photos = PhotoStore(dataset, config.image_size, config.photo_store, show_progress)
    measures = None
    if config.measure_samples and (len(workdir.config["present"]) > 1 or config.judge != OWN_JUDGE):
        measures = Measures(config, photos, categories, len(names), judge_folder(workdir), show_progress)
    return GanTraining(config, photos, categories, names, workdir, measures)


def _remarks(config: GanConfig, dataset: Dataset, labelled_photos: int, present: list[str]) -> list[str]:
    """Returns a line for each thing that this training has to do without."""
    absent = [name for name in dataset.category_names if name not in present]
    remarks = []
    if not dataset.category_names:
        remarks.append(f"no categories: all {dataset.num_items} photos are trained as one, '{ONE_CLASS}'")
    if labelled_photos < dataset.num_items:
        remarks.append(f"{dataset.num_items - labelled_photos} of {dataset.num_items} photos left out: no category")
    if absent:
        remarks.append(f"{', '.join(absent)} left out: no photos")
    if config.measure_samples and config.judge == OWN_JUDGE and len(present) == 1:
        remarks.append(
            "no figures, and the last weights are kept: a judge trained here (judge=own) needs more than one category"
        )
    return [f"{dataset.path}: {remark}" for remark in remarks]


def resolve(dataset: str, workdir: str, preset: str, given: dict[str, object]) -> GanConfig:
    """Makes the config of a preset (`gan.config.PRESETS`) whose settings the given ones override.

    ``none`` stands for "" in augment. With ``eyes=none``, ``fast`` has the settings of `gan.config.FAST_WITHOUT_EYES`.

    Args:
        dataset: folder of the data set.
        workdir: folder of the run.
        preset: a key of `gan.config.PRESETS`.
        given: the settings that the user gave, by name.

    Raises:
        InputError: a setting is out of its bounds, or two contradict each other.
    """
    if given.get("augment") == NONE:
        given = {**given, "augment": ""}
    settings = PRESETS[preset]
    if preset == "fast" and given.get("eyes") == NO_EYES:
        settings = {**settings, **FAST_WITHOUT_EYES}
    return dataclasses.replace(GanConfig(dataset=dataset, workdir=workdir, preset=preset), **{**settings, **given})
