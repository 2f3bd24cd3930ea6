"""Table IV: preference, quality and diversity of random photos, random images, retrieved and designed garments.

    python -m tools.evaluate_design --recommender=out/run --gan=out/gan --preset=fast --trials=50 --output=out/table4
    python -m tools.evaluate_design --recommender=out/run --gan=out/gan --trials=20 --eta_sweep --output=out/fig3

A trial is a random user and the category of that user's test item. The paper makes 1000. With --eta_sweep the designs
are measured at several weights of looking real instead (Fig. 3). Killed, the same command goes on where it was.
"""

from collections.abc import Sequence

from absl import flags

from .common import app, ascent_flags, table

FLAGS = app.new_flags(__doc__)
flags.DEFINE_string("recommender", None, "folder of a training of DVBPR", required=True, flag_values=FLAGS)
flags.DEFINE_string("gan", None, "folder of a training of the GAN", required=True, flag_values=FLAGS)
flags.DEFINE_string("output", None, "folder for the table or figure", required=True, flag_values=FLAGS)
flags.DEFINE_integer("trials", 1000, "random users asked", flag_values=FLAGS)
flags.DEFINE_integer("k", 3, "images of each source a trial", flag_values=FLAGS)
flags.DEFINE_string(
    "judge",
    "own",
    "network of the quality: own (trained on the data set's categories) or a keras.applications network, as "
    "inception_v3, the paper's",
    flag_values=FLAGS,
)
flags.DEFINE_string(
    "judge_weights", None, "the judge's weights file; without it they are downloaded", flag_values=FLAGS
)
flags.DEFINE_float(
    "judge_batch_norm_epsilon",
    None,
    "of the judge's BatchNormalization layers, where its weights need another",
    flag_values=FLAGS,
)
flags.DEFINE_bool(
    "retrieve_owned", True, "retrieve among all items of the category, the user's own too (eq. 8)", flag_values=FLAGS
)
flags.DEFINE_bool("eta_sweep", False, "measure the designs at several eta (Fig. 3) instead", flag_values=FLAGS)
flags.DEFINE_list("etas", [], "those of --eta_sweep; default: 0,0.1,0.3,1,3,10,30", flag_values=FLAGS)
ascent_flags.define(FLAGS)


def main(values: flags.FlagValues) -> None:
    """Flags to config, one call, a table."""
    from gan.evaluation import fig3, table4
    from gan.evaluation.config import SWEEP, EvaluateConfig
    from gan.evaluation.evaluate import evaluate_design
    from tfrecords.errors import InputError

    if values.etas and not values.eta_sweep:
        raise InputError("--etas has no effect without --eta_sweep: give that too, or --eta for one table")
    if values.eta_sweep and values.eta is not None:
        raise InputError("--eta contradicts --eta_sweep: name several by --etas, or leave --eta_sweep out")
    config = EvaluateConfig(
        recommender=values.recommender,
        gan=values.gan,
        output=values.output,
        ascent=ascent_flags.config(values, choice="softmax"),
        trials=values.trials,
        k=values.k,
        judge=values.judge,
        judge_weights=values.judge_weights,
        judge_batch_norm_epsilon=values.judge_batch_norm_epsilon,
        retrieve_owned=values.retrieve_owned,
        etas=(ascent_flags.numbers(values.etas, "etas") or SWEEP) if values.eta_sweep else (),
    )
    result = evaluate_design(config)
    for note in result["notes"]:
        print(f"note: {note}")
    headers, rows = (fig3 if values.eta_sweep else table4).cells(result)
    print(table.render(headers, rows))
    if result["warning"]:
        print(f"warning: {result['warning']}")
    print(f"{values.output}: {', '.join(result['files'])}")


def cli(argv: Sequence[str] | None = None) -> None:
    """Entry point of `dvbpr-evaluate-design`."""
    app.run(main, FLAGS, argv)


if __name__ == "__main__":
    cli()
