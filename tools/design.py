"""Designs the garments of a category that users would like best, beside their purchases and the best existing items.

    python -m tools.design --recommender=out/run --gan=out/gan --user=u00012 --category=women_tops --output=out/design
    python -m tools.design --recommender=out/run --gan=out/gan --user=u00012,u00040,u00200 --output=out/group

Several users get their own designs and one for all of them together (--group). The output folder has design.png, every
garment as a PNG, design.json with all figures, and latents.npz, from which tools.sample_gan --latents draws them again.
"""

from collections.abc import Sequence

from absl import flags

from gan.design.design_config import DesignConfig

from .common import app, ascent_flags, setting_flags, table

FLAGS = app.new_flags(__doc__)
setting_flags.define(FLAGS, DesignConfig, leave_out=("users", "categories"))
flags.DEFINE_string("user", None, "the user's key, or several with commas between", required=True, flag_values=FLAGS)
flags.DEFINE_string(
    "category", None, "a category, or several with commas between; default: all that the GAN draws", flag_values=FLAGS
)
ascent_flags.define(FLAGS)


def main(values: flags.FlagValues) -> None:
    """Turns the flags into a config, makes one call, and prints a table."""
    from gan.design.designs import design_garments

    settings = setting_flags.given(values, DesignConfig)
    config = DesignConfig(
        **{**settings, "weights": ascent_flags.numbers(settings.get("weights", ()), "weights")},
        users=values.user,
        categories=(values.category,) if values.category else (),
        ascent=ascent_flags.config(values),
    )
    result = design_garments(config)
    for note in result["notes"]:
        print(f"note: {note}")
    rows = []
    for entry in result["designs"]:
        whom = entry["users"][0] if entry["group"] is None else f"{len(entry['users'])} users ({entry['group']})"
        best = entry["designed"][0]
        rows.append(
            (
                whom,
                entry["category"],
                f"{max(one['score'] for one in entry['retrieved']):.3f}" if entry["retrieved"] else "-",
                f"{best['score']:.3f}",
                f"{best['realness']:.2f}",
                "-" if best["better_than"] is None else f"{100 * best['better_than']:.1f} %",
            )
        )
    print(table.render(["for", "category", "retrieved", "designed", "D", "better than"], rows, left=(0, 1)))
    dropped = sum(entry["dropped_starts"] for entry in result["designs"])
    if dropped:
        print(f"{dropped} starts were dropped: their figures were not finite")
    print(f"{values.output}: {', '.join(result['files'])} and a PNG of each garment")


def cli(argv: Sequence[str] | None = None) -> None:
    """Runs the command `dvbpr-design`."""
    app.run(main, FLAGS, argv)


if __name__ == "__main__":
    cli()
