"""Compares the GAN's training step in the loop with the bare step and with five calls, and measures its drawing."""

import statistics
from collections.abc import Callable
from pathlib import Path

import numpy as np
import tensorflow as tf

from benchmarks import shop
from benchmarks.turns import Turns, read, seconds_of
from gan.config import GanConfig
from gan.latents import draw_latents
from gan.sampling.config import SampleConfig
from gan.sampling.samples import draw_samples
from gan.trained import TrainedGan
from gan.training.losses import generator_loss
from gan.training.train import resolve
from gan.training.trainable import GanTraining
from tf_dvbpr.model_names import GAN
from tf_dvbpr.training.loop import LoopConfig, run
from tf_dvbpr.workdir import Workdir
from tfrecords.photo_store.store import PhotoStore

ITEMS, USERS = 128, 64
# The number of the authors' data. Networks, batch and photos have the full size of the release.
CATEGORIES = tuple(f"category{number}" for number in range(6))
ROUNDS, STEPS = 9, 2
DRAW_ROUNDS, DRAWN, DRAW_BATCH = 7, CATEGORIES[:2], 64


def measure() -> list[dict]:
    """Measures ratios of time: loop to bare step, five calls to bare step, drawing to the bare generator."""
    with shop.new_shop(ITEMS, USERS) as folder:
        dataset = shop.build(folder)
        config = resolve(str(dataset.path), str(folder.parent / "run"), "release", {"measure_samples": 0})
        workdir = Workdir.create_or_resume(
            config, dataset, GAN, facts={"categories": CATEGORIES, "present": CATEGORIES}
        )
        photos = PhotoStore(dataset, config.image_size, "host", progress=False)
        timed = _Timed(config, photos, np.arange(dataset.num_items) % len(CATEGORIES), CATEGORIES, workdir)
        # A round: STEPS steps of the loop, as many timed ones, and as many of each rival. The first round warms up.
        loop = LoopConfig(total_steps=2 * STEPS * (ROUNDS + 1), eval_every=STEPS)
        run(timed, loop, Path(workdir.path), show_progress=False)
        return [*_steps(config, timed), _drawing(config, folder.parent / "samples")]


def _steps(config: GanConfig, timed: "_Timed") -> list[dict]:
    # Each timed part of the loop is compared with the rivals that run after it.
    loop, bare, calls = (timed.seconds[name][1:] for name in ("loop", "bare", "calls"))
    step, what = statistics.median(loop) / STEPS, f"{config.batch_size} photos of {config.image_size} pixels"
    return [
        {
            "what": f"time of the loop's step of both networks, {what}",
            "against": "that compiled step alone on one resident batch",
            "ratio": statistics.median(one / other for one, other in zip(loop, bare, strict=True)),
            "aim": "<= 1.05",
            "seconds": step,
            "against_seconds": statistics.median(bare) / STEPS,
        },
        {
            "what": f"time of five compiled calls a step, as the authors' loop makes them, {what}",
            "against": "the loop's step of both networks",
            "ratio": statistics.median(one / other for one, other in zip(calls, loop, strict=True)),
            "aim": ">= 1.4",
            "seconds": statistics.median(calls) / STEPS,
            "against_seconds": step,
        },
    ]


def _drawing(config: GanConfig, output: Path) -> dict:
    trained = TrainedGan.open(config.workdir)
    asked = SampleConfig(config.workdir, str(output), DRAWN, count=DRAW_BATCH, interpolations=0, neighbours=0)
    latents = draw_latents(tf.constant([0, 0]), DRAW_BATCH, config.latent_dim, config.latent_distribution)
    labels = trained.labels(np.zeros(DRAW_BATCH, np.int32))

    def bare() -> None:
        for _ in DRAWN:
            trained.generator.inference(latents, labels).numpy()

    drawing, generating = [], []
    for _ in range(DRAW_ROUNDS + 1):
        drawing.append(seconds_of(lambda: draw_samples(asked, progress=False, trained=trained)))
        generating.append(seconds_of(bare))
    pairs = list(zip(drawing[1:], generating[1:], strict=True))  # the first round compiles
    images = DRAW_BATCH * len(DRAWN)
    return {
        "what": f"time of drawing and writing {images} images of {config.image_size} pixels",
        "against": "the bare generator",
        "ratio": statistics.median(one / other for one, other in pairs),
        "aim": "<= 1.2",
        "images_per_second": images / statistics.median(one for one, _ in pairs),
        "against_images_per_second": images / statistics.median(other for _, other in pairs),
    }


class _Timed(Turns, GanTraining):
    """A training of the GAN that alternates with its bare step and with five calls instead of the step."""

    def __init__(self, *args: object) -> None:
        super().__init__(*args)
        self._batch_here = self._batch(tf.constant(0, tf.int64))
        both, five = tf.function(self.train_step), [tf.function(call) for call in self._calls()]
        self.take_turns(
            STEPS,
            bare=lambda: [read(both(self._batch_here)) for _ in range(STEPS)],
            calls=lambda: [read(call()) for _ in range(STEPS) for call in five],
        )

    def _calls(self) -> list[Callable[[], dict[str, tf.Tensor]]]:
        """Returns calls for both updates and three losses, each with its own passes, on one batch in memory."""
        config, step = self._config, self._batch_here["step"]
        reals = self._reals(self._batch_here)
        labels = tf.one_hot(self._batch_here["categories"], len(CATEGORIES))
        latents = draw_latents(tf.constant([0, 0]), config.batch_size, config.latent_dim, config.latent_distribution)

        def score(images: tf.Tensor) -> tf.Tensor:
            return self.discriminator(images, labels, training=True, move=False)

        def update_discriminator() -> dict[str, tf.Tensor]:
            return self.discriminator_step(reals, self.generator(latents, labels, training=True), labels, step)

        def update_generator() -> dict[str, tf.Tensor]:
            with tf.GradientTape() as tape:
                fakes = self.generator(latents, labels, training=True)
            return self.generator_step(tape, fakes, labels, step)

        def loss_on_fakes() -> dict[str, tf.Tensor]:
            return {"fake": tf.reduce_mean(tf.square(score(self.generator(latents, labels, training=True))))}

        def loss_on_reals() -> dict[str, tf.Tensor]:
            return {"real": tf.reduce_mean(tf.square(score(reals) - 1.0))}

        def loss_of_generator() -> dict[str, tf.Tensor]:
            return {"generator": generator_loss(score(self.generator(latents, labels, training=True)))}

        return [update_discriminator, update_generator, loss_on_fakes, loss_on_reals, loss_of_generator]
