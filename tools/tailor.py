"""Alters a garment step by step until a person likes it better: an item of the catalogue, or any photo of one.

    python -m tools.tailor --recommender=out/run --gan=out/gan --user=u00012,u00040 --item=ITEM --output=out/tailor
    python -m tools.tailor --recommender=out/run --gan=out/gan --user=u00012 --photo=my.jpg --category=women_tops ...

The GAN's nearest image of the garment is found first. The folder gets tailor.png, a row a user, every step shown as a
PNG, tailor.json with all figures, latents.npz, and with --gif an animation a user.
"""

from collections.abc import Sequence

from absl import flags

from .common import app, ascent_flags, optional_flags, table

FLAGS = app.new_flags(__doc__)
flags.DEFINE_string("recommender", None, "folder of a training of DVBPR", required=True, flag_values=FLAGS)
flags.DEFINE_string("gan", None, "folder of a training of the GAN", required=True, flag_values=FLAGS)
flags.DEFINE_string("user", None, "the user's key, or several with commas between", required=True, flag_values=FLAGS)
flags.DEFINE_string("output", None, "folder for the pictures", required=True, flag_values=FLAGS)
flags.DEFINE_string("item", None, "key of the item to alter", flag_values=FLAGS)
flags.DEFINE_string("photo", None, "file of the photo to alter, instead of an item", flag_values=FLAGS)
flags.DEFINE_string("category", None, "of the garment; default: the item's", flag_values=FLAGS)
flags.DEFINE_float(
    "max_drift",
    None,
    "how far the result may be from where it starts: mean absolute difference of pixels in [-1, 1], as 0.1",
    flag_values=FLAGS,
)
flags.DEFINE_integer("every", 10, "steps between the images shown", flag_values=FLAGS)
flags.DEFINE_bool("gif", False, "also write an animation for each user", flag_values=FLAGS)
ascent_flags.define(FLAGS, several_starts=False)
_INVERSION = {
    "invert_starts": "latents that are optimised to look like the garment",
    "invert_candidates": "latents drawn first, of which those nearest to the garment are optimised",
    "invert_steps": "of Adam",
}
_SETTINGS = optional_flags.define(FLAGS, integer=_INVERSION, float={"invert_rate": "of Adam, for the inversion"})


def main(values: flags.FlagValues) -> None:
    """Flags to config, one call, a table."""
    from gan.design.tailor import tailor
    from gan.design.tailor_config import TailorConfig
    from gan.search.config import TAILORING
    from gan.search.invert import InversionConfig

    config = TailorConfig(
        recommender=values.recommender,
        gan=values.gan,
        output=values.output,
        users=values.user,
        ascent=ascent_flags.config(values, **TAILORING),
        inversion=InversionConfig(**optional_flags.given(values, _SETTINGS)),
        item=values.item,
        photo=values.photo,
        category=values.category,
        max_drift=values.max_drift,
        every=values.every,
        gif=values.gif,
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
    """Entry point of `dvbpr-tailor`."""
    app.run(main, FLAGS, argv)


if __name__ == "__main__":
    cli()
