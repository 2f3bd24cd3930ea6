"""Starts and ends every tool: its own flags, one line for bad input, the exit status.

A tool module looks like this::

    FLAGS = app.new_flags(__doc__)
    flags.DEFINE_string("dataset", None, "the dataset folder", required=True, flag_values=FLAGS)

    def main(values: flags.FlagValues) -> None: ...

    def cli(argv: Sequence[str] | None = None) -> None:
        app.run(main, FLAGS, argv)

    if __name__ == "__main__":
        cli()

Each tool has its own FlagValues, so tools with flags of the same name can be imported together.
"""

import contextlib
import copy
import errno
import functools
import importlib.abc
import importlib.machinery
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from absl import flags

from tfrecords.errors import InputError, one_line, with_dashes

from . import passed_on

# TensorFlow reads this variable at import; without it, TensorFlow's notices hide the tool's lines.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

# Python's message about text that is not a number.
_UNPARSED = {
    "invalid literal for int": "a whole number",
    "could not convert string to float": "a number",
    "('Non-boolean argument to boolean flag'": "true or false",
}
# The flags that determine how much memory a tool takes; lower the first one first.
_SIZES = ("batch_size", "shared_negatives", "candidates", "image_size", "dim", "items", "users", "photos", "workers")
_EMPTY = "may_be_empty"  # marks the flags that may be given without a value
_PIPE_BROKEN = 128 + 13  # a shell's status for a process ended by SIGPIPE


def new_flags(doc: str | None) -> flags.FlagValues:
    """Returns an empty flag registry for one tool; --help prints `doc`, the tool's docstring, first."""
    values = flags.FlagValues()
    flags.DEFINE_bool("help", False, "show this text", short_name="h", flag_values=values, allow_hide_cpp=True)
    values.__dict__["__tool_doc"] = (doc or "").strip()
    return values


def run(
    main: Callable[[flags.FlagValues], None],
    registry: flags.FlagValues,
    argv: Sequence[str] | None = None,
    passes_on: str | None = None,
) -> None:
    """Parses the flags, runs `main` and exits: 0 done, 1 bad input, 2 bad flags, 130 interrupted.

    SIGTERM interrupts like Ctrl-C, so that half-written files are removed. If the reader of the output has ended, as
    with ``| head``, the status is 141 and there is no message.

    Args:
        main: takes the values of the flags.
        registry: the tool's flags.
        argv: the command line; None: this process's.
        passes_on: a bool flag of the tool; where it is set, flags that the tool does not have are no error, and
            `passed_on.given` returns them.
    """
    try:
        _run(main, registry, argv, passes_on)
    except BrokenPipeError:
        _discard_output()
        raise SystemExit(_PIPE_BROKEN) from None


def _run(
    main: Callable[[flags.FlagValues], None],
    registry: flags.FlagValues,
    argv: Sequence[str] | None,
    passes_on: str | None,
) -> None:
    argv = list(sys.argv if argv is None else argv)
    doc = registry.__dict__["__tool_doc"]
    values = copy.deepcopy(registry)
    if {"--help", "-h", "--helpfull", "-help"} & set(argv[1:]):
        print(f"{doc}\n\nflags:\n{_describe(registry)}", flush=True)
        raise SystemExit(0)
    try:
        rest = passed_on.parse(values, argv, passes_on)
    except flags.Error as error:
        _fail(f"{_flag_error(registry, error)}. --help lists the flags".replace("\n", " "), 2)
    empty = [
        name
        for name in values
        if values[name].present and values[name].value in ("", []) and not hasattr(values[name], _EMPTY)
    ]
    if empty:
        # An empty value usually comes from an unset shell variable; ignoring it could silently change the result.
        _fail(f"--{empty[0]}= is empty: give a value or leave the flag out. --help lists the flags", 2)
    if rest:
        _fail(f"unexpected argument {rest[0]!r}: every option is a flag, as in --name=value; --help lists them", 2)
    previous = signal.signal(signal.SIGTERM, signal.default_int_handler) if _in_main_thread() else None
    hook = sys.unraisablehook
    sys.unraisablehook = functools.partial(_interrupt_again, hook)
    try:
        with _quiet_tensorflow():
            main(values)
        sys.stdout.flush()
    except InputError as error:
        _fail(with_dashes(error.marked), 1)
    except KeyboardInterrupt as interrupt:
        _fail(f"interrupted. {interrupt}".strip(), 130)
    except BrokenPipeError:
        raise
    except OSError as error:
        _fail(_os_error(error), 1)
    except Exception as error:
        if _is_disk_full(error):
            _fail("the disk is full: free some space and run the same command again", 1)
        if _is_out_of_memory(error):
            _fail(_out_of_memory(registry, error), 1)
        raise
    finally:
        sys.unraisablehook = hook
        if previous is not None:
            signal.signal(signal.SIGTERM, previous)


