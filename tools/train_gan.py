"""Trains the GAN on a data set's photos: a generator that draws garments of a category, and its discriminator.

    python -m tools.train_gan --dataset=out/fashion --workdir=out/gan --preset=fast --image_size=64

A preset sets all flags below that are not given (docs/guides/gan.md has the table). Killed at any moment, the same
command resumes from the last checkpoint and ends as if it had not been killed. The workdir gets reals.png and,
each --eval_every steps, samples-STEP.png of the same latents. Progress is also in TensorBoard:
tensorboard --logdir=WORKDIR.
"""

from collections.abc import Sequence

from absl import flags

from .common import app, optional_flags

FLAGS = app.new_flags(__doc__)
flags.DEFINE_string("dataset", None, "folder that tools.build_dataset left", required=True, flag_values=FLAGS)
flags.DEFINE_string("workdir", None, "folder of this run: new, or to go on with", required=True, flag_values=FLAGS)
flags.DEFINE_enum(
    "preset",
    "fast",
    ["fast", "paper", "release"],
    "paper: as published; release: as the authors' code; fast: the best images soonest",
    flag_values=FLAGS,
)

# Settings whose default is the preset's.
_INTEGERS = {
    "image_size": "side of the images: 32, 64, 128 or 256",
    "latent_dim": "length Z of a latent",
    "generator_width": "channels of the generator's first maps",
    "upsampling_kernel": "side of the generator's kernels of stride 2: 3 or 4",
    "discriminator_width": "channels of the discriminator's first maps",
    "batch_size": "photos a step, and as many generated images",
    "max_photos": "stop when this many photos, rounded down to whole steps, were drawn; 0: no such limit",
    "seed": "of weights, photos, latents and augmentation",
    "eval_every": "steps between sample grids with their figures; 0: once an epoch",
    "checkpoint_every": "steps between checkpoints besides those at grids; 0: none",
    "measure_samples": "images that the figures are computed on; 0: no figures",
}
_FLOATS = {
    "epochs": "an epoch draws as many photos as there are",
    "learning_rate": "of Adam, the generator's",
    "discriminator_learning_rate": "of Adam, the discriminator's; 0: as learning_rate",
    "beta1": "of Adam",
    "beta2": "of Adam",
    "adam_epsilon": "of Adam",
    "average": "decay of the moving average of the generator's weights; 0: no average",
    "judge_batch_norm_epsilon": "of the judge's BatchNormalization layers, where its weights need another",
}
_CHOICES = {
    "latent_distribution": (["normal", "uniform"], "of latents: N(0, 1) or U(-1, 1)"),
    "discriminator_norm": (["batch", "spectral", "none"], "normalisation of the discriminator's layers"),
    "precision": (["float32", "mixed_bfloat16"], "of the networks' arithmetic"),
    "photo_store": (["auto", "host", "device", "encoded"], "where the photos are kept"),
}
_STRINGS = {
    "augment": "what the discriminator's images go through: of colour, cutout, translation, joined by commas, or none",
    "judge": "network of the figures: own (trained on the data set's categories) or a keras.applications network, "
    "as inception_v3 or resnet50",
    "judge_weights": "the judge's weights file; without it they are downloaded",
}
_BOOLS = {
    "balanced": "draw categories uniformly, and then a photo of each",
    "flip": "mirror each photo with probability one half",
}
_SETTINGS = optional_flags.define(FLAGS, integer=_INTEGERS, float=_FLOATS, enum=_CHOICES, string=_STRINGS, bool=_BOOLS)


def main(values: flags.FlagValues) -> None:
    """Flags to config, one training, one closing line."""
    from gan.training.train import resolve, train

    given = optional_flags.given(values, _SETTINGS)
    result = train(resolve(values.dataset, values.workdir, values.preset, given))
    print(
        f"{values.workdir}: step {result['step']}, {result['seconds'] / 60:.1f} minutes of training on "
        f"{result['photos']} photos of {', '.join(result['categories'])}"
    )


def cli(argv: Sequence[str] | None = None) -> None:
    """Entry point of `dvbpr-train-gan`."""
    app.run(main, FLAGS, argv)


if __name__ == "__main__":
    cli()
