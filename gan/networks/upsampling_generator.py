"""Defines a generator of upsampling and convolutions, with the latent and the category at every resolution."""

import itertools

import keras
import tensorflow as tf

from gan.networks.conditional_norm import ConditionalNorm
from gan.networks.generator import SLOPE, named
from gan.networks.upsampling_conv import UpsamplingConv

_FIRST = 4  # side of the first map
_LEAST = 16  # fewest channels


@keras.saving.register_keras_serializable("gan")
class UpsamplingGenerator(keras.Model):
    """``[z, c] -> dense 4x4xW``, then norm, leaky ReLU, upsampling and 3x3 convolution until the side is S.

    The convolutions have W channels at 8x8; each further one has half as many channels, but at least min(16, W). The
    last layers are a norm, a leaky ReLU, a 3x3 convolution to 3 channels, and tanh. Each norm is a `ConditionalNorm` on
    ``[z, c]``, so latent and category act at every resolution and not only in the first layer. Kernels start as
    normal(0, 0.02), biases as zero.

    Args:
        image_size: S, a power of two, 8 or more.
        latent_dim: Z.
        num_categories: C.
        width: W.
        seed: seed of the initial weights.
        precision: ``float32`` or ``mixed_bfloat16``.
    """

    def __init__(
        self,
        image_size: int,
        latent_dim: int,
        num_categories: int,
        width: int = 256,
        seed: int = 0,
        precision: str = "float32",
    ) -> None:
        super().__init__(name="generator", dtype=precision)
        self._config = {"image_size": image_size, "latent_dim": latent_dim, "num_categories": num_categories}
        self._config |= {"width": width, "seed": seed, "precision": precision}
        self.image_size, self.latent_dim, self.num_categories = image_size, latent_dim, num_categories
        doublings = (image_size // _FIRST).bit_length() - 1
        channels = [width, *(max(min(_LEAST, width), width >> number) for number in range(doublings))]
        condition = latent_dim + num_categories

        def options(layer: str, number: int) -> dict:
            kind = 0 if layer == "conv" else 15
            return {"name": f"{layer}{number}", "seed": seed * 32 + kind + number, "dtype": precision}

        self.first = (_FIRST, _FIRST, width)
        first = keras.initializers.RandomNormal(stddev=0.02, seed=seed * 32 + 30)
        last = keras.initializers.RandomNormal(stddev=0.02, seed=seed * 32 + 31)
        self.dense = keras.layers.Dense(16 * width, kernel_initializer=first, name="dense", dtype=precision)
        self.convs = [
            UpsamplingConv(pair, **options("conv", number)) for number, pair in enumerate(itertools.pairwise(channels))
        ]
        self.norms = [
            ConditionalNorm(count, condition, **options("norm", number)) for number, count in enumerate(channels)
        ]
        self.image = keras.layers.Conv2D(3, 3, padding="same", kernel_initializer=last, name="image", dtype=precision)
        # The layers build themselves; Keras would build them with symbolic tensors, for which no variable has a value.
        self.built = True
        # Traced once for all callers.
        self.inference = tf.function(
            lambda latents, labels: self(latents, labels, training=False),
            input_signature=[tf.TensorSpec([None, latent_dim]), tf.TensorSpec([None, num_categories])],
        )

    def get_config(self) -> dict:
        """Returns the constructor's arguments, for `keras.models.load_model`."""
        return dict(self._config)

    @classmethod
    def from_config(cls, config: dict, custom_objects: dict | None = None) -> "UpsamplingGenerator":
        """Builds a generator, with weights, from the result of `get_config`."""
        return build_upsampling_generator(**config)

    def call(self, latents: tf.Tensor, labels: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Computes images; arguments and result as of `gan.networks.generator.Generator.call`."""
        # Keras 3 casts both arguments to the computation's precision, Keras 2 the first alone.
        condition = tf.concat([tf.cast(given, self.compute_dtype) for given in (latents, labels)], 1)
        x = tf.reshape(self.dense(condition), [-1, *self.first])
        for norm, conv in zip(self.norms, (*self.convs, self.image), strict=True):
            x = conv(tf.nn.leaky_relu(norm(x, condition, training=training), SLOPE))
        # In a graph, the Conv2D of TensorFlow 2.21 with oneDNN returns an empty batch with the channels of its input.
        # The slice takes off those beyond 3. Its bound depends on the batch, or it would be optimised away.
        x = x[..., : tf.maximum(3, 3 - tf.shape(latents)[0])]
        return tf.tanh(tf.cast(tf.ensure_shape(x, [None, self.image_size, self.image_size, 3]), tf.float32))

    def named_variables(self) -> dict[str, tf.Variable]:
        """Returns all variables by name, as plain variables: ``dense/kernel``, ..., ``norm4/moving_variance``."""
        return named(self.dense, *self.convs, self.image, *self.norms)

    def named_trainables(self) -> dict[str, tf.Variable]:
        """Returns the trained variables of `named_variables`."""
        return {name: value for name, value in self.named_variables().items() if "/moving_" not in name}


def build_upsampling_generator(
    image_size: int, latent_dim: int, num_categories: int, **options: object
) -> UpsamplingGenerator:
    """Builds a generator with its weights; `options` are further arguments of `UpsamplingGenerator`."""
    generator = UpsamplingGenerator(image_size, latent_dim, num_categories, **options)
    generator(tf.zeros([1, latent_dim]), tf.zeros([1, num_categories]))
    return generator
