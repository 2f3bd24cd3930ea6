"""tools.train_baseline."""

from tests.support.tool import call
from tf_dvbpr.workdir import Workdir
from tools import train_baseline


def test_the_closing_line_tells_what_was_trained(capsys, planted_folder, tmp_path):
    status, out, _ = call(
        capsys, train_baseline.cli, f"--dataset={planted_folder}", f"--workdir={tmp_path}/run", "--model=poprank"
    )
    assert status == 0 and out.startswith(f"{tmp_path}/run: PopRank, best validation AUC ") and out.count("\n") == 1
    assert Workdir.open(tmp_path / "run").config["model"] == "poprank"


def test_a_missing_data_set_is_told_in_one_line(capsys, tmp_path):
    status, out, errors = call(
        capsys, train_baseline.cli, f"--dataset={tmp_path}/no", f"--workdir={tmp_path}/run", "--model=poprank"
    )
    assert status == 1 and out == "" and errors.startswith(f"error: {tmp_path}/no: no data set here")
    assert list(tmp_path.iterdir()) == []
