"""Runs a studio in this process, and asks it as its page does."""

import base64
import contextlib
import http.client
import io
import json

import pytest
from PIL import Image

from gan.studio.config import StudioConfig
from gan.studio.routes import StudioApi
from gan.studio.serve import StudioServer
from tests.support.served import call, in_a_thread

SMALL = {"garments": 2, "starts": 3, "candidates": 4, "steps": 6, "invert_steps": 5, "explain_steps": 4, "clusters": 3}


@contextlib.contextmanager
def running(studio, warm=False, **settings):
    """Runs a studio of open runs and yields its server; `server.said` has the lines that it printed.

    Without `warm`, nothing is compiled before it is needed.
    """
    said = []
    config = StudioConfig("run", "gan", port=0, **{**SMALL, **settings})
    with pytest.MonkeyPatch.context() as patch:
        if not warm:
            patch.setattr(StudioApi, "warm_up", lambda api: None)
        server = StudioServer(config, said.append, studio)
    with in_a_thread(server, said):
        yield server


def photo_of(colour=(200, 30, 30), size=40):
    """Returns a photo in base64."""
    file = io.BytesIO()
    Image.new("RGB", (size, size), colour).save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


def events(text):
    """Returns an event stream's [(name, content), ...], without its comments."""
    blocks = [block.splitlines() for block in text.split("\n\n") if block.startswith("event: ")]
    return [(name[7:], json.loads(data[6:])) for name, data in blocks]


@contextlib.contextmanager
def opened(server, path, body):
    """Sends a request and yields the response, of which nothing is read yet; at the end the connection is closed."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    try:
        connection.request("POST", path, json.dumps(body))
        with connection.getresponse() as response:
            yield response
    finally:
        connection.close()


def ask(server, path, body, status=200):
    """Posts a request; returns its JSON, or the events of its stream."""
    found, answer, headers = call(server, "POST", path, body)
    assert found == status, answer
    return events(answer) if headers.get_content_type() == "text/event-stream" else answer


def image_of(url):
    """Returns the picture of a `data:` URL."""
    return Image.open(io.BytesIO(base64.b64decode(url.removeprefix("data:image/png;base64,"))))
