"""A discriminator with eyes: small heads on four scales of a frozen network's features (Sauer et al. 2021)."""

from collections.abc import Callable

import keras
import tensorflow as tf

from gan.networks.discriminator_head import NOT_TRAINED, Head
from gan.networks.projection import Projection


class ProjectedDiscriminator(keras.Model):
    """Heads on four scales of what the eyes see, mixed at random; D(x, c) is their mean.

    "Projected GANs Converge Faster" (Sauer et al., NeurIPS 2021): a network trained on photos knows sooner what tells
    an image from a photo than one that learns it from nothing. The eyes and the mixing stand still, only heads learn
    (`gan.networks.projection.Projection`, `gan.networks.discriminator_head.Head`).

    Args:
        image_size: S, a multiple of 32.
        num_categories: C.
        eyes: images float [B, S, S, 3] in [-1, 1] to maps of stride 4, 8, 16 and 32, with their ``channels``.
        eyes_size: side that images are brought to for the eyes, bilinear; 0: S.
        pixel_side: P, side to which images are shrunk, by means over squares, for a fifth head that sees their pixels;
            a power of two up to S. 0: no such head.
        width: W; the head of stride 4 starts with 2W channels, the others with 4W.
        seed: of the initial weights and of the mixing.
        precision: ``float32`` or ``mixed_bfloat16``.
    """

    def __init__(
        self,
        image_size: int,
        num_categories: int,
        eyes: Callable[[tf.Tensor], list[tf.Tensor]],
        eyes_size: int = 0,
        pixel_side: int = 0,
        width: int = 32,
        seed: int = 0,
        precision: str = "float32",
    ) -> None:
        super().__init__(name="discriminator", dtype=precision)
        self.image_size, self.num_categories = image_size, num_categories
        seen = eyes_size or image_size
        self.projection = Projection(eyes, seen, seed)
        options = {"num_categories": num_categories, "seed": seed, "precision": precision}
        self._heads = [
            Head(f"scale{number}", number, seen // stride, width * (4 if number else 2), **options)
            for number, stride in enumerate((4, 8, 16, 32))
        ]
        self._pixel_side = pixel_side
        if pixel_side:
            self._heads.append(Head("pixels", len(self._heads), pixel_side, 2 * width, **options))
        # Keras finds what it trains in lists of layers.
        self.layers_of_heads = [layer for head in self._heads for layer in head.layers]
        self.built = True
        # Traced once, whoever asks.
        self.inference = tf.function(
            lambda images, labels: self(images, labels, training=False),
            input_signature=[
                tf.TensorSpec([None, image_size, image_size, 3]),
                tf.TensorSpec([None, num_categories]),
            ],
        )

    def call(self, images: tf.Tensor, labels: tf.Tensor, training: bool = False, move: bool = True) -> tf.Tensor:
        """Raw scores float32 [B], the mean over heads of each one's mean over its places; arguments as of `scores`."""
        return tf.reduce_mean([tf.reduce_mean(one, 1) for one in self.scores(images, labels, training, move)], 0)

    def scores(
        self, images: tf.Tensor, labels: tf.Tensor, training: bool = False, move: bool = True
    ) -> list[tf.Tensor]:
        """Raw scores of each head at each place of its map.

        Args:
            images: float32 [B, S, S, 3] in [-1, 1].
            labels: float32 [B, C], one-hot.
            training: normalise by the batch.
            move: and move the moving statistics.

        Returns:
            A float32 [B, places] for each head: those of stride 4, 8, 16 and 32.
        """
        x = tf.cast(images, self.compute_dtype)
        maps = self.projection(x)
        if self._pixel_side:
            factor = self.image_size // self._pixel_side
            maps = [*maps, tf.nn.avg_pool2d(x, factor, factor, "VALID")]
        return [head(one, labels, training, move) for head, one in zip(self._heads, maps, strict=True)]

    def move_singular_vectors(self) -> None:
        """One power iteration in each convolution; once a training step."""
        for head in self._heads:
            head.move_singular_vectors()

    def named_variables(self) -> dict[str, tf.Variable]:
        """All variables of the heads as plain ones: ``scale0_conv0/kernel``, ..., ``scale3_norm0/moving_variance``."""
        return {name: value for head in self._heads for name, value in head.named_variables().items()}

    def named_trainables(self) -> dict[str, tf.Variable]:
        """Those that are trained."""
        return {name: value for name, value in self.named_variables().items() if not name.endswith(NOT_TRAINED)}


def build_projected_discriminator(
    image_size: int, num_categories: int, eyes: Callable[[tf.Tensor], list[tf.Tensor]], **options: object
) -> ProjectedDiscriminator:
    """A discriminator with its weights made."""
    discriminator = ProjectedDiscriminator(image_size, num_categories, eyes, **options)
    discriminator(tf.zeros([1, image_size, image_size, 3]), tf.zeros([1, num_categories]))
    return discriminator
