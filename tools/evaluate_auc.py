"""Computes the AUC of a trained recommender beside RAND, PopRank and, on synthetic data, the oracle.

    python -m tools.evaluate_auc --workdir=out/run
    python -m tools.evaluate_auc --factors=mine.npz --dataset=out/fashion

The table has validation and test AUC of each ranking, over all users, warm items (5 or more purchases in training) and
cold items (fewer), with standard errors over users. With a split by date it also has unseen items, which nobody bought
before. docs/reference/auc.md has the definition. Writes auc.json into the workdir.
"""

from collections.abc import Sequence

from absl import flags

from tf_dvbpr.recommender.config import EvaluateConfig

from .common import app, setting_flags, table

FLAGS = app.new_flags(__doc__)
setting_flags.define(FLAGS, EvaluateConfig)


def main(values: flags.FlagValues) -> None:
    """Turns the flags into a config, makes one evaluation, and prints the table."""
    from tf_dvbpr.recommender.evaluate import evaluate

    result = evaluate(EvaluateConfig(**setting_flags.given(values, EvaluateConfig)))
    print(
        f"AUC on {result['data_set']} ({result['users']} users, {result['items']} items), {result['model']} at step "
        f"{result['step']}, protocol {result['protocol']}, ties {result['ties']}; +- is the standard error over users\n"
    )
    columns = [(split, group) for split in ("validation", "test") for group in result["groups"]]
    headers = ["", *(f"{split} {group}" for split, group in columns)]
    rows = [[row["name"], *(_figure(row[split], group) for split, group in columns)] for row in result["rows"]]
    model = result["rows"][2]
    counts = ["users", *(str(model[split][f"{group}_users"]) for split, group in columns)]
    print(table.render(headers, [*rows, counts]))
    for split in ("validation", "test"):
        if model[split]["new_users"]:
            print(f"{split}: {model[split]['new_users']} users without a purchase in training are in no figure")


def _figure(report: dict, group: str) -> str:
    value, error = report[group], report[f"{group}_se"]
    if value is None:
        return "-"
    return f"{value:.4f} +- {'-' * 6 if error is None else format(error, '.4f')}"


def cli(argv: Sequence[str] | None = None) -> None:
    """Runs the command `dvbpr-evaluate-auc`."""
    app.run(main, FLAGS, argv)


if __name__ == "__main__":
    cli()
