"""Runs tools.download_photos on a table of addresses and reads the files that it writes."""

import csv

from tests.support.shop import write_table
from tests.support.tool import names, run
from tools.download_photos import cli

QUICK = ("--timeout=0.5", "--backoff=0.01", "--retries=2", "--delay=0")


def items_csv(tmp_path, urls, column="url"):
    path = tmp_path / "items.csv"
    write_table(path, ["item_id", column], urls.items())
    return path


def fetch(capsys, tmp_path, urls, *flags):
    return run(capsys, cli, f"--input={items_csv(tmp_path, urls)}", f"--images={tmp_path}/photos", *QUICK, *flags)


def fetch_beside_good(capsys, tmp_path, server, key, url):
    """Fetches `url` for `key`, which must fail, and a good photo, which must succeed; returns why it failed."""
    status, _, _ = fetch(capsys, tmp_path, {key: url, "good": server.url + "/photo"})
    assert status == 0
    assert photos(tmp_path) == ["good.jpg"]
    return failures(tmp_path)[key][1]


def counts(out):
    """Returns the last table of the output as a dict."""
    rows = [line.rsplit(maxsplit=1) for line in out.splitlines()[2:] if line.rsplit(maxsplit=1)[-1].isdecimal()]
    return {name.strip(): int(count) for name, count in rows}


def failures(tmp_path):
    with (tmp_path / "photos/failures.csv").open(newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["item", "url", "reason"]
    return {item: (url, reason) for item, url, reason in rows}


def photos(tmp_path):
    return [name for name in names(tmp_path / "photos") if name != "failures.csv"]
