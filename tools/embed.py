"""Embeds any number of photos: style vectors of a trained DVBPR, or the features of a network trained on ImageNet.

    python -m tools.embed --workdir=out/run --photos=photos --output=out/embedded
    python -m tools.embed --network=resnet50 --weights=resnet50.weights.h5 --photos=photos --output=out/resnet50
    python -m tools.embed --workdir=out/run --photos=photos --output=out/embedded --beam --direct_num_workers=2

The output folder holds the vectors in shards, and the key of each. With --beam, every flag that is not listed below is
a pipeline option of Apache Beam; the vectors are the same. docs/guides/beam.md has the formats and the runners.
"""

import sys
from collections.abc import Sequence

from absl import flags

from tf_dvbpr.embedding.config import EmbedConfig
from tfrecords.errors import one_line, with_dashes

from .common import app, passed_on, setting_flags, table

FLAGS = app.new_flags(__doc__)
setting_flags.define(FLAGS, EmbedConfig)


def main(values: flags.FlagValues) -> None:
    """Turns the flags into a config, makes one call, and prints the result."""
    from tf_dvbpr.embedding.embed import embed_folder

    config = EmbedConfig(**setting_flags.given(values, EmbedConfig), pipeline=passed_on.given(values))
    record = embed_folder(config, tell=_tell).record
    bad = record["bad_photos"]
    if bad:
        print(f"left out, {len(bad)} of {record['rows'] + len(bad)} files, no photos that can be read:")
        print(table.render(["file", "reason"], [[one_line(one["photo"]), one["reason"]] for one in bad]))
    print(f"{config.output}: float32 [{record['rows']}, {record['dim']}] in {len(record['shards'])} shards, written")


def _tell(note: str) -> None:
    print(f"note: {one_line(with_dashes(note))}", file=sys.stderr)


def cli(argv: Sequence[str] | None = None) -> None:
    """Runs the command `dvbpr-embed`."""
    app.run(main, FLAGS, argv, passes_on="beam")


if __name__ == "__main__":
    cli()
