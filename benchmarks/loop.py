"""Compares the training loop's steps per second with those of the bare compiled step on one batch in memory."""

import statistics
from pathlib import Path

import tensorflow as tf

from benchmarks import shop
from benchmarks.turns import Turns, read
from tf_dvbpr.dvbpr.presets import resolve
from tf_dvbpr.dvbpr.training import DvbprTraining
from tf_dvbpr.training.loop import LoopConfig, run
from tf_dvbpr.workdir import Workdir
from tfrecords.photo_store.store import PhotoStore

ITEMS, USERS = 256, 256
# Small, to end in about a minute; with short steps the loop's own work shows more.
SMALL = {"image_size": 64, "batch_size": 32, "shared_negatives": 16}
ROUNDS, STEPS = 12, 4


def measure() -> list[dict]:
    """Measures one ratio of steps per second, without the time of validations and checkpoints."""
    with shop.new_shop(ITEMS, USERS) as folder:
        dataset = shop.build(folder)
        config = resolve(str(dataset.path), str(folder.parent / "run"), "fast", SMALL)
        workdir = Workdir.create_or_resume(config, dataset)
        photos = PhotoStore(dataset, config.image_size, "host", progress=False)
        timed = _Timed(config, dataset, photos, workdir)
        # A round: STEPS steps of the loop, as many timed ones, and as many bare ones. The first round warms up.
        loop = LoopConfig(total_steps=2 * STEPS * (ROUNDS + 1), eval_every=STEPS)
        run(timed, loop, Path(workdir.path), show_progress=False)
    # Each timed part of the loop is compared with the bare steps that run after it.
    pairs = list(zip(timed.seconds["loop"][1:], timed.seconds["bare"][1:], strict=True))
    size, count = config.image_size, config.photos_per_step
    return [
        {
            "what": f"training steps/s of the whole loop, {count} photos of {size} pixels",
            "against": "the bare compiled train step on one resident batch",
            "ratio": statistics.median(bare / loop for loop, bare in pairs),
            "aim": ">= 0.95",
            "steps_per_second": STEPS / statistics.median(loop for loop, _ in pairs),
            "against_steps_per_second": STEPS / statistics.median(bare for _, bare in pairs),
        }
    ]


class _Timed(Turns, DvbprTraining):
    """A training of DVBPR that alternates with its bare step."""

    def __init__(self, *args: object) -> None:
        super().__init__(*args)
        step, batch = tf.function(self.train_step), self._batch(tf.constant(0, tf.int64), tf.constant(0, tf.int64))
        self.take_turns(STEPS, bare=lambda: [read(step(batch)) for _ in range(STEPS)])

    def keep_best(self, step: int) -> None:
        """Saves nothing, so that saving takes no time."""
