"""CNN-F: the network Phi that maps a photo to a style vector (Chatfield et al. 2014, Table 1; last layer K units)."""

import keras
import tensorflow as tf

from tf_dvbpr import stateless
from tf_dvbpr.compat import as_variable

LAYERS = ("conv1", "conv2", "conv3", "conv4", "conv5", "fc6", "fc7", "fc8")
HIDDEN = 4096  # units of fc6 and of fc7


@keras.saving.register_keras_serializable("tf_dvbpr")
class CNNF(keras.Model):
    """Five convolutions and three dense layers, with ReLU after every layer except the last.

    ``conv1 64x11x11/4, pool, conv2 256x5x5, pool, conv3..5 256x3x3, pool, fc6 4096, fc7 4096, fc8 K``. Pools are
    2x2 with stride 2 and SAME padding. At 224 pixels fc6 sees 7 * 7 * 256 = 12544 values, flattened in NHWC order.
    Weights are Glorot-uniform, biases zero.

    Args:
        dim: K, the length of a style vector.
        conv1_padding: ``same`` (the authors' code: 224 -> 56) or ``valid`` (the paper's pad 0: 224 -> 54).
        seed: seed of the initial weights.
        precision: ``float32`` or ``mixed_bfloat16`` (computes in bfloat16, keeps weights in float32).

    Attributes:
        hidden_layer: the name of the output of `hidden`, in words.
        hidden_dim: the number of values of `hidden` per photo.
        preprocessing: the photos' preprocessing, in words.
        embed_batch: photos per batch at inference.
    """

    hidden_layer, hidden_dim = "fc7", HIDDEN
    preprocessing = "(x - 127.5) / 127.5 of RGB 0..255"
    embed_batch = 256

    def __init__(self, dim: int, conv1_padding: str = "same", seed: int = 0, precision: str = "float32") -> None:
        super().__init__(name="cnnf", dtype=precision)
        self._config = {"dim": dim, "conv1_padding": conv1_padding, "seed": seed, "precision": precision}

        def options(name: str) -> dict:
            initializer = keras.initializers.GlorotUniform(seed=seed * len(LAYERS) + LAYERS.index(name))
            return {"name": name, "kernel_initializer": initializer, "dtype": precision}

        def conv(name: str, filters: int, size: int, stride: int = 1, padding: str = "same") -> keras.layers.Layer:
            return keras.layers.Conv2D(filters, size, stride, padding, activation="relu", **options(name))

        self.conv1 = conv("conv1", 64, 11, 4, conv1_padding)
        self.conv2 = conv("conv2", 256, 5)
        self.conv3 = conv("conv3", 256, 3)
        self.conv4 = conv("conv4", 256, 3)
        self.conv5 = conv("conv5", 256, 3)
        self.pool = keras.layers.MaxPooling2D(2, 2, "same", dtype=precision)
        self.flatten = keras.layers.Flatten(dtype=precision)
        self.fc6 = keras.layers.Dense(HIDDEN, activation="relu", **options("fc6"))
        self.fc7 = keras.layers.Dense(HIDDEN, activation="relu", **options("fc7"))
        self.fc8 = keras.layers.Dense(dim, **options("fc8"))

    def get_config(self) -> dict:
        """Returns the constructor's arguments, for `keras.models.load_model`."""
        return dict(self._config)

    def build_from_config(self, config: dict) -> None:
        """Creates the weights, as the first call of the saved network did."""
        self(tf.zeros([1, *config["input_shape"][1:]]))

    def call(self, images: tf.Tensor, dropout_rate: float = 0.0, dropout_seed: tf.Tensor | None = None) -> tf.Tensor:
        """Computes style vectors.

        Args:
            images: float [B, S, S, 3] in [-1, 1], S a multiple of 32.
            dropout_rate: share of the outputs of fc6 and fc7 that training drops; without a seed nothing is dropped.
            dropout_seed: int32 [2], stateless; None at inference.

        Returns:
            float32 [B, K].
        """
        return tf.cast(self.fc8(self.hidden(images, dropout_rate, dropout_seed)), tf.float32)

    def hidden(self, images: tf.Tensor, dropout_rate: float = 0.0, dropout_seed: tf.Tensor | None = None) -> tf.Tensor:
        """Returns fc7's outputs after its ReLU, [B, 4096], in the computation's precision; arguments as in `call`."""
        return self._dense(self.feature_maps(images), dropout_rate, dropout_seed)

    def feature_maps(self, images: tf.Tensor) -> tf.Tensor:
        """conv5's outputs, after its ReLU: [B, h, w, 256], h and w about S/16, in the computation's precision."""
        x = self.pool(self.conv1(images))
        x = self.pool(self.conv2(x))
        return self.conv5(self.conv4(self.conv3(x)))

    def of_feature_maps(self, maps: tf.Tensor) -> tf.Tensor:
        """Style vectors float32 [B, K] of what `feature_maps` gave, at inference."""
        return tf.cast(self.fc8(self._dense(maps, 0.0, None)), tf.float32)

    def _dense(self, maps: tf.Tensor, dropout_rate: float, dropout_seed: tf.Tensor | None) -> tf.Tensor:
        x = self.flatten(self.pool(maps))
        for number, layer in enumerate((self.fc6, self.fc7)):
            x = layer(x)
            if dropout_seed is not None and dropout_rate > 0:
                layer_seed = tf.random.experimental.stateless_fold_in(dropout_seed, number, alg="philox")
                x = stateless.dropout(x, dropout_rate, layer_seed)
        return x

    def named_variables(self) -> dict[str, tf.Variable]:
        """Returns the sixteen weights as plain variables: ``conv1/kernel``, ``conv1/bias``, ..., ``fc8/bias``."""
        return {
            f"{name}/{kind}": as_variable(getattr(getattr(self, name), kind))
            for name in LAYERS
            for kind in ("kernel", "bias")
        }

    def parts(self) -> dict[str, dict[str, object]]:
        """Returns the trained Keras variables, as part to name to variable; each part has its own optimiser."""
        return {
            "network": {
                f"{name}/{kind}": getattr(getattr(self, name), kind) for name in LAYERS for kind in ("kernel", "bias")
            }
        }


def build_cnnf(dim: int, image_size: int, conv1_padding: str = "same", seed: int = 0, **options: str) -> CNNF:
    """Builds a CNN-F and its weights for photos of `image_size` pixels (a multiple of 32)."""
    if image_size < 32 or image_size % 32:
        raise ValueError(f"image_size must be a multiple of 32, got {image_size}")
    network = CNNF(dim, conv1_padding, seed, **options)
    network(tf.zeros([1, image_size, image_size, 3]))
    return network
