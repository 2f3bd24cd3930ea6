import pytest

from tf_dvbpr.training.metrics_log import MetricsLog

WHOLE = b'{"step": 1, "loss": 3}\n'


@pytest.mark.parametrize(
    "broken",
    [b'{"step": 2, "lo\xffss": 2}', b"[" * 100_000, b'{"step": 1' + b"0" * 400 + b"}"],
    ids=["bytes", "deep", "large"],
)
def test_a_damaged_line_is_named_and_stays_as_it_is(tmp_path, broken):
    file = tmp_path / "metrics.jsonl"
    file.write_bytes(WHOLE + broken + b'\n{"step": 3, "loss": 1}\n')
    log = MetricsLog(file)
    assert [line["step"] for line in log.read()] == [1, 3]
    assert log.remark() == "metrics.jsonl: line 2 is damaged and left out"
    log.cut_after(3)
    assert file.read_bytes() == WHOLE + broken + b'\n{"step": 3, "loss": 1}\n'


@pytest.mark.parametrize(("end", "told"), [(b"", ""), (b"\n", "metrics.jsonl: line 2 is damaged and left out")])
def test_a_last_line_is_damaged_where_it_has_an_end(tmp_path, end, told):
    file = tmp_path / "metrics.jsonl"
    file.write_bytes(WHOLE + b'{"step": 2, "lo' + end)
    assert MetricsLog(file).remark() == told
