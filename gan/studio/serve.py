"""Serves the studio until a signal or a call stops it."""

import contextlib
from collections.abc import Callable

from werkzeug.wrappers import Request, Response

from gan.design.model_pair import Studio
from gan.studio.config import StudioConfig
from gan.studio.jobs import Jobs
from gan.studio.page_files import add_page
from gan.studio.routes import StudioApi
from tf_dvbpr.server.app import WHAT, App, json_response
from tf_dvbpr.server.console import tell
from tf_dvbpr.server.http_server import HttpServer
from tf_dvbpr.server.metrics import Metrics
from tf_dvbpr.server.stop_signals import stopped_by_signals
from tfrecords.errors import renamed

_DRAIN_SECONDS = 10.0
_SPARE_THREADS = 8  # for requests that are not queued: the page, photos, refusals


class StudioServer:
    """The studio on a port of this machine. It refuses callers as tools.serve does.

    Args:
        config: all settings.
        say: prints a line.
        studio: the two runs, if they are open already, in float32.

    Attributes:
        app: the application.
        jobs: the queue of work.
        port: the port.

    Raises:
        InputError: the port is taken, a run is missing, or the two do not fit together.

    Example:
        server = StudioServer(StudioConfig("out/run", "out/gan", port=0))
        thread = threading.Thread(target=server.run)
        thread.start()
        ...  # server.url
        server.stop()
        thread.join()
    """

    def __init__(self, config: StudioConfig, say: Callable[[str], object] = tell, studio: Studio | None = None) -> None:
        self._say = say
        metrics = Metrics()
        self.app = App(config, metrics)
        threads = config.queue + _SPARE_THREADS
        # The address comes first: if it is taken, this fails before networks are loaded.
        self._http = HttpServer(self.app, config.host, config.port, threads, config.max_request_mib * 2**20)
        self.port = self._http.port
        with contextlib.ExitStack() as undone:
            undone.callback(self._http.close)
            self.jobs = Jobs(config.queue)
            undone.callback(self.jobs.close)
            with renamed(recommender="workdir"):
                studio = studio or Studio.open(config.workdir, config.gan, "float32", moved_to=config.dataset)
            for note in studio.notes:
                say(f"note: {note}")
            say("compiling what a design needs")
            api = StudioApi(studio, config, self.jobs)
            api.warm_up()
            add_page(self.app)
            api.add_to(self.app)
            self.app.add("GET", "/healthz", _health)
            self._http.listen()
            undone.pop_all()

    @property
    def url(self) -> str:
        """Returns the page's address."""
        return f"http://127.0.0.1:{self.port}"

    def run(self) -> None:
        """Serves until `stop` is called; work that runs then is cancelled, and its page is told."""
        self._say(f"the studio: {self.url}")
        is_drained = self._http.run(_DRAIN_SECONDS)
        self.jobs.join(_DRAIN_SECONDS)
        self._say("stopped" if is_drained else f"stopped; {_DRAIN_SECONDS:g} s did not do for every request")

    def stop(self) -> None:
        """Tells `run` to end; may be called in a signal handler and in any thread."""
        self.jobs.close()
        self._http.stop()


def serve(config: StudioConfig, say: Callable[[str], object] = tell) -> None:
    """Serves the studio until SIGTERM or Ctrl-C; a second signal ends it at once.

    Args:
        config: all settings.
        say: prints a line.

    Raises:
        InputError: the port is taken, a run is missing, or the two do not fit together.
    """
    server = StudioServer(config, say)
    with stopped_by_signals(server.stop, say):
        server.run()


def _health(request: Request) -> Response:
    request.environ[WHAT] = "healthz"
    return json_response({"status": "ok"})
