"""Turns a tool's further flags into Apache Beam's pipeline options."""

import contextlib
import difflib
import io
from collections.abc import Sequence

from apache_beam.options.pipeline_options import PipelineOptions, StandardOptions

from tfrecords.errors import InputError, option

DEFAULT_RUNNER = "FnApiRunner"
# These runners take no options but those that Beam's Python package defines; others ask their job server for more.
_WITHOUT_MORE = (DEFAULT_RUNNER, "DirectRunner", "BundleBasedDirectRunner", "SwitchingDirectRunner", "DataflowRunner")


def pipeline_options(flags: Sequence[str]) -> PipelineOptions:
    """Returns the options; without ``--runner``, the runner is the FnApiRunner.

    Beam's own default, the DirectRunner, first tries to fetch another runner, Prism, from the internet.

    Args:
        flags: ``--name=value`` each.

    Raises:
        InputError: an option that Beam does not know, or that has a bad value.
    """
    known = set(_parsed([]))
    found = _parsed(flags)
    runner = found["runner"] or DEFAULT_RUNNER
    unknown = sorted(set(found) - known)
    if unknown and runner in _WITHOUT_MORE:
        given = next(flag for flag in flags if flag.lstrip("-").partition("=")[0].replace("-", "_") == unknown[0])
        near = difflib.get_close_matches(unknown[0], known, n=1)
        raise InputError(
            f"{given}: neither a flag of this tool nor a pipeline option of Apache Beam"
            + (f"; did you mean --{near[0]}?" if near else "")
        )
    # A worker's own default is to log every step.
    defaults = {"runner": DEFAULT_RUNNER, "default_sdk_harness_log_level": "ERROR"}
    return PipelineOptions([*flags, *(f"--{name}={value}" for name, value in defaults.items() if found[name] is None)])


def runner_of(options: PipelineOptions) -> str:
    """Returns the runner's name."""
    return options.view_as(StandardOptions).runner


def _parsed(flags: Sequence[str]) -> dict[str, object]:
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            return PipelineOptions(list(flags)).get_all_options(retain_unknown_options=True)
    except SystemExit as ended:  # argparse prints how to use it, then a line with the fault.
        fault = said.getvalue().strip().splitlines()[-1].partition("error: ")[2]
        raise InputError(f"{option('beam')}: {fault or 'bad pipeline options'}") from ended
