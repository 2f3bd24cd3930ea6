"""The section on the recommender: its learning curves, its AUC beside the reference rankings, its settings."""

import math

from tf_dvbpr.baselines.config import BaselineConfig
from tf_dvbpr.dvbpr.config import TrainConfig
from tf_dvbpr.report.blocks import Section, folded, note, table, text
from tf_dvbpr.report.curves import Chart, draw
from tf_dvbpr.report.dot_plot import Row, dot_plot
from tf_dvbpr.report.formats import number, setting, whole, with_error, words
from tf_dvbpr.report.history import History
from tf_dvbpr.report.json_input import as_written_by, read_json
from tf_dvbpr.report.markup import Html, join, tag
from tf_dvbpr.workdir import Workdir
from tfrecords.errors import InputError

_AUC_FILE, _AUC_TOOL = "auc.json", "tools.evaluate_auc"
_ROWS = 40  # validations in the table at most


def read_auc(workdir: Workdir) -> dict | None:
    """Reads the auc.json of tools.evaluate_auc in the workdir; None if there is none.

    Raises InputError if it is damaged or belongs to another data set.
    """
    file = workdir.path / _AUC_FILE
    if not file.exists():
        return None
    result = read_json(workdir.path, _AUC_FILE, _AUC_TOOL)
    if result.get("fingerprint") != workdir.config["dataset_fingerprint"]:
        raise InputError(f"{file}: of another data set than {workdir.path}; run {_AUC_TOOL} again")
    return result


def own_row(result: dict, workdir: Workdir) -> dict:
    """Returns the run's own test figures from the result of `read_auc`."""
    with as_written_by(_AUC_TOOL, workdir.path / _AUC_FILE):
        return result["rows"][_own_row(result)]["test"]


def recommender_section(workdir: Workdir, history: History, auc: dict | None) -> Section:
    """Returns the section: curves if the model is trained in steps, and the AUC table if there is one."""
    parts = [
        told(history),
        _curves(history),
        _validations(history),
        _auc(workdir, history, auc),
        settings(workdir, _config_of(workdir)),
    ]
    return Section("recommender", "Recommender", f"The recommender: {workdir.model_name}", join(*parts))


def told(history: History) -> Html:
    """Returns a note on what is wrong with a run's validations, if anything."""
    return note(history.remark) if history.remark else Html("")


def _config_of(workdir: Workdir) -> type:
    return TrainConfig if workdir.config["model"] == "dvbpr" else BaselineConfig


def settings(workdir: Workdir, config: type) -> Html:
    """Returns every setting of a training, folded; `config` is the class of the settings."""
    workdir.settings(config)  # Refuses a setting of another type.
    rows = [[words(name), setting(value)] for name, value in workdir.config["train"].items()]
    return folded("Settings of this training", table("Settings", ["setting", "value"], rows, left=(0, 1)))


def _curves(history: History) -> Html:
    if not history.lines:
        return Html("")
    best = history.best
    auc = history.figure("auc/validation_all")
    mark = (float(best[history.unit]), f"best {number(auc)} at step {whole(best['step'])}") if best else None
    x_label = {"photos": "photos through the network", "step": "steps"}.get(history.unit, history.unit)
    part = "loss.bpr" if "bpr" in history.losses() else "loss.ranking"
    curves = [history.curve("all users", "auc/validation_all"), history.curve("cold items", "auc/validation_cold")]
    penalties = [name for name in history.losses() if name.endswith("penalty")]
    charts = [
        Chart("Validation AUC", x_label, "AUC", curves, mark),
        Chart("Ranking loss", x_label, "loss a step", [history.curve("training", part)]),
        Chart(
            "Penalties",
            x_label,
            "loss a step",
            [history.curve(f"{name.split('_')[0]}", f"loss.{name}") for name in penalties],
        ),
    ]
    drawn = tag("div", *map(draw, charts), class_="charts")
    return join(
        text("The figures of each validation; the losses are means over the steps since the one before."), drawn
    )


