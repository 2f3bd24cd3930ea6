"""Makes Table IV: preference, quality and diversity of random photos, random images, retrieved and designed garments.

    python -m tools.evaluate_design --recommender=out/run --gan=out/gan --preset=fast --trials=50 --output=out/table4
    python -m tools.evaluate_design --recommender=out/run --gan=out/gan --trials=20 --eta_sweep --output=out/fig3

A trial is a random user and the category of that user's test item. The paper makes 1000 trials. With --eta_sweep the
designs are measured at several values of eta instead (Fig. 3). After a kill, the same command resumes.
"""

from collections.abc import Sequence

from absl import flags

from gan.evaluation.config import SWEEP, EvaluateConfig

from .common import app, ascent_flags, setting_flags, table

FLAGS = app.new_flags(__doc__)
setting_flags.define(FLAGS, EvaluateConfig)
flags.DEFINE_bool("eta_sweep", False, "measure the designs at several eta (Fig. 3) instead", flag_values=FLAGS)
ascent_flags.define(FLAGS)


def main(values: flags.FlagValues) -> None:
    """Turns the flags into a config, makes one call, and prints a table."""
    from gan.evaluation import fig3, table4
    from gan.evaluation.evaluate import evaluate_design
    from tfrecords.errors import InputError

    if values.etas and not values.eta_sweep:
        raise InputError("--etas has no effect without --eta_sweep: give that too, or --eta for one table")
    if values.eta_sweep and values.eta is not None:
        raise InputError("--eta contradicts --eta_sweep: name several by --etas, or leave --eta_sweep out")
    settings = {**setting_flags.given(values, EvaluateConfig), "etas": ()}
    if values.eta_sweep:
        settings["etas"] = ascent_flags.numbers(values.etas or (), "etas") or SWEEP
    config = EvaluateConfig(**settings, ascent=ascent_flags.config(values, choice="softmax"))
    result = evaluate_design(config)
    for note in result["notes"]:
        print(f"note: {note}")
    headers, rows = (fig3 if values.eta_sweep else table4).cells(result)
    print(table.render(headers, rows))
    if not values.eta_sweep:
        print(table.render(*table4.garment_cells(result)))
    if result["warning"]:
        print(f"warning: {result['warning']}")
    print(f"{values.output}: {', '.join(result['files'])}")


def cli(argv: Sequence[str] | None = None) -> None:
    """Runs the command `dvbpr-evaluate-design`."""
    app.run(main, FLAGS, argv)


if __name__ == "__main__":
    cli()
