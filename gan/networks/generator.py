"""Defines the generator G(z, c), which makes an image from a latent and a category."""

import keras
import tensorflow as tf

from gan.networks.batch_norm import BatchNorm
from tf_dvbpr.compat import as_variable

SLOPE = 0.2  # of all leaky ReLUs below 0, in both networks
_STRIDES = (2, 1, 2, 1, 2, 2)


@keras.saving.register_keras_serializable("gan")
class Generator(keras.Model):
    """A dense layer and seven 3x3 transposed convolutions; at 64 pixels with a width of 256 it is the authors'.

    The layers are ``[z, c] -> dense S/16 x S/16 x W -> W stride 2, W, W stride 2, W, W/2 stride 2, W/4 stride 2``, each
    with batch normalisation and leaky ReLU, then ``3 channels, tanh``; all with padding SAME. Kernels start as
    normal(0, 0.02), biases as zero. At 32, 128 and 256 pixels the same layers start from a smaller or larger map. This
    is our reconstruction: the paper uses 128 pixels but does not publish its layer sizes.

    Args:
        image_size: S, a multiple of 16.
        latent_dim: Z.
        num_categories: C.
        width: W.
        upsampling_kernel: side of the kernels of stride 2: 3, as the authors', or 4, which covers all pixels equally.
        seed: seed of the initial weights.
        precision: ``float32`` or ``mixed_bfloat16``.
    """

    def __init__(
        self,
        image_size: int,
        latent_dim: int,
        num_categories: int,
        width: int = 256,
        upsampling_kernel: int = 3,
        seed: int = 0,
        precision: str = "float32",
    ) -> None:
        super().__init__(name="generator", dtype=precision)
        self._config = {"image_size": image_size, "latent_dim": latent_dim, "num_categories": num_categories}
        self._config |= {"width": width, "upsampling_kernel": upsampling_kernel, "seed": seed, "precision": precision}
        self.image_size, self.latent_dim, self.num_categories = image_size, latent_dim, num_categories
        channels = (width, width, width, width, width // 2, width // 4)

        def options(number: int) -> dict:
            initializer = keras.initializers.RandomNormal(stddev=0.02, seed=seed * 8 + number)
            return {"kernel_initializer": initializer, "dtype": precision}

        def deconv(number: int, filters: int, stride: int) -> keras.layers.Layer:
            name = f"deconv{number}"
            size = upsampling_kernel if stride == 2 else 3
            return keras.layers.Conv2DTranspose(filters, size, stride, "same", name=name, **options(number))

        side = image_size // 16
        self.first = (side, side, width)
        self.dense = keras.layers.Dense(side * side * width, name="dense", **options(0))
        self.deconvs = [
            deconv(number, filters, stride)
            for number, (filters, stride) in enumerate(zip((*channels, 3), (*_STRIDES, 1), strict=True), 1)
        ]
        self.norms = [BatchNorm(name=f"norm{number}", dtype=precision) for number in range(7)]
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
    def from_config(cls, config: dict, custom_objects: dict | None = None) -> "Generator":
        """Builds a generator, with weights, from the result of `get_config`."""
        return build_generator(**config)

    def call(self, latents: tf.Tensor, labels: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Computes images.

        Args:
            latents: float32 [B, Z].
            labels: float32 [B, C], one-hot.
            training: whether to normalise by the batch's statistics and update the moving ones.

        Returns:
            float32 [B, S, S, 3] in [-1, 1].
        """
        x = self.dense(tf.concat([tf.cast(part, self.compute_dtype) for part in (latents, labels)], 1))
        x = tf.reshape(x, [-1, *self.first])
        for norm, deconv in zip(self.norms, self.deconvs, strict=True):
            x = deconv(tf.nn.leaky_relu(norm(x, training=training), SLOPE))
        return tf.tanh(tf.cast(x, tf.float32))

    def named_variables(self) -> dict[str, tf.Variable]:
        """Returns all variables by name, as plain variables: ``dense/kernel``, ..., ``norm6/moving_variance``."""
        return {**named(self.dense, *self.deconvs), **named(*self.norms)}

    def named_trainables(self) -> dict[str, tf.Variable]:
        """Returns the trained variables of `named_variables`."""
        return {name: value for name, value in self.named_variables().items() if "/moving_" not in name}


def named(*layers: keras.layers.Layer) -> dict[str, tf.Variable]:
    """Returns all variables of some layers by the name ``LAYER/VARIABLE``, as plain variables."""
    kinds = ("kernel", "bias", "singular", "gamma", "beta", "moving_mean", "moving_variance")
    return {
        f"{layer.name}/{kind}": as_variable(getattr(layer, kind))
        for layer in layers
        for kind in kinds
        if hasattr(layer, kind)
    }


def build_generator(image_size: int, latent_dim: int, num_categories: int, **options: object) -> Generator:
    """Builds a generator with its weights; `options` are further arguments of `Generator`."""
    generator = Generator(image_size, latent_dim, num_categories, **options)
    generator(tf.zeros([1, latent_dim]), tf.zeros([1, num_categories]))
    return generator
