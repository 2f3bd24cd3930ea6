"""The notebook: it runs from its first cell to its last, and it says what is so."""

import ast
import json
import re

import numpy as np
import pytest
from PIL import Image

from tests.support.repository import repository

PAGE = repository() / "docs" / "quick_start.ipynb"
MOST_BYTES = 60_000
MOST_CHARACTERS = 140  # of a line of prose
TINY = {
    "OUT": "out",
    "WARDROBE": {"users": 60, "items": 120, "image_size": 32},
    "RECOMMENDER": {"image_size": 32, "dim": 8, "batch_size": 32, "max_photos": 4 * 64, "eval_every": 2},
    "GAN": {
        "image_size": 32,
        "latent_dim": 8,
        "generator_width": 8,
        "discriminator_width": 8,
        "batch_size": 8,
        "max_photos": 24,
        "measure_samples": 0,
    },
    "SEARCH": {"starts": 4, "candidates": 0, "steps": 2},
    "TAILORING": {"steps": 2, "every": 1, "invert_starts": 2, "invert_candidates": 4, "invert_steps": 2},
}


def cells(kind):
    return [cell for cell in json.loads(PAGE.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == kind]


def source(cell):
    return "".join(cell["source"])


def run(code, names):
    """Runs a cell as Jupyter does; what its last line is worth, None where it is no expression."""
    tree = ast.parse(code)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, PAGE.name, "exec"), names)
    return last and eval(compile(ast.Expression(last.value), PAGE.name, "eval"), names)


@pytest.mark.long
def test_every_cell_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names, shown = {"__name__": "__main__"}, []
    for cell in cells("code"):
        value = run(source(cell), names)
        if "parameters" in cell["metadata"].get("tags", ()):
            assert {name for name in names if name.isupper()} == set(TINY)
            names.update(TINY)
        shown.append(value)

    assert [image.size for image in shown if isinstance(image, Image.Image)] == [
        (8 * 96, 96),  # photos
        (len(names["dataset"].train_of(0)) * 96, 96),
        (8 * 96, 96),  # recommended
        (2 * 96, 96),  # the item and the new garment
        (8 * 96, 96),  # samples
        (4 * 96, 96),  # designs
        (4 * 96, 96),  # the photo, steps 0, 1 and 2
    ]
    dataset, recommender, best = names["dataset"], names["recommender"], names["best"]
    assert (dataset.num_users, dataset.num_items) == (60, 120)
    assert names["auc"].auc("oracle") > names["auc"].auc("RAND")
    scores = recommender.score(names["USER"], [best[0].item, names["new_garment"]])
    np.testing.assert_allclose(scores[0], best[0].score, rtol=1e-4)
    assert scores[1] != scores[0]
    assert shown[-1] == [one.item for one in best]  # The export recommends what the recommender does.
    assert names["tailored"].steps.tolist() == [0, 1, 2]


def test_it_is_small_and_without_outputs():
    assert PAGE.stat().st_size < MOST_BYTES
    assert not any(cell["outputs"] or cell["execution_count"] for cell in cells("code"))


def test_its_links_lead_to_pages_and_its_lines_are_short():
    for text in map(source, cells("markdown")):
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", text):
            assert (PAGE.parent / target).exists(), target
        assert not [line for line in text.splitlines() if len(line) > MOST_CHARACTERS]
