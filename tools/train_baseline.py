"""Trains one of the systems that the paper compares DVBPR with, on any data set.

    python -m tools.train_baseline --dataset=out/fashion --workdir=out/vbpr --model=vbpr

fm, vbpr and visrank need item features: tools.extract_features makes them. What it leaves is a workdir like DVBPR's:
evaluate_auc, recommend and export_saved_model work on it. docs/reference/baselines.md has the models' formulas.
"""

from collections.abc import Sequence

from absl import flags

from .common import app, optional_flags

FLAGS = app.new_flags(__doc__)
flags.DEFINE_string("dataset", None, "folder that tools.build_dataset left", required=True, flag_values=FLAGS)
flags.DEFINE_string("workdir", None, "folder of this run: new, or to go on with", required=True, flag_values=FLAGS)
flags.DEFINE_enum(
    "model",
    None,
    ["rand", "poprank", "warp", "bpr_mf", "visrank", "fm", "vbpr"],
    "which system",
    required=True,
    flag_values=FLAGS,
)
_INTEGERS = {
    "dim": "length of the latent factors; VBPR has as many visual ones besides",
    "batch_size": "triplets a step",
    "epochs": "at most; an epoch draws as many triplets as there are training purchases",
    "eval_every": "epochs between validations",
    "patience": "stop after this many validations without a better one; 0: never",
    "candidates": "warp: negatives tried for each positive",
    "seed": "of weights and triplets",
}
_FLOATS = {
    "regularisation": "weight of the penalty on the users' and items' weights of each triplet",
    "projection_regularisation": "fm, vbpr: weight of the penalty on the projection of the features, for each triplet",
    "learning_rate": "of Adam",
}
_CHOICES = {
    "sampling": (["purchases", "users"], "what positives are drawn uniformly over"),
    "distance": (["euclidean", "cosine"], "of visrank"),
}
_SETTINGS = optional_flags.define(
    FLAGS,
    string={"features": "name of the item features; the only ones if not given"},
    integer=_INTEGERS,
    float=_FLOATS,
    enum=_CHOICES,
)


def main(values: flags.FlagValues) -> None:
    """Flags to config, one training, one closing line."""
    from tf_dvbpr.baselines.config import resolve
    from tf_dvbpr.baselines.train import train
    from tf_dvbpr.model_names import NAMES

    given = optional_flags.given(values, _SETTINGS)
    result = train(resolve(values.dataset, values.workdir, values.model, given))
    trained = f" at step {result['best_step']} of {result['step']}, {result['seconds']:.1f} s of training"
    print(
        f"{values.workdir}: {NAMES[values.model]}, best validation AUC {result['best_score']:.4f}"
        + (trained if result["step"] else "")
    )


def cli(argv: Sequence[str] | None = None) -> None:
    """Entry point of `dvbpr-train-baseline`."""
    app.run(main, FLAGS, argv)


if __name__ == "__main__":
    cli()
