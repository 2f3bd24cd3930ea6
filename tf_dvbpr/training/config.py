"""Defines the settings that all trainings share."""

import dataclasses

from tfrecords.settings import above_zero, between, one_of, required, setting

PRECISIONS = ("float32", "mixed_bfloat16")
MOST_STEPS = 2**31 - 1


@dataclasses.dataclass(frozen=True)
class RunConfig:
    """The data set and the workdir of a training; each field's help describes it."""

    dataset: str = required("the dataset folder, written by tools.build_dataset")
    workdir: str = required("folder of the run: a new one, or one to resume")


@dataclasses.dataclass(frozen=True, kw_only=True)
class PhotoTrainingConfig(RunConfig):
    """The settings that trainings on photos share, DVBPR's and the GAN's; each field's help describes it."""

    adam_epsilon: float = setting(1e-8, "epsilon of Adam", above_zero())
    precision: str = setting("float32", "precision of the networks' arithmetic", one_of(*PRECISIONS))
    checkpoint_every: int = setting(
        0,
        "steps between further checkpoints, besides those at validations or sample grids; 0: no further ones",
        between(0, MOST_STEPS),
    )
    photo_store: str = setting(
        "auto",
        "where the photos are kept: decoded in host or device memory, or encoded; auto: host if they fit there, else "
        "encoded",
        one_of("auto", "host", "device", "encoded"),
    )
