"""Where requests wait: quick ones and those that take long in two lines, so that neither stands behind the other."""

from collections.abc import Callable

from tf_dvbpr.server.batching import Arrays, Line
from tf_dvbpr.server.config import ServeConfig
from tf_dvbpr.server.limits import check_limits
from tf_dvbpr.server.metrics import Metrics
from tf_dvbpr.server.signature import Signature


class Lines:
    """A line for signatures whose requests may be joined, and one for all others (designs, say).

    Args:
        config: bounds.
        metrics: where calls are counted.
    """

    def __init__(self, config: ServeConfig, metrics: Metrics) -> None:
        self._config = config
        bounds = config.workers, config.queue, config.max_batch, metrics.called
        self._joined, self._single = Line(*bounds), Line(*bounds)
        metrics.count_queue(lambda: self._joined.inside + self._single.inside)

    def answer(self, signature: Signature, arrays: Arrays, is_wanted: Callable[[], bool] = lambda: True) -> Arrays:
        """Waits for a signature's answer.

        Raises:
            RequestError: 413 and what `Line.answer` raises.
            ClientLeft: `is_wanted` said no before it ran.
        """
        check_limits(arrays, self._config)
        return (self._joined if signature.joins else self._single).answer(signature, arrays, is_wanted)

    def close(self) -> None:
        """Refuses what comes; ends when all that waits is answered."""
        self._joined.close()
        self._single.close()
