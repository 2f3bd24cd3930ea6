"""Runs pipelines, and reports their counters and faults in one line."""

import contextlib
import logging
from collections.abc import Callable, Iterator

import apache_beam as beam
from apache_beam.metrics import Metrics, MetricsFilter
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.portability.api import beam_provision_api_pb2
from apache_beam.runners.portability.fn_api_runner import fn_runner
from apache_beam.runners.portability.portable_runner import JobServiceHandle
from apache_beam.runners.runner import PipelineState

from tfrecords.beam.options import DEFAULT_RUNNER, runner_of
from tfrecords.errors import InputError, option

_NAMESPACE = "tf_dvbpr"


def counter(name: str) -> beam.metrics.metric.Metrics.DelegatingCounter:
    """Returns a counter of ours, which `run` reports."""
    return Metrics.counter(_NAMESPACE, name)


def run(options: PipelineOptions, build: Callable[[beam.Pipeline], object]) -> dict[str, int]:
    """Builds a pipeline, runs it and waits for its end.

    Args:
        options: the pipeline's options.
        build: adds the transforms.

    Returns:
        The value of each counter. A runner that repeats work after a fault may have counted it twice.

    Raises:
        InputError: the options do not fit together, or the pipeline failed.
    """
    with _quiet() if runner_of(options) == DEFAULT_RUNNER else contextlib.nullcontext():
        try:
            pipeline = beam.Pipeline(_runner(options), options)
        except (ValueError, ImportError) as error:
            raise InputError(f"{option('beam')}: {_short(error)}") from error
        build(pipeline)
        try:
            result = pipeline.run()
            state = result.wait_until_finish()
        except Exception as error:
            raise _failed(options, _short(error)) from error
    if state != PipelineState.DONE:
        raise _failed(options, f"it ended as {state}")
    found = result.metrics().query(MetricsFilter().with_namespace(_NAMESPACE))["counters"]
    return {one.key.metric.name: one.attempted if one.committed is None else one.committed for one in found}


def told(options: PipelineOptions, counts: dict[str, int]) -> str:
    """Returns a line with the counters of `run`."""
    listed = ", ".join(f"{name.replace('_', ' ')} {counts[name]}" for name in sorted(counts))
    return f"Apache Beam, {runner_of(options)}: {listed}"


def _runner(options: PipelineOptions) -> object:
    if runner_of(options) != DEFAULT_RUNNER:
        return None  # Beam finds it by its name.
    # The processes of this runner hear of the options in this way only.
    encoded = JobServiceHandle.encode_pipeline_options(options.get_all_options())
    provision = beam_provision_api_pb2.ProvisionInfo(pipeline_options=encoded)
    return fn_runner.FnApiRunner(provision_info=fn_runner.ExtendedProvisionInfo(provision))


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Silences the runner's log of a fault, a traceback of each of its threads; the fault itself is raised."""
    levels = {"": logging.ERROR, "apache_beam": logging.CRITICAL}
    before = {name: logging.getLogger(name).level for name in levels}
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)
    try:
        yield
    finally:
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)


def _failed(options: PipelineOptions, why: str) -> InputError:
    return InputError(
        f"{option('beam')}: the pipeline failed on {runner_of(options)} ({why}); nothing was kept, the same command "
        "starts again"
    )


def _short(error: BaseException) -> str:
    """Returns an error's last line, which is the fault itself where a worker's traceback is the message."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[-1] if lines else type(error).__name__)[:400]
