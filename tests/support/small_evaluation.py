"""An evaluation of designs that takes seconds: its flags, and its config."""

from gan.evaluation.config import EvaluateConfig
from gan.search.config import resolve

TRIALS, K, STARTS = 5, 2, 3
# Two trials a part: three parts, the last of one.
SEARCH = {"starts": STARTS, "candidates": 4, "steps": 2, "batch_size": 2 * STARTS}


def flags(runs, output, *more):
    """The arguments of tools.evaluate_design on a recommender's and a GAN's workdir."""
    recommender, gan = runs
    search = [f"--{name}={value}" for name, value in SEARCH.items()]
    return [
        f"--recommender={recommender}", f"--gan={gan}", f"--output={output}", f"--trials={TRIALS}", f"--k={K}",
        *search, *more,
    ]  # fmt: skip


def config(runs, output, **given):
    """What those say."""
    recommender, gan = runs
    settings = {"trials": TRIALS, "k": K, **given}
    ascent = resolve("fast", {"choice": "softmax", **SEARCH})
    return EvaluateConfig(str(recommender), str(gan), str(output), ascent, **settings)
