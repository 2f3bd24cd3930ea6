"""Measures how well the taste of a guest is found: users of a run are taken for guests who like their purchases.

    python -m benchmarks.guest --workdir=out/demo/run

A user's photos are some of the training purchases. The AUC is over the user's held-out purchase against all items that
the user does not own, as in docs/reference/auc.md. It is compared with the user's own factors, which were trained on
all training purchases of the user, and with the mean of all users' factors.
"""

from collections.abc import Sequence

import numpy as np
from absl import flags

from tf_dvbpr.ranking.score_checks import factors_for
from tf_dvbpr.recommender.guest import guest_taste
from tf_dvbpr.workdir import Workdir
from tools.common import app, table

PHOTOS, RIDGES = (1, 2, 4), (0.01, 0.1, 1.0)

FLAGS = app.new_flags(__doc__)
flags.DEFINE_string("workdir", None, "folder of a training of DVBPR", required=True, flag_values=FLAGS)
flags.DEFINE_string("dataset", None, "where its data set is now, if it was moved", flag_values=FLAGS)
flags.DEFINE_enum("split", "test", ["validation", "test"], "whose purchases the AUC is over", flag_values=FLAGS)
flags.DEFINE_integer("users", 200, "number of users", lower_bound=1, flag_values=FLAGS)


def measure(workdir: str, moved_to: str | None, split: str, most: int) -> list[tuple[str, str]]:
    """Returns rows of what is compared and its mean AUC with the standard error."""
    run = Workdir.open(workdir, moved_to)
    dataset = run.dataset()
    users, items = factors_for(run.factors().visual_part(), dataset)
    indptr, owned = dataset.own_items()
    held = getattr(dataset, split)
    counts = np.diff(dataset.train_indptr)
    asked = np.flatnonzero((counts >= max(PHOTOS)) & (held >= 0))
    asked = np.random.default_rng(0).permutation(asked)[:most]

    def auc(taste: np.ndarray, user: int) -> float:
        scores = items @ taste
        others = np.delete(scores, owned[indptr[user] : indptr[user + 1]])
        return float((others < scores[held[user]]).mean())

    def row(name: str, tastes: list[np.ndarray]) -> tuple[str, str]:
        found = np.array([auc(taste, user) for taste, user in zip(tastes, asked, strict=True)])
        return name, f"{found.mean():.3f} +- {found.std() / len(found) ** 0.5:.3f}"

    rows = [row("mean user", [users.mean(0)] * len(asked)), row("the user's own factors", list(users[asked]))]
    for count in PHOTOS:
        for ridge in RIDGES:
            liked = [items[dataset.train_of(user)[:count]] for user in asked]
            tastes = [guest_taste(one, items, users, ridge=ridge) for one in liked]
            rows.append(row(f"guest, photos: {count}, ridge {ridge:g}", tastes))
    return rows


def main(values: flags.FlagValues) -> None:
    print(
        table.render(["taste", "AUC"], measure(values.workdir, values.dataset, values.split, values.users), left=(0,))
    )


def cli(argv: Sequence[str] | None = None) -> None:
    app.run(main, FLAGS, argv)


if __name__ == "__main__":
    cli()
