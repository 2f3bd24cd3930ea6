"""A small classifier of the data set's own categories: checks whether an image shows its category."""

from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from gan.photo_sampler import PhotoDraw
from tf_dvbpr import stateless
from tf_dvbpr.compat import as_variable
from tf_dvbpr.training.checkpoint import Checkpoints
from tfrecords.photo_store.store import PhotoStore
from tfrecords.photos.decode import normalise
from tfrecords.progress_bar import progress_bar

FEATURES = 128
_CHANNELS = (32, 64, 128)
_STEPS, _BATCH, _RATE = 800, 64, 1e-3
_HELD_OUT = 0.1
_BLOCK = 256


class CategoryClassifier:
    """Three 3x3 convolutions of stride 2 with ReLU, a dense layer of 128 (its features), a softmax over categories.

    It is trained with Adam on nine tenths of the photos, mirrored at random, with categories drawn uniformly; the last
    tenth shows how reliable it is.

    Args:
        image_size: S.
        num_categories: C.
        seed: seed of weights and draws.
    """

    def __init__(self, image_size: int, num_categories: int, seed: int = 0) -> None:
        self.image_size, self.num_categories = image_size, num_categories
        self._seed = seed
        self.accuracy = float("nan")

        def start(number: int) -> dict:
            return {"kernel_initializer": keras.initializers.GlorotUniform(seed=seed * 8 + number)}

        self._layers = [
            keras.layers.Conv2D(channels, 3, 2, "same", activation="relu", **start(number))
            for number, channels in enumerate(_CHANNELS)
        ]
        self._layers += [
            keras.layers.Flatten(),
            keras.layers.Dense(FEATURES, activation="relu", **start(3)),
            keras.layers.Dense(num_categories, **start(4)),
        ]
        self._forward(tf.zeros([1, image_size, image_size, 3]))
        self._trained = [layer for layer in self._layers if layer.weights]
        self.classify = tf.function(
            self._classify, input_signature=[tf.TensorSpec([None, image_size, image_size, 3], tf.uint8)]
        )

    def _classify(self, photos: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        features, logits = self._forward(normalise(photos))
        return features, tf.nn.softmax(logits)

    def _forward(self, images: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        x = images
        for layer in self._layers[:-1]:
            x = layer(x)
        return x, self._layers[-1](x)

    def variables(self) -> dict[str, tf.Variable]:
        """Returns the weights by name."""
        return {
            f"layer{number}/{kind}": as_variable(getattr(layer, kind))
            for number, layer in enumerate(self._trained)
            for kind in ("kernel", "bias")
        }

    def train(self, photos: PhotoStore, categories: np.ndarray, progress: bool = True) -> None:
        """Trains the classifier and sets `accuracy`, that on the held-out tenth (mean over categories).

        Args:
            photos: all photos at S.
            categories: int [I], -1: left out.
            progress: show a bar.
        """
        shuffled = np.random.default_rng(self._seed).permutation(np.flatnonzero(categories >= 0))
        held = np.sort(shuffled[: max(1, round(_HELD_OUT * len(shuffled)))])
        trained_on = categories.copy()
        trained_on[held] = -1
        draw = PhotoDraw(trained_on, self.num_categories)
        adam = keras.optimizers.Adam(_RATE)
        trained = [weight for layer in self._trained for weight in layer.trainable_weights]
        adam.build(trained)

        def batch(step: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
            items, wanted = draw.draw(_BATCH, stateless.seed_of(self._seed, stateless.PHOTOS, step), balanced=True)
            seed = stateless.seed_of(self._seed, stateless.MIRRORING, step)
            mirrored = tf.random.stateless_uniform([_BATCH, 1, 1, 1], seed, alg="philox") < 0.5
            return photos.gather(items), wanted, mirrored

        @tf.function
        def step(pixels: tf.Tensor, wanted: tf.Tensor, mirrored: tf.Tensor) -> None:
            with tf.GradientTape() as tape:
                images = normalise(tf.where(mirrored, pixels[:, :, ::-1], pixels))
                _, logits = self._forward(images)
                losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=wanted, logits=logits)
                loss = tf.reduce_mean(losses)
            gradients = tape.gradient(loss, [as_variable(weight) for weight in trained])
            adam.apply_gradients(zip(gradients, trained, strict=True))

        batches = tf.data.Dataset.range(_STEPS).map(batch, num_parallel_calls=2, deterministic=True).prefetch(2)
        for drawn in progress_bar(
            batches, desc="training the category classifier", unit="step", total=_STEPS, disable=not progress
        ):
            step(*drawn)
        self.accuracy = self._accuracy_on(photos, held, categories)

    def _accuracy_on(self, photos: PhotoStore, items: np.ndarray, categories: np.ndarray) -> float:
        found = [
            np.argmax(self.classify(photos.gather(tf.constant(items[start : start + _BLOCK], tf.int64)))[1], 1)
            for start in range(0, len(items), _BLOCK)
        ]
        right = np.concatenate(found) == categories[items]
        return float(np.mean([right[categories[items] == one].mean() for one in np.unique(categories[items])]))


def trained_classifier(
    folder: Path,
    image_size: int,
    photos: Callable[[], PhotoStore],
    categories: np.ndarray,
    num_categories: int,
    seed: int = 0,
    progress: bool = True,
) -> CategoryClassifier:
    """Returns the classifier kept in `folder`; if there is none, trains it on the photos and keeps it."""
    classifier = CategoryClassifier(image_size, num_categories, seed)
    remedy = f"Move {folder} away: the same command makes it again"
    kept = Checkpoints(folder, classifier.variables(), keep=1, remedy=remedy)
    state = kept.restore()
    if state is None:
        classifier.train(photos(), categories, progress)
        kept.save(_STEPS, {"accuracy": classifier.accuracy})
    else:
        classifier.accuracy = state["accuracy"]
    return classifier
