"""Runs a tool in this process, as its command would."""

from tfrecords.files.written_list import LIST


def call(capsys, cli, *arguments):
    """(exit status, stdout, stderr) of a tool's `cli`."""
    capsys.readouterr()
    status = 0
    try:
        cli(["tool", *map(str, arguments)])
    except SystemExit as end:
        status = end.code
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def run(capsys, cli, *arguments):
    """(exit status, stdout, the lines of stderr that are no progress bar)."""
    status, out, err = call(capsys, cli, *arguments)
    lines = err.replace("\r", "\n").splitlines()
    return status, out, [line for line in lines if line.strip() and "%|" not in line]


def names(folder):
    """What lies in a folder, sorted, but for the list of it."""
    return sorted(path.name for path in folder.iterdir() if path.name != LIST)


def fails(run, *arguments):
    """The one line a refusal prints, after the progress bar if there was one; `run` is `call` with its tool."""
    status, _, err = run(*arguments)
    assert status == 1 and err.count("error: ") == 1 and "Traceback" not in err
    line = err[err.index("error: ") :]
    assert line.count("\n") == 1
    return line
