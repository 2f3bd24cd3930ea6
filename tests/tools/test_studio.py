import pytest

from tests.support import tool
from tools import studio


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--workdir=no_such_run", "--gan=no_such_gan", "--port=0"], "error: --workdir: no_such_run"),
        (["--workdir=a", "--gan=b", "--port=70000"], "error: --port=70000: expected from 0 to 65535\n"),
        (["--workdir=a", "--gan=b", "--starts=2"], "error: --starts=2: expected at least the 4 garments of a design\n"),
        (["--workdir=a", "--gan=b", "--eta=1000"], "error: --eta=1000.0: expected from 0 to 100\n"),
    ],
)
def test_bad_flags_are_told_in_one_line(capsys, flags, said):
    status, _, err = tool.call(capsys, studio.cli, *flags)
    assert status == 1 and err.startswith(said) and err.count("\n") == 1
