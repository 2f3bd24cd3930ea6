"""A DVBPR small enough to be trained within a test."""

from tf_dvbpr.train import resolve, train

SMALL = {"image_size": 32, "dim": 8, "batch_size": 16, "shared_negatives": 8, "epochs": 1.0, "eval_every": 4}


def settings(**given):
    merged = {**SMALL, **given}
    if merged.get("negatives") == "one":
        del merged["shared_negatives"]
    return merged


def config_for(dataset, workdir, preset="fast", **given):
    return resolve(str(dataset), str(workdir), preset, settings(**given))


def train_quietly(config):
    return train(config, show_progress=False)
