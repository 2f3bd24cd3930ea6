"""Configures an evaluation of designs that takes seconds: the flags and the config."""

from gan.evaluation.config import EvaluateConfig
from gan.search.config import resolve

TRIALS, K, STARTS = 5, 2, 3
# Two trials per part: three parts, the last with one trial.
SEARCH = {"starts": STARTS, "candidates": 4, "steps": 2, "batch_size": 2 * STARTS}


def flags(runs, output, *more):
    """Returns the arguments of tools.evaluate_design for the workdirs of a recommender and a GAN."""
    recommender, gan = runs
    search = [f"--{name}={value}" for name, value in SEARCH.items()]
    return [
        f"--recommender={recommender}", f"--gan={gan}", f"--output={output}", f"--trials={TRIALS}", f"--k={K}",
        *search, *more,
    ]  # fmt: skip


def config(runs, output, **given):
    """Returns the config of these flags."""
    recommender, gan = runs
    settings = {"trials": TRIALS, "k": K, **given}
    ascent = resolve("fast", {"choice": "softmax", **SEARCH})
    return EvaluateConfig(str(recommender), str(gan), str(output), ascent, **settings)
