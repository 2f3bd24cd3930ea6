"""Writes checkpoints like the authors' TensorFlow 1 code: its Saver's files and names, with random weights."""

import numpy as np
import tensorflow as tf

v1 = tf.compat.v1
CONVS = {1: (11, 11, 3, 64), 2: (5, 5, 64, 256), **dict.fromkeys((3, 4, 5), (3, 3, 256, 256))}
STATISTICS = ("beta", "gamma", "moving_mean", "moving_variance")


def save(prefix, values, first_format=False, sharded=False):
    """Writes variables as the Saver does, in today's format or in its first one, V1."""
    prefix.parent.mkdir(parents=True, exist_ok=True)
    with tf.Graph().as_default(), v1.Session() as session:
        variables = []
        for name, value in values.items():
            fed = v1.placeholder(value.dtype, value.shape)
            variables.append(v1.Variable(fed, name=name, use_resource=False))
            session.run(variables[-1].initializer, {fed: value})
        version = v1.train.SaverDef.V1 if first_format else v1.train.SaverDef.V2
        v1.train.Saver(variables, write_version=version, sharded=sharded).save(
            session, str(prefix), write_meta_graph=False, write_state=False
        )
    return prefix


def recommender_weights(users, dim=100, image_size=224, seed=0):
    """Returns the recommender's seventeen variables, with the release's names and shapes, scaled to keep signals."""
    draw = np.random.default_rng(seed)
    values = {f"DVBPR/wc{number}": _kernel(draw, shape, np.prod(shape[:3])) for number, shape in CONVS.items()}
    values |= {f"DVBPR/bc{number}": _small(draw, shape[3:]) for number, shape in CONVS.items()}
    rows = (image_size // 32) ** 2 * 256
    for number, shape in enumerate(((rows, 4096), (4096, 4096), (4096, dim)), 1):
        values[f"DVBPR/wd{number}"] = _kernel(draw, shape, shape[0])
        values[f"DVBPR/bd{number}"] = _small(draw, shape[1:])
    return {**values, "DVBPR/Variable": _small(draw, (users, dim))}


def with_slots(weights):
    """Returns weights with Adam's moments, as a Saver created after the optimiser saves them."""
    first = {f"{name}/Adam": value * np.float32(0.01) for name, value in weights.items()}
    return {**weights, **first, **{f"{name}/Adam_1": np.square(first[f"{name}/Adam"]) for name in weights}}


def gan_weights(categories=6, latent_dim=256, image_size=64, seed=0):
    """Returns the variables of both networks of the GAN, with moving statistics."""
    draw = np.random.default_rng(seed)
    squares = (image_size // 16) ** 2
    values = {
        "GAN/generator/g_h0_lin/Matrix": _kernel(draw, (latent_dim + categories, squares * 256), latent_dim),
        "GAN/generator/g_h0_lin/bias": _small(draw, (squares * 256,)),
        "GAN/discriminator/d_h4_lin/Matrix": _kernel(draw, (squares * 512, 1), squares * 512),
        "GAN/discriminator/d_h4_lin/bias": _small(draw, (1,)),
    }
    channels = (256, 256, 256, 256, 256, 128, 64, 3)
    for number in range(1, 8):
        shape = (3, 3, channels[number], channels[number - 1])
        values[f"GAN/generator/g_h{number}/w"] = _kernel(draw, shape, 9 * channels[number - 1])
        values[f"GAN/generator/g_h{number}/biases"] = _small(draw, shape[2:3])
    for number in range(7):
        values |= _statistics(draw, f"GAN/generator/g_bn{number}", channels[number])
    channels = (3, 64, 128, 256, 512)
    for number in range(4):
        shape = (5, 5, channels[number] + categories, channels[number + 1])
        values[f"GAN/discriminator/d_h{number}_conv/w"] = _kernel(draw, shape, 25 * shape[2])
        values[f"GAN/discriminator/d_h{number}_conv/biases"] = _small(draw, shape[3:])
        if number:
            values |= _statistics(draw, f"GAN/discriminator/d_bn{number}", channels[number + 1])
    return values


def _kernel(draw, shape, fan_in):
    return draw.standard_normal(shape, np.float32) * np.float32(np.sqrt(2 / fan_in))


def _small(draw, shape):
    return draw.standard_normal(shape, np.float32) * np.float32(0.1)


def _statistics(draw, name, channels):
    values = [_small(draw, (channels,)), 1 + _small(draw, (channels,)), _small(draw, (channels,))]
    values.append(draw.uniform(0.5, 1.5, channels).astype(np.float32))
    return {f"{name}/{kind}": value for kind, value in zip(STATISTICS, values, strict=True)}
