"""The settings that the trainings share."""

import dataclasses

from tfrecords.settings import above_zero, between, one_of, required, setting

PRECISIONS = ("float32", "mixed_bfloat16")
MOST_STEPS = 2**31 - 1


@dataclasses.dataclass(frozen=True)
class RunConfig:
    """What every training is given: what to train on, and where to; each field's help says what it is."""

    dataset: str = required("folder that tools.build_dataset left")
    workdir: str = required("folder of this run: new, or to go on with")


@dataclasses.dataclass(frozen=True, kw_only=True)
class PhotoTrainingConfig(RunConfig):
    """The settings of a training of networks on photos, DVBPR's or the GAN's."""

    adam_epsilon: float = setting(1e-8, "of Adam", above_zero())
    precision: str = setting("float32", "of the networks' arithmetic", one_of(*PRECISIONS))
    checkpoint_every: int = setting(
        0,
        "steps between checkpoints besides those at validations or sample grids; 0: none",
        between(0, MOST_STEPS),
    )
    photo_store: str = setting(
        "auto",
        "where the photos are kept: decoded on the host or device, or encoded",
        one_of("auto", "host", "device", "encoded"),
    )
