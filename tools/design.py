"""Designs garments for people: what each would like best of a category, beside what they bought and what there is.

    python -m tools.design --recommender=out/run --gan=out/gan --user=u00012 --category=women_tops --output=out/design
    python -m tools.design --recommender=out/run --gan=out/gan --user=u00012,u00040,u00200 --output=out/group

Several users get designs of their own and one for all of them together (--group). The folder gets design.png, every
garment as a PNG, design.json with all figures, and latents.npz, which tools.sample_gan --latents draws again.
"""

from collections.abc import Sequence

from absl import flags

from tools.common import app, ascent_flags, table

FLAGS = app.new_flags(__doc__)
flags.DEFINE_string("recommender", None, "folder of a training of DVBPR", required=True, flag_values=FLAGS)
flags.DEFINE_string("gan", None, "folder of a training of the GAN", required=True, flag_values=FLAGS)
flags.DEFINE_string("user", None, "the user's key, or several with commas between", required=True, flag_values=FLAGS)
flags.DEFINE_string("output", None, "folder for the designs", required=True, flag_values=FLAGS)
flags.DEFINE_string(
    "category", None, "a category, or several with commas between; default: all that the GAN draws", flag_values=FLAGS
)
flags.DEFINE_integer("k", 3, "garments to retrieve and to design", flag_values=FLAGS)
flags.DEFINE_enum(
    "group",
    "mean",
    ["mean", "minimum", "none"],
    "of several users together: mean: the highest mean score; minimum: the most content least content member; none: "
    "each alone",
    flag_values=FLAGS,
)
flags.DEFINE_list("weights", [], "of the users in --group=mean, as 2,1,1; default: equal", flag_values=FLAGS)
flags.DEFINE_bool("trajectory", False, "also draw how each search went", flag_values=FLAGS)
ascent_flags.define(FLAGS)


def main(values: flags.FlagValues) -> None:
    """Flags to config, one call, a table."""
    from gan.design.design_config import DesignConfig
    from gan.design.designs import design_garments

    config = DesignConfig(
        recommender=values.recommender,
        gan=values.gan,
        output=values.output,
        users=values.user,
        ascent=ascent_flags.config(values),
        categories=(values.category,) if values.category else (),
        k=values.k,
        group=values.group,
        weights=ascent_flags.numbers(values.weights, "weights"),
        trajectory=values.trajectory,
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
    """Entry point of `dvbpr-design`."""
    app.run(main, FLAGS, argv)


if __name__ == "__main__":
    cli()
