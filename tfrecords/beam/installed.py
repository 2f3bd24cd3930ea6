"""Says in one line that Apache Beam is missing."""

import importlib.util

from tfrecords.errors import InputError, option


def check_installed() -> None:
    """Raises InputError if Apache Beam is not installed."""
    if importlib.util.find_spec("apache_beam") is None:
        raise InputError(f"{option('beam')} needs Apache Beam; install it with pip install 'tf_dvbpr[beam]'")
