"""Defines the discriminator D(x, c), which scores how much an image looks like a photo of its category."""

import keras
import tensorflow as tf

from gan.networks.batch_norm import BatchNorm
from gan.networks.generator import SLOPE, named
from gan.networks.spectral_norm import SpectralConv2D, SpectralDense

_NOT_TRAINED = ("/moving_mean", "/moving_variance", "/singular")


@keras.saving.register_keras_serializable("gan")
class Discriminator(keras.Model):
    """Four 5x5 convolutions of stride 2 with leaky ReLU, and a dense unit; with a width of 64 it is the authors'.

    The layers are ``[x, label planes] -> W, 2W, 4W, 8W channels -> flatten -> 1``, all with padding SAME. The label
    planes (ones in channel c, zeros in the others) are part of the input of each convolution. With ``norm="batch"``,
    as in the authors' code, convolutions two to four have batch normalisation before the leaky ReLU. With
    ``spectral``, all five kernels have spectral normalisation instead; with ``both``, both. Kernels start as
    normal(0, 0.02), those of the convolutions truncated at two standard deviations, biases as zero.

    Args:
        image_size: S, a multiple of 16.
        num_categories: C.
        width: W.
        norm: ``batch``, ``spectral``, ``both`` or ``none``.
        seed: seed of the initial weights.
        precision: ``float32`` or ``mixed_bfloat16``.
    """

    def __init__(
        self,
        image_size: int,
        num_categories: int,
        width: int = 64,
        norm: str = "batch",
        seed: int = 0,
        precision: str = "float32",
    ) -> None:
        super().__init__(name="discriminator", dtype=precision)
        self._config = {"image_size": image_size, "num_categories": num_categories, "width": width}
        self._config |= {"norm": norm, "seed": seed, "precision": precision}
        self.image_size, self.num_categories = image_size, num_categories
        conv2d, dense = (
            (SpectralConv2D, SpectralDense)
            if norm in ("spectral", "both")
            else (keras.layers.Conv2D, keras.layers.Dense)
        )

        def conv(number: int) -> keras.layers.Layer:
            initializer = keras.initializers.TruncatedNormal(stddev=0.02, seed=seed * 5 + number)
            name = f"conv{number}"
            return conv2d(width * 2**number, 5, 2, "same", kernel_initializer=initializer, name=name, dtype=precision)

        self.convs = [conv(number) for number in range(4)]
        self.norms = [
            BatchNorm(name=f"norm{number}", dtype=precision) if norm in ("batch", "both") and number else None
            for number in range(4)
        ]
        initializer = keras.initializers.RandomNormal(stddev=0.02, seed=seed * 5 + 4)
        self.dense = dense(1, kernel_initializer=initializer, name="dense", dtype=precision)
        # The layers build themselves; Keras would build them with symbolic tensors, for which no variable has a value.
        self.built = True
        # Traced once for all callers.
        self.inference = tf.function(
            lambda images, labels: self(images, labels, training=False),
            input_signature=[
                tf.TensorSpec([None, image_size, image_size, 3]),
                tf.TensorSpec([None, num_categories]),
            ],
        )

    def get_config(self) -> dict:
        """Returns the constructor's arguments, for `keras.models.load_model`."""
        return dict(self._config)

    @classmethod
    def from_config(cls, config: dict, custom_objects: dict | None = None) -> "Discriminator":
        """Builds a discriminator, with weights, from the result of `get_config`."""
        return build_discriminator(**config)

    def call(self, images: tf.Tensor, labels: tf.Tensor, training: bool = False, move: bool = True) -> tf.Tensor:
        """Computes raw scores; training aims at 1 for photos and 0 for generated images.

        Args:
            images: float32 [B, S, S, 3] in [-1, 1].
            labels: float32 [B, C], one-hot.
            training: whether to normalise by the batch's statistics.
            move: whether to update the moving statistics in training.

        Returns:
            float32 [B].
        """
        x = tf.cast(images, self.compute_dtype)
        planes = tf.cast(labels[:, None, None, :], x.dtype)
        for conv, norm in zip(self.convs, self.norms, strict=True):
            side = x.shape[1]
            x = conv(tf.concat([x, tf.tile(planes, [1, side, side, 1])], 3))
            x = norm(x, training=training, move=move) if norm else x
            x = tf.nn.leaky_relu(x, SLOPE)
        flat = tf.reshape(x, [-1, x.shape[1] * x.shape[2] * x.shape[3]])
        return tf.cast(self.dense(flat)[:, 0], tf.float32)

    def scores(
        self, images: tf.Tensor, labels: tf.Tensor, training: bool = False, move: bool = True
    ) -> list[tf.Tensor]:
        """The scores as a training takes them, a list of each head's: here of one, of `call`."""
        return [self(images, labels, training=training, move=move)]

    def move_singular_vectors(self) -> None:
        """Makes one power iteration in each spectrally normalised layer; called once per training step."""
        for layer in (*self.convs, self.dense):
            if isinstance(layer, SpectralConv2D | SpectralDense):
                layer.power_iteration()

    def named_variables(self) -> dict[str, tf.Variable]:
        """Returns all variables by name, as plain ones: ``conv0/kernel``, ..., ``dense/bias``, ``norm1/gamma``, ..."""
        return {**named(*self.convs, self.dense), **named(*(norm for norm in self.norms if norm))}

    def named_trainables(self) -> dict[str, tf.Variable]:
        """Returns the trained variables of `named_variables`."""
        return {name: value for name, value in self.named_variables().items() if not name.endswith(_NOT_TRAINED)}


def build_discriminator(image_size: int, num_categories: int, **options: object) -> Discriminator:
    """Builds a discriminator with its weights; `options` are further arguments of `Discriminator`."""
    discriminator = Discriminator(image_size, num_categories, **options)
    discriminator(tf.zeros([1, image_size, image_size, 3]), tf.zeros([1, num_categories]))
    return discriminator
