import tracemalloc

import numpy as np

from tfrecords.sources.csv_files import CsvSource
from tfrecords.sources.shop import ShopOptions


def test_a_row_of_a_large_table_takes_few_bytes(tmp_path):
    """These take 147 bytes an item. An object and an entry of a dict for each item and user took 354."""
    items, users, each = 10_000, 5_000, 4
    lines = [f"{item + 10**9},images/{item + 10**9}.jpg,c{item % 9}\n" for item in range(items)]
    (tmp_path / "items.csv").write_text("item_id,image,category\n" + "".join(lines))
    bought = np.random.default_rng(0).permutation(items * 2).reshape(users, each) // 2
    lines = [f"user{user + 10**6},{item + 10**9}\n" for user, row in enumerate(bought.tolist()) for item in row]
    (tmp_path / "interactions.csv").write_text("user_id,item_id\n" + "".join(lines))
    del lines, bought
    tracemalloc.start()
    try:
        source = CsvSource(tmp_path, options=ShopOptions(min_actions=3))
        read, _ = tracemalloc.get_traced_memory()
        split = source.users()
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(split) > 0.9 * users and len(source._products) == items
    assert read / items < 220 and kept / items < 220
