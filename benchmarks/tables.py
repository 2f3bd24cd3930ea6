"""Measures what 30 million purchases cost in time and memory on their way from a table into the split.

    python -m benchmarks.tables --folder=out/purchases                 # makes the tables once, then measures Parquet
    python -m benchmarks.tables --folder=out/purchases --form=csv

The purchases are made up, in the size and form of H&M's: 1.37 million customers with ids of 64 letters, 105542 articles
with ids of ten digits, two years of days in order, few popular articles and many rare ones. pyarrow's distinct of the
same rows (read the two columns, `group_by(...).aggregate([])`) is the measure. Each is run in a process of its own.
"""

import csv
import hashlib
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from absl import flags

from tools.common import app

FLAGS = app.new_flags(__doc__)
flags.DEFINE_string(
    "folder", None, "the folder of the tables, made if it is not there", required=True, flag_values=FLAGS
)
flags.DEFINE_enum("form", "parquet", ("parquet", "csv"), "the form that is read", flag_values=FLAGS)
flags.DEFINE_enum("only", None, ("split", "distinct"), "measure only this, in this process", flag_values=FLAGS)
flags.DEFINE_integer("rows", 30_000_000, "number of purchases", lower_bound=1000, flag_values=FLAGS)

_CUSTOMERS, _ARTICLES, _DAYS = 1_371_980, 105_542, 734
_BLOCK = 1 << 20
_FIRST_DAY = np.datetime64("2018-09-20")


def main(values: flags.FlagValues) -> None:
    """Makes the tables, then measures both ways, or measures one."""
    folder = Path(values.folder) / values.form
    if values.only is not None:
        {"split": _split, "distinct": _distinct}[values.only](folder)
        return
    if not folder.is_dir():
        _make(folder, values.rows)
    for name in ("distinct", "split"):
        flag = [f"--folder={values.folder}", f"--form={values.form}", f"--only={name}"]
        subprocess.run([sys.executable, "-m", "benchmarks.tables", *flag], check=True)


def _split(folder: Path) -> None:
    """Prints the time to read both tables, and to split all purchases."""
    from tfrecords.sources.shop import ShopOptions
    from tfrecords.sources.tables import TableSource

    started, spent = time.perf_counter(), time.process_time()
    source = TableSource(folder, options=ShopOptions())
    _print("tables read", started, spent)
    purchases = source._purchases
    purchases.items_of_kept_users()
    _print("distinct purchases", started, spent)
    users = source.users()
    _print(f"split of {len(users)} users", started, spent)


def _distinct(folder: Path) -> None:
    """Prints the time of pyarrow's distinct of the same rows."""
    import pyarrow.csv
    import pyarrow.parquet

    started, spent = time.perf_counter(), time.process_time()
    if folder.name == "parquet":
        table = pyarrow.parquet.read_table(folder / "interactions.parquet", columns=["user_id", "item_id"])
    else:
        options = pyarrow.csv.ConvertOptions(
            include_columns=["user_id", "item_id"], column_types={"item_id": pyarrow.string()}
        )
        table = pyarrow.csv.read_csv(folder / "interactions.csv", convert_options=options)
    found = table.group_by(["user_id", "item_id"]).aggregate([])
    _print(f"pyarrow's distinct, {found.num_rows} of {table.num_rows} rows", started, spent)


def _print(what: str, started: float, spent: float) -> None:
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    seconds, busy = time.perf_counter() - started, time.process_time() - spent
    print(f"{what}: {seconds:.1f} s, {busy:.1f} s of processor time, at most {most:.2f} GiB", flush=True)


def _make(folder: Path, rows: int) -> None:
    """Writes interactions and items."""
    import pyarrow as pa
    import pyarrow.parquet

    folder.mkdir(parents=True)
    articles = [f"{100_000_000 + 7919 * article:010d}" for article in range(_ARTICLES)]
    with (folder / "items.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["item_id", "image"])
        table.writerows([article, f"images/{article[:3]}/{article}.jpg"] for article in articles)
    customers = [hashlib.sha256(str(customer).encode()).hexdigest() for customer in range(_CUSTOMERS)]
    customers, articles = pa.array(customers), pa.array(articles)
    schema = pa.schema([("user_id", pa.string()), ("item_id", pa.string()), ("timestamp", pa.string())])
    draw = np.random.default_rng(0)
    writer = None
    if folder.name == "parquet":
        writer = pyarrow.parquet.ParquetWriter(folder / "interactions.parquet", schema)
    else:
        import pyarrow.csv

        writer = pyarrow.csv.CSVWriter(folder / "interactions.csv", schema)
    with writer:
        for start in range(0, rows, _BLOCK):
            count = min(_BLOCK, rows - start)
            # Squares and cubes of uniform numbers: some buy often, and few articles are popular.
            who = (draw.random(count) ** 2 * _CUSTOMERS).astype(np.int64)
            what = (draw.random(count) ** 3 * _ARTICLES).astype(np.int64)
            days = _FIRST_DAY + (np.arange(start, start + count) * _DAYS // rows)
            columns = [customers.take(pa.array(who)), articles.take(pa.array(what)), pa.array(days.astype(str))]
            writer.write_table(pa.table(columns, schema=schema))


if __name__ == "__main__":
    app.run(main, FLAGS)
