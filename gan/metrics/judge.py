"""The network that judges images: returns its features and class probabilities of them in one pass."""

import dataclasses
import functools
from collections.abc import Callable
from pathlib import Path

import numpy as np
import tensorflow as tf

from tf_dvbpr.networks.engine import choose_engine
from tf_dvbpr.networks.engine_names import TENSORFLOW
from tf_dvbpr.networks.pretrained import load_pretrained
from tfrecords.errors import renamed
from tfrecords.progress_bar import progress_bar

Classify = Callable[[tf.Tensor], tuple[tf.Tensor, tf.Tensor]]


@dataclasses.dataclass(frozen=True)
class Judge:
    """A classifier with its input size.

    Attributes:
        name: the network's name, for `gan.metrics.inception_score.score_name`.
        image_size: S.
        classify: uint8 [B, S, S, 3], RGB, to (features float32 [B, F], probabilities float32 [B, C]).
        in_graph: whether `classify` may be part of a TensorFlow graph, as OpenVINO may not.
    """

    name: str
    image_size: int
    classify: Classify
    in_graph: bool = True

    @classmethod
    def load(cls, network: str, weights: Path | None = None, batch_norm_epsilon: float | None = None) -> "Judge":
        """Loads one of `imagenet_networks.NETWORKS`; arguments and InputError as in `load_pretrained`.

        OpenVINO runs it where it is installed and there is no GPU; its outputs differ from TensorFlow's by rounding.

        The errors name the settings of a training and an evaluation: ``judge``, ``judge_weights`` and so on.
        """
        with renamed(network="judge", weights="judge_weights", batch_norm_epsilon="judge_batch_norm_epsilon"):
            pretrained = load_pretrained(network, weights, batch_norm_epsilon)
        engine, classify = choose_engine(), pretrained.classify
        if engine.name == TENSORFLOW:
            return cls(network, pretrained.image_size, classify)
        run = engine.compile(classify)

        def classify_by_openvino(photos: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            features, probabilities = run(photos.numpy())
            return tf.constant(features), tf.constant(probabilities)

        return cls(network, pretrained.image_size, classify_by_openvino, in_graph=False)

    @functools.cached_property
    def look(self) -> Classify:
        """Applies `classify` after `resize` to uint8 [B, s, s, 3] of any s; traced once for each B and s."""
        if not self.in_graph:
            resized = tf.function(lambda photos: resize(photos, self.image_size))
            return lambda photos: self.classify(resized(photos))

        @tf.function
        def look(photos: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            return self.classify(resize(photos, self.image_size))

        return look


def resize(photos: tf.Tensor, size: int) -> tf.Tensor:
    """Resizes photos to a network's size: bilinear, antialiased when shrinking, rounded to nearest.

    Args:
        photos: uint8 [B, s, s, 3].
        size: S. Photos of this size are returned as they are.

    Returns:
        uint8 [B, S, S, 3].
    """
    if photos.shape[1:3] == [size, size]:
        return photos
    resized = tf.image.resize(photos, [size, size], method="bilinear", antialias=photos.shape[1] > size)
    return tf.cast(tf.clip_by_value(tf.round(resized), 0.0, 255.0), tf.uint8)


def images_seen_by(
    judge: Judge, photos: np.ndarray, batch_size: int = 32, progress: bool = True
) -> tuple[np.ndarray, np.ndarray]:
    """Returns a judge's features and probabilities of images, in their order.

    Args:
        judge: the network.
        photos: uint8 [N, s, s, 3], RGB, N at least 1; may be a memory map.
        batch_size: images that go through the network together. The last batch is padded with its last image, so that
            the network is compiled for one size only.
        progress: whether to show a progress bar.

    Returns:
        (features float32 [N, F], probabilities float32 [N, C]).

    Raises:
        ValueError: images of another shape or type, no images, or `batch_size` below 1.
    """
    if photos.ndim != 4 or photos.dtype != np.uint8 or not len(photos):
        raise ValueError(f"images must be uint8 [N, s, s, 3] with N at least 1, got {photos.dtype} {photos.shape}")
    if batch_size < 1:
        raise ValueError(f"batch_size must be at least 1, got {batch_size}")
    seen = []
    with progress_bar(
        total=len(photos), desc=f"images through {judge.name}", unit="image", disable=not progress
    ) as bar:
        for start in range(0, len(photos), batch_size):
            rows = np.minimum(np.arange(start, start + batch_size), len(photos) - 1)
            count = min(batch_size, len(photos) - start)
            seen.append([part.numpy()[:count] for part in judge.look(tf.constant(photos[rows]))])
            bar.update(count)
    features, probabilities = (np.concatenate(parts) for parts in zip(*seen, strict=True))
    return features, probabilities
