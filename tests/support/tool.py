"""Runs a tool in this process, as its command does."""

from tfrecords.files.written_list import LIST


def call(capsys, cli, *arguments):
    """Runs a tool's `cli` and returns (exit status, stdout, stderr)."""
    capsys.readouterr()
    status = 0
    try:
        cli(["tool", *map(str, arguments)])
    except SystemExit as end:
        status = end.code
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def run(capsys, cli, *arguments):
    """Runs a tool's `cli` and returns (exit status, stdout, stderr's lines without progress bars)."""
    status, out, err = call(capsys, cli, *arguments)
    lines = err.replace("\r", "\n").splitlines()
    return status, out, [line for line in lines if line.strip() and "%|" not in line]


def names(folder):
    """Returns the sorted names in a folder, without its list of files."""
    return sorted(path.name for path in folder.iterdir() if path.name != LIST)


def fails(run, *arguments):
    """Returns the one line of a refusal, which may follow a progress bar; `run` is `call` with its tool."""
    status, _, err = run(*arguments)
    assert status == 1 and err.count("error: ") == 1 and "Traceback" not in err
    line = err[err.index("error: ") :]
    assert line.count("\n") == 1
    return line