def allow_empty(registry: flags.FlagValues, name: str) -> None:
    """Lets a flag be given without a value, for flags that have a meaning for it."""
    setattr(registry[name], _EMPTY, True)


def optional_path(value: str | None) -> Path | None:
    """Returns a flag's text as a path; None if the flag is not given or empty."""
    return Path(value) if value else None


def _interrupt_again(hook: Callable[[object], object], ignored: object) -> None:
    """Sends an interrupt again if a finaliser lost it; TensorFlow has many finalisers."""
    if isinstance(ignored.exc_value, KeyboardInterrupt):
        threading.Timer(0.1, _interrupt).start()
    else:
        hook(ignored)


def _interrupt() -> None:
    if signal.getsignal(signal.SIGTERM) is signal.default_int_handler:  # else the tool has ended already
        os.kill(os.getpid(), signal.SIGTERM)


def _in_main_thread() -> bool:
    # Handlers may only be set in the main thread.
    return threading.current_thread() is threading.main_thread()


@contextlib.contextmanager
def _quiet_tensorflow() -> Iterator[None]:
    """Imports TensorFlow, if anything inside the block does, with the C library's stderr closed.

    TensorFlow prints lines before it reads its log level. Its import takes seconds, so tools that do not need it are
    spared it.
    """
    finder = _Finder()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


class _Finder(importlib.abc.MetaPathFinder):
    """Finds TensorFlow as usual, and makes its loader quiet."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: object = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name != "tensorflow":
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        if spec is not None and spec.loader is not None:
            spec.loader.exec_module = functools.partial(_quietly, spec.loader.exec_module)
        return spec


def _quietly(run: Callable[[object], None], module: object) -> None:
    sys.stderr.flush()
    kept = os.dup(2)
    try:
        with Path(os.devnull).open("w") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        run(module)
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def _flag_error(registry: flags.FlagValues, error: flags.Error) -> str:
    for name in registry:
        if f"Flag --{name} must have a value other than None" in str(error):
            return f"--{name} is required: {help_of(registry[name])}"
    for said, expected in _UNPARSED.items():
        if said in str(error):
            return f"{str(error).removeprefix('flag ').split(f': {said}')[0]}: {expected} expected"
    return str(error).rstrip(".")


def help_of(flag: flags.Flag) -> str:
    """Returns the text that explains a flag."""
    # absl writes an enum's values before its help.
    return flag.help.split(">: ", 1)[1] if hasattr(flag.parser, "enum_values") else flag.help


def _os_error(error: OSError) -> str:
    where = f"{error.filename}: " if error.filename else ""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"{where}the disk is full: free some space and run the same command again"
    if error.errno == errno.EFBIG:
        return f"{where}a file grew past the limit on its size: raise it (ulimit -f) and run the same command again"
    return f"{where}{error.strerror or error}"


def _is_disk_full(error: Exception) -> bool:
    # TensorFlow reports a full disk as an OpError of varying class.
    return type(error).__module__.startswith("tensorflow") and "No space left" in str(error)


def _is_out_of_memory(error: Exception) -> bool:
    return isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError"


def _out_of_memory(registry: flags.FlagValues, error: Exception) -> str:
    what = "the GPU's memory" if "GPU:" in str(error) else "memory"
    sizes = [f"--{name}" for name in _SIZES if name in registry]
    return f"{what} ran out: " + (f"lower {', '.join(sizes)}" if sizes else "give the machine more, or it less to do")


def _describe(registry: flags.FlagValues) -> str:
    lines = []
    for name in sorted(set(registry)):
        flag = registry[name]
        if flag.name != name or name == "help":
            continue
        values = getattr(flag.parser, "enum_values", None)
        kind = "|".join(values) if values else flag.flag_type()
        default = f" (default {flag.default!r})" if flag.default is not None else ""
        default = " (required)" if is_required(registry, name) else default
        lines.append(f"  --{name}={kind}\n      {help_of(flag)}{default}")
    return "\n".join(lines)


def is_required(registry: flags.FlagValues, name: str) -> bool:
    """Returns whether the tool refuses to start without the flag."""
    return registry[name].default is None and any(
        name in validator.get_flags_names() for validator in registry[name].validators
    )


def _fail(message: str, status: int) -> None:
    print(f"error: {one_line(message)}", file=sys.stderr)
    try:
        sys.stdout.flush()
    except OSError:
        _discard_output()
    raise SystemExit(status)


def _discard_output() -> None:
    """Redirects the closed stdout to /dev/null, because Python flushes it again at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
