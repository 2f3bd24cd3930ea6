"""Holds two queues, for quick and for slow requests, so that quick requests never wait behind slow ones."""

from collections.abc import Callable

from tf_dvbpr.server.batching import Arrays, Line
from tf_dvbpr.server.config import ServeConfig
from tf_dvbpr.server.limits import check_limits
from tf_dvbpr.server.metrics import Metrics
from tf_dvbpr.server.signature import Signature


class Lines:
    """Two queues: one for signatures whose requests may be joined, one for all others, for example designs.

    Args:
        config: the settings with the limits.
        metrics: counts the calls.
    """

    def __init__(self, config: ServeConfig, metrics: Metrics) -> None:
        self._config = config
        bounds = config.workers, config.queue, config.max_batch, metrics.called
        self._joined, self._single = Line(*bounds), Line(*bounds)
        metrics.count_queue("quick", lambda: self._joined.inside)
        metrics.count_queue("slow", lambda: self._single.inside)

    def answer(self, signature: Signature, arrays: Arrays, is_wanted: Callable[[], bool] = lambda: True) -> Arrays:
        """Runs a signature on a request; arguments and result are those of `Line.answer`.

        Raises:
            RequestError: status 413, a limit is exceeded; or as `Line.answer` raises.
            ClientLeft: `is_wanted` returned False before the request ran.
        """
        check_limits(arrays, self._config, signature.name)
        return (self._joined if signature.joins else self._single).answer(signature, arrays, is_wanted)

    def close(self) -> None:
        """Refuses new requests, and returns when the waiting ones are answered."""
        self._joined.close()
        self._single.close()
