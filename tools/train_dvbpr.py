"""Trains DVBPR on a data set: photos and purchases in, user and item factors out.

    python -m tools.train_dvbpr --dataset=out/fashion --workdir=out/run --preset=fast

A preset sets all flags below that are not given (docs/reference/presets.md has the table). Killed at any moment, the
same command resumes from the last checkpoint and ends as if it had not been killed. Progress is also in TensorBoard:
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
    "paper: as published; release: as the authors' code; fast: the best validation AUC soonest",
    flag_values=FLAGS,
)

# Settings whose default is the preset's.
_INTEGERS = {
    "dim": "length K of style vectors and user factors",
    "image_size": "side of the photos the network sees; CNN-F: a multiple of 32; other backbones: their own by default",
    "batch_size": "positives a step",
    "shared_negatives": "negatives a step that all users of the batch share (--negatives=shared)",
    "max_photos": "stop when this many photos, rounded down to whole steps, went through the network; 0: no such limit",
    "warmup_steps": "steps over which the learning rate rises from 0",
    "seed": "of weights, triplets, dropout and mirroring",
    "eval_every": "steps between validations; 0: once an epoch",
    "checkpoint_every": "steps between checkpoints besides those at validations; 0: none",
    "patience": "stop after this many validations without a better one; 0: never",
}
_STRINGS = {
    "backbone": "the network for photos: cnnf, or one trained on ImageNet such as resnet50 (docs/guides/backbones.md)",
    "weights": "backbone: its HDF5 weights file, classifier included; the library's download if not given",
    "freeze_through": "backbone: the layer up to which it stays as it is; all: only the last is trained; none: all are",
}
_FLOATS = {
    "epochs": "an epoch draws as many positives as there are training purchases",
    "learning_rate": "of the optimiser",
    "user_learning_rate": "the same for the user factors; 0: as learning_rate",
    "network_learning_rate": "the same for what of a backbone was trained on ImageNet; 0: as learning_rate",
    "batch_norm_epsilon": "backbone: of its BatchNormalization layers; 0: the library's",
    "adam_epsilon": "of Adam",
    "weight_decay": "weight of the penalty on the network's weight matrices; with adamw their decoupled decay",
    "user_penalty": "weight of the penalty on the user factors of the batch",
    "dropout": "rate after fc6 and fc7; of other backbones before the last layer",
    "average": "decay of a moving average of the weights, which is measured and kept; 0: no average",
    "shift": "move each training photo by up to this share of its side; white comes in",
}
_CHOICES = {
    "conv1_padding": (["same", "valid"], "of the first convolution"),
    "negatives": (["one", "shared"], "one negative for each positive, or some that all of the batch share"),
    "init": (["glorot", "photos"], "of the network: Glorot, or Glorot fitted to the photos"),
    "optimizer": (
        ["adam", "lazy_adam", "adamw"],
        "lazy_adam: user factors of the batch alone; adamw: decoupled weight decay",
    ),
    "decay": (["none", "cosine"], "of the learning rate over the run"),
    "precision": (["float32", "mixed_bfloat16"], "of the network's arithmetic"),
    "strategy": (["one_device", "mirrored", "multi_worker"], "tf.distribute strategy; multi_worker reads TF_CONFIG"),
    "photo_store": (["auto", "host", "device", "encoded"], "where the photos are kept"),
}
_SETTINGS = optional_flags.define(
    FLAGS,
    integer=_INTEGERS,
    string=_STRINGS,
    float=_FLOATS,
    enum=_CHOICES,
    bool={"flip": "mirror each training photo with probability one half"},
)


def main(values: flags.FlagValues) -> None:
    """Flags to config, one training, one closing line."""
    from tf_dvbpr.dvbpr.train import resolve, train

    given = optional_flags.given(values, _SETTINGS)
    result = train(resolve(values.dataset, values.workdir, values.preset, given))
    print(
        f"{values.workdir}: best validation AUC {result['best_score']:.4f} at step {result['best_step']} "
        f"of {result['step']}, {result['seconds'] / 60:.1f} minutes of training"
    )


def cli(argv: Sequence[str] | None = None) -> None:
    """Entry point of `dvbpr-train-dvbpr`."""
    app.run(main, FLAGS, argv)


if __name__ == "__main__":
    cli()
