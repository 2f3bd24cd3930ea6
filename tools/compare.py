"""Makes the paper's Table III for a data set: tunes every model on validation, and tests the best of each once.

    python -m tools.compare --dataset=out/fashion --output=out/table3 --models=all --grid=quick
    python -m tools.compare --dataset=out/fashion --output=out/table3 --models=bpr_mf,vbpr,dvbpr --dvbpr_workdir=out/run

Finished runs are not repeated; an interrupted run resumes. Writes table3.md, .csv, .tex, .json and .png, and
table3_pairs.csv, into the output folder. docs/guides/compare.md says how models are tuned and compared,
docs/reference/baselines.md how to add one.
"""

from collections.abc import Sequence
from pathlib import Path

from absl import flags

from tf_dvbpr.comparison.config import CompareConfig

from .common import app, setting_flags, table

FLAGS = app.new_flags(__doc__)
setting_flags.define(FLAGS, CompareConfig)


def main(values: flags.FlagValues) -> None:
    """Turns the flags into a config, makes one comparison, and prints the table."""
    from tf_dvbpr.comparison import tables
    from tf_dvbpr.comparison.compare import compare

    result = compare(CompareConfig(**setting_flags.given(values, CompareConfig)))
    files = tables.write(result, Path(values.output))
    sizes = result["data_set"]
    print(f"\n{sizes['name']}: {sizes['users']} users, {sizes['items']} items, {sizes['interactions']} interactions\n")
    headers, rows = tables.table_three(result)
    print(table.render(headers, rows, left=(0, len(headers) - 1)))
    print("\n".join(["", *tables.notes(result), *tables.difference_lines(result)]))
    if wins := tables.win_lines(result):
        print("\n".join(["wins over the same users, shown by paired tests (table3.md has every pair):", *wins]))
    if files[-1].suffix != ".png":
        print("no bar chart: pip install matplotlib (or the extra report) and run this again")
    print(f"written to {values.output}: {', '.join(file.name for file in files)}")


def cli(argv: Sequence[str] | None = None) -> None:
    """Runs the command `dvbpr-compare`."""
    app.run(main, FLAGS, argv)


if __name__ == "__main__":
    cli()
