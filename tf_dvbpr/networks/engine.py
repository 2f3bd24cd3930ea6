"""Runs a network that is not trained, by OpenVINO or by TensorFlow with its weights as constants."""

import dataclasses
import importlib.metadata
import importlib.util
import logging
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from tf_dvbpr.compat import runs_openvino
from tf_dvbpr.networks.engine_names import AUTO, BFLOAT16, FLOAT32, OPENVINO, TENSORFLOW
from tfrecords.errors import InputError, option

_EXTRA = "pip install 'tf_dvbpr[openvino]'"


@dataclasses.dataclass(frozen=True)
class Engine:
    """What runs a network.

    Attributes:
        name: ``tensorflow`` or ``openvino``.
        precision: ``float32`` or, OpenVINO only, ``bfloat16``.
        version: of the library.
    """

    name: str
    precision: str
    version: str

    def compile(self, function: object) -> Callable[[np.ndarray], list[np.ndarray]]:
        """Compiles a network at inference; its weights are those of this moment.

        Args:
            function: a `tf.function` with an `input_signature` of one tensor, whose first dimension is free.

        Returns:
            the function of one array, with a list of its outputs in float32.

        Raises:
            InputError: OpenVINO cannot run this network.
        """
        return (_openvino if self.name == OPENVINO else _tensorflow)(function, self.precision)


def choose_engine(engine: str = AUTO, precision: str = FLOAT32) -> Engine:
    """Returns the engine to use.

    Args:
        engine: one of `ENGINES`. ``auto``: OpenVINO where it is installed and there is no GPU, else TensorFlow.
        precision: one of `PRECISIONS`.

    Raises:
        InputError: OpenVINO is asked for, or needed for the precision, and cannot be had; or this processor does not
            multiply in the precision.
    """
    asked = OPENVINO if precision == BFLOAT16 and engine == AUTO else engine
    if asked == AUTO:
        there = runs_openvino() and importlib.util.find_spec("openvino") is not None
        asked = OPENVINO if there and not tf.config.list_physical_devices("GPU") else TENSORFLOW
    if asked == TENSORFLOW:
        if precision != FLOAT32:
            raise InputError(f"{option('precision', precision)}: only with {option('engine', OPENVINO)}")
        return Engine(TENSORFLOW, precision, tf.__version__)
    needs = option("precision", precision) if engine == AUTO else option("engine", engine)
    if not runs_openvino():
        raise InputError(f"{needs}: OpenVINO runs beside TensorFlow 2.16 or newer, and this is {tf.__version__}")
    try:
        core = _core()
    except ImportError as error:
        raise InputError(f"{needs}: OpenVINO is not installed ({error}): {_EXTRA}") from error
    if precision == BFLOAT16 and "BF16" not in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
        raise InputError(
            f"{needs}: this processor does not multiply in bfloat16 (AVX512_BF16 or AMX needed); leave it out"
        )
    return Engine(OPENVINO, precision, importlib.metadata.version("openvino"))


def _tensorflow(function: object, precision: str) -> Callable[[np.ndarray], list[np.ndarray]]:
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    frozen = convert_variables_to_constants_v2(function.get_concrete_function())
    return lambda photos: [np.asarray(one, np.float32) for one in tf.nest.flatten(frozen(tf.constant(photos)))]


def _openvino(function: object, precision: str) -> Callable[[np.ndarray], list[np.ndarray]]:
    core = _core()
    try:
        import openvino

        model = openvino.convert_model(function)
        hint = {FLOAT32: "f32", BFLOAT16: "bf16"}[precision]
        compiled = core.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": hint, "PERFORMANCE_HINT": "LATENCY"})
    except Exception as error:  # Its converter raises exceptions of many classes.
        raise InputError(
            f"{option('engine', OPENVINO)}: OpenVINO cannot run this network ({_first_line(error)}); give "
            f"{option('engine', TENSORFLOW)}"
        ) from error
    request, outputs = compiled.create_infer_request(), range(len(compiled.outputs))

    def run(photos: np.ndarray) -> list[np.ndarray]:
        results = request.infer([np.ascontiguousarray(photos)])
        return [np.array(results[one], np.float32) for one in outputs]  # Copies: the request writes over its memory.

    return run


def _core() -> object:
    import openvino

    logging.getLogger("openvino").setLevel(logging.ERROR)
    return openvino.Core()


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
