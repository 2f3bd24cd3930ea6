"""The generator G(z, c): a latent and a category to an image."""

import keras
import tensorflow as tf

from gan.networks.batch_norm import BatchNorm
from tf_dvbpr.compat import as_variable

SLOPE = 0.2  # of every leaky ReLU below 0, in both networks
_STRIDES = (2, 1, 2, 1, 2, 2)


@keras.saving.register_keras_serializable("gan")
class Generator(keras.Model):
    """A dense layer and seven 3x3 transposed convolutions, the authors' at 64 pixels with a width of 256.

    ``[z, c] -> dense S/16 x S/16 x W; then W stride 2, W, W stride 2, W, W/2 stride 2, W/4 stride 2`` with batch
    normalisation and leaky ReLU after each, ``then 3 channels, tanh``. All SAME. Kernels are normal(0, 0.02), biases
    zero. At 128 pixels (the paper's size, of which no layer sizes are published) and at 32 and 256 the same layers
    start from a larger or smaller map; that is our reconstruction.

    Args:
        image_size: S, a multiple of 16.
        latent_dim: Z.
        num_categories: C.
        width: W.
        upsampling_kernel: side of the kernels of stride 2: 3, the authors', or 4, which meets all pixels equally often.
        seed: of the initial weights.
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
        # The layers build themselves; Keras would try symbolic tensors first, where no variable has a value.
        self.built = True
        # Traced once, whoever asks.
        self.inference = tf.function(
            lambda latents, labels: self(latents, labels, training=False),
            input_signature=[tf.TensorSpec([None, latent_dim]), tf.TensorSpec([None, num_categories])],
        )

    def get_config(self) -> dict:
        """The arguments it was made with, for `keras.models.load_model`."""
        return dict(self._config)

    @classmethod
    def from_config(cls, config: dict, custom_objects: dict | None = None) -> "Generator":
        """A generator of these arguments, with its weights made."""
        return build_generator(**config)

    def call(self, latents: tf.Tensor, labels: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Images.

        Args:
            latents: float32 [B, Z].
            labels: float32 [B, C], one-hot.
            training: normalise by the batch and move the moving statistics.

        Returns:
            float32 [B, S, S, 3] in [-1, 1].
        """
        x = self.dense(tf.concat([tf.cast(part, self.compute_dtype) for part in (latents, labels)], 1))
        x = tf.reshape(x, [-1, *self.first])
        for norm, deconv in zip(self.norms, self.deconvs, strict=True):
            x = deconv(tf.nn.leaky_relu(norm(x, training=training), SLOPE))
        return tf.tanh(tf.cast(x, tf.float32))

    def named_variables(self) -> dict[str, tf.Variable]:
        """All weights and moving statistics as plain variables: ``dense/kernel``, ..., ``norm6/moving_variance``."""
        return {**named(self.dense, *self.deconvs), **named(*self.norms)}

    def named_trainables(self) -> dict[str, tf.Variable]:
        """Those that are trained."""
        return {name: value for name, value in self.named_variables().items() if "/moving_" not in name}


def named(*layers: keras.layers.Layer) -> dict[str, tf.Variable]:
    """Every variable of some layers as ``LAYER/VARIABLE``."""
    kinds = ("kernel", "bias", "singular", "gamma", "beta", "moving_mean", "moving_variance")
    return {
        f"{layer.name}/{kind}": as_variable(getattr(layer, kind))
        for layer in layers
        for kind in kinds
        if hasattr(layer, kind)
    }


def build_generator(image_size: int, latent_dim: int, num_categories: int, **options: object) -> Generator:
    """A generator with its weights made."""
    generator = Generator(image_size, latent_dim, num_categories, **options)
    generator(tf.zeros([1, latent_dim]), tf.zeros([1, num_categories]))
    return generator