def _validations(history: History) -> Html:
    if not history.lines:
        return Html("")
    lines, losses = history.thinned(_ROWS), history.losses()
    rows = [
        [
            whole(int(line["step"])) + (" (best)" if line is history.best else ""),
            number(history.figure("auc/validation_all", line), 4),
            number(history.figure("auc/validation_cold", line), 4),
            *(number(line.get("loss", {}).get(name), 2) for name in losses),
        ]
        for line in lines
    ]
    headers = ["step", "AUC, all", "AUC, cold", *map(words, losses)]
    return folded("The same as a table", table("Validations", headers, rows))


def _auc(workdir: Workdir, history: History, auc: dict | None) -> Html:
    if auc is None:
        return text(
            "No test AUC yet: ", tag("code", f"python -m {_AUC_TOOL} --workdir={workdir.path}"), " measures it."
        )
    with as_written_by(_AUC_TOOL, workdir.path / _AUC_FILE):
        return join(*_auc_parts(history, auc))


def _auc_parts(history: History, auc: dict) -> list[Html]:
    rows = auc["rows"]
    groups = auc.get("groups", ["all", "cold"])  # Files of earlier versions do not name them.
    columns = [(split, group) for split in ("validation", "test") for group in groups]
    cells = [
        [row["name"], *(with_error(row[split][group], row[split][f"{group}_se"], 4) for split, group in columns)]
        for row in rows
    ]
    own = _own_row(auc)
    plotted = [group for group in ("all", "cold", "warm") if group in groups]
    plot = dot_plot(
        "Test AUC",
        ["all users" if group == "all" else f"{group} items" for group in plotted],
        [
            Row(
                row["name"],
                [row["test"][group] for group in plotted],
                [row["test"][f"{group}_se"] for group in plotted],
            )
            for row in rows
        ],
    )
    how = "over 100 random items a user, as in the authors' evaluator"
    if auc["protocol"] == "exact":
        how = "over all items" + (", a tie half a win" if auc["ties"] == "half" else "")
    users = rows[own]["test"]
    told = text(
        f"AUC {how}, ± its standard error over users: {whole(users['all_users'])} of them in the test, of whom "
        f"{whole(users['cold_users'])} have a cold held-out item"
        + (f" and {whole(users['warm_users'])} a warm one" if "warm" in groups else "")
        + (f" ({whole(users['new_users'])} more bought nothing in training)" if users.get("new_users") else "")
        + ". RAND orders at random, PopRank by the number of "
        "purchases" + (", the oracle by the true tastes." if any(row["name"] == "oracle" for row in rows) else ".")
    )
    parts = [tag("h3", "How well it ranks"), plot, told]
    if history.best is not None and auc["step"] != history.best["step"]:
        parts.append(
            note(
                f"This AUC is of step {whole(auc['step'])}, but the best step is {whole(history.best['step'])} by now: "
                f"run {_AUC_TOOL} again."
            )
        )
    strong = [(own, column) for column in range(1, len(columns) + 1)]
    headers = ["ranking", *(f"{split}, {group}" for split, group in columns)]
    return [*parts, table("AUC", headers, cells, strong=strong)]


def headline(auc: dict | None, workdir: Workdir, history: History) -> list[tuple[str, str, str]]:
    """Returns the run's tiles: the test AUC if it was measured, otherwise the validation AUC."""
    groups = (("all", "all users"), ("cold", "cold items"))
    if auc is not None:
        row = own_row(auc, workdir)
        with as_written_by(_AUC_TOOL, workdir.path / _AUC_FILE):
            return [
                (f"test AUC, {name}", number(row[group]), f"± {number(row[f'{group}_se'])}")
                for group, name in groups
                if row[group] is not None and math.isfinite(row[group])
            ]
    figures = [(name, history.figure(f"auc/validation_{group}")) for group, name in groups]
    return [(f"validation AUC, {name}", number(value), "") for name, value in figures if value is not None]


def _own_row(auc: dict) -> int:
    """Returns the position of the evaluated model's row. Raises ValueError if no row has its name."""
    names = [row["name"] for row in auc["rows"]]
    if auc["model"] not in names:
        raise ValueError(f"model {auc['model']!r:.60} has no row; the rows are {', '.join(map(str, names)):.200}")
    return names.index(auc["model"])
