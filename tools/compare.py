"""The paper's Table III on a data set: every model tuned on validation, the best of each tested once.

    python -m tools.compare --dataset=out/fashion --output=out/table3 --models=all --grid=quick
    python -m tools.compare --dataset=out/fashion --output=out/table3 --models=bpr_mf,vbpr,dvbpr --dvbpr_workdir=out/run

Runs that are done are not run again; one that was ended goes on. Writes table3.md, .csv, .tex, .json and .png into the
output folder. docs/guides/compare.md says how models are tuned, docs/reference/baselines.md how to add one.
"""

from collections.abc import Sequence
from pathlib import Path

from absl import flags

from .common import app, table

FLAGS = app.new_flags(__doc__)
flags.DEFINE_string("dataset", None, "folder that tools.build_dataset left", required=True, flag_values=FLAGS)
flags.DEFINE_string("output", None, "folder for the table and all runs", required=True, flag_values=FLAGS)
flags.DEFINE_list(
    "models",
    "all",
    "all, or some of rand, poprank, warp, bpr_mf, visrank, fm, vbpr, dvbpr; model:features for other features",
    flag_values=FLAGS,
)
flags.DEFINE_enum(
    "grid",
    "quick",
    ["paper", "quick", "none"],
    "paper: 7 regularisers x 3 numbers of factors; quick: 3 regularisers; none: the defaults",
    flag_values=FLAGS,
)
flags.DEFINE_integer("seeds", 1, "seeds; the first tunes, the others repeat what it chose", flag_values=FLAGS)
flags.DEFINE_string("features", None, "name of the item features; the only ones if not given", flag_values=FLAGS)
flags.DEFINE_list(
    "dvbpr_workdir", [], "trained DVBPR, at most one run a seed, instead of training it", flag_values=FLAGS
)
flags.DEFINE_enum(
    "dvbpr_preset", "fast", ["fast", "paper", "release"], "of the DVBPR that is trained", flag_values=FLAGS
)
flags.DEFINE_integer(
    "dvbpr_photos", 0, "end its training at this many photos; 0: the preset's length", flag_values=FLAGS
)


def main(values: flags.FlagValues) -> None:
    """Flags to config, one comparison, the table."""
    from tf_dvbpr.comparison import tables
    from tf_dvbpr.comparison.compare import compare
    from tf_dvbpr.comparison.config import CompareConfig

    config = CompareConfig(
        dataset=values.dataset,
        output=values.output,
        models=tuple(values.models),
        grid=values.grid,
        seeds=values.seeds,
        features=values.features,
        dvbpr_workdirs=tuple(values.dvbpr_workdir),
        dvbpr_preset=values.dvbpr_preset,
        dvbpr_photos=values.dvbpr_photos,
    )
    result = compare(config)
    files = tables.write(result, Path(values.output))
    sizes = result["data_set"]
    print(f"\n{sizes['name']}: {sizes['users']} users, {sizes['items']} items, {sizes['interactions']} interactions\n")
    headers, rows = tables.table_three(result)
    print(table.render(headers, rows, left=(0, len(headers) - 1)))
    print("\n".join(["", *tables.notes(result), *tables.difference_lines(result)]))
    if len(files) < 5:
        print("no bar chart: pip install matplotlib (or the extra report) and run this again")
    print(f"written to {values.output}: {', '.join(file.name for file in files)}")


def cli(argv: Sequence[str] | None = None) -> None:
    """Entry point of `dvbpr-compare`."""
    app.run(main, FLAGS, argv)


if __name__ == "__main__":
    cli()
