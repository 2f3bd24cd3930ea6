"""Imports Apache Beam, or says in one line that it is missing."""

import logging

from tfrecords.errors import InputError, option


def check_installed() -> None:
    """Imports Apache Beam. Raises InputError if it is not installed."""
    log = logging.getLogger()
    before = log.level
    log.setLevel(logging.ERROR)  # Beam warns that packages are missing, which only connectors to Google need.
    try:
        import apache_beam  # noqa: F401
    except ModuleNotFoundError as error:
        if error.name != "apache_beam":
            raise
        raise InputError(f"{option('beam')} needs Apache Beam; install it with pip install 'tf_dvbpr[beam]'") from error
    finally:
        log.setLevel(before)
