"""Configures a search for designs that takes seconds: the flags of tools.design, and the config."""

from gan.design.design_config import DesignConfig
from gan.search.config import resolve

STARTS, STEPS, K = 5, 4, 2
# One query per part, so a killed run loses at most one.
SEARCH = {"starts": STARTS, "steps": STEPS, "batch_size": STARTS, "candidates": 8}


def config(recommender, gan, output, search=None, **given):
    settings = {"users": "u0,u1", "k": K, "weights": (3.0, 1.0), "trajectory": True, **given}
    ascent = resolve("fast", {**SEARCH, **(search or {})})
    return DesignConfig(recommender=str(recommender), gan=str(gan), output=str(output), ascent=ascent, **settings)


def flags(recommender, gan, output, *more):
    search = [f"--{name}={value}" for name, value in SEARCH.items()]
    return [f"--recommender={recommender}", f"--gan={gan}", f"--output={output}", "--user=u0", *search, *more]
