"""What tools.design refuses: one line, and nothing is left."""

import pytest

from tests.support.small_design import flags
from tests.support.tool import call, fails, names
from tools import design as tool


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["--user=u999"], r"--user=u999: no such user in data set"),
        (["--user=u0,nobody"], r"--user=nobody: no such user"),
        (["--category=hats"], r"--category: category 'hats': not one the GAN was trained on (shoes, tops)"),
        (["--steps=0"], r"--steps=0: expected from 1 to 1000000"),
        (["--starts=0"], r"--starts=0: expected from 1 to 1000000"),
        (["--k=0"], r"--k=0: expected from 1 to 1000"),
        (["--k=6"], r"--k=6: only --starts=5 images are optimised; raise --starts or lower --k"),
        (["--candidates=4"], r"--candidates=4: expected 0, or from --starts=5 to a million"),
        (["--learning_rate=0"], r"--learning_rate=0.0: expected a number above 0"),
        (["--eta=-1"], r"--eta=-1.0: expected 0 or more, and finite"),
        (["--start_deviation=nan"], r"--start_deviation=nan: expected a number above 0"),
        (["--batch_size=0"], r"--batch_size=0: expected"),
        (
            ["--start_deviation=2"],
            r"--start_deviation=2.0 has no effect with --latent_form=auto: leave it out",
        ),
        (["--weights=1,2"], r"--weights has no effect for one user: leave it out, or name several with --user=KEY,KEY"),
        (["--user=u0,u1", "--weights=1,2,3"], r"--weights: 3 for 2 users; one each expected"),
        (["--weights=1,two"], r"--weights=1,two: numbers with commas between expected"),
        (["--weights=1,-1"], r"--weights=1.0,-1.0: expected numbers of at least 0, one of them above"),
        (["--weights=1", "--group=minimum"], r"expected nothing, unless --group=mean"),
    ],
)
def test_bad_flags_are_refused_in_one_line(small_recommender, lively_gan, tmp_path, capsys, given, told):
    line = fails(
        lambda *args: call(capsys, tool.cli, *args), *flags(small_recommender, lively_gan, tmp_path / "x", *given)
    )
    assert told in line
    assert names(tmp_path) == []


def test_an_output_of_other_things_stays(small_recommender, lively_gan, tmp_path, capsys):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/note.txt").write_text("mine")
    run = flags(small_recommender, lively_gan, tmp_path / "mine")
    assert "holds other things (no design.json); name a new folder as --output" in fails(
        lambda *args: call(capsys, tool.cli, *args), *run
    )
    assert names(tmp_path / "mine") == ["note.txt"] and names(tmp_path) == ["mine"]
