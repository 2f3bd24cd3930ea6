"""Alters a garment, an item of the catalogue or any photo of one, step by step towards a user's taste.

    python -m tools.tailor --recommender=out/run --gan=out/gan --user=u00012,u00040 --item=ITEM --output=out/tailor
    python -m tools.tailor --recommender=out/run --gan=out/gan --user=u00012 --photo=my.jpg --category=women_tops ...

It first finds the GAN's image nearest to the garment. The output folder has tailor.png with one row per user, every
shown step as a PNG, tailor.json with all figures, latents.npz, and with --gif one animation per user.
"""

from collections.abc import Sequence

from absl import flags

from gan.design.tailor_config import TailorConfig
from gan.search.config import TAILORING, InversionConfig

from .common import app, ascent_flags, setting_flags, table

FLAGS = app.new_flags(__doc__)
setting_flags.define(FLAGS, TailorConfig, leave_out=("users",))
flags.DEFINE_string("user", None, "the user's key, or several with commas between", required=True, flag_values=FLAGS)
ascent_flags.define(FLAGS, several_starts=False)
setting_flags.define(FLAGS, InversionConfig)


def main(values: flags.FlagValues) -> None:
    """Turns the flags into a config, makes one call, and prints a table."""
    from gan.design.tailor import tailor

    config = TailorConfig(
        **setting_flags.given(values, TailorConfig),
        users=values.user,
        ascent=ascent_flags.config(values, **TAILORING),
        inversion=InversionConfig(**setting_flags.given(values, InversionConfig)),
    )
    result = tailor(config)
    for note in result["notes"]:
        print(f"note: {note}")
    print(
        f"{result['category']}: the GAN comes within {result['reconstruction_error']:.3f} a pixel, of 2, of the garment"
    )
    rows = []
    for entry in result["tailored"]:
        first, last = entry["steps"][0], entry["steps"][-1]
        scores = (entry["prototype_score"], first["score"], last["score"])
        best = next(one for one in entry["steps"] if one["step"] == entry["best_step"])
        rows.append(
            (entry["user"], *(f"{score:.3f}" for score in scores), f"{last['drift']:.3f}", best["step"], best["file"])
        )
    headers = [
        "user",
        "prototype",
        "step 0",
        f"step {result['tailored'][0]['steps'][-1]['step']}",
        "drift",
        "best step",
        "its image",
    ]
    print(table.render(headers, rows))
    print(f"{values.output}: {', '.join(result['files'])} and a PNG of each step shown")


def cli(argv: Sequence[str] | None = None) -> None:
    """Runs the command `dvbpr-tailor`."""
    app.run(main, FLAGS, argv)


if __name__ == "__main__":
    cli()
