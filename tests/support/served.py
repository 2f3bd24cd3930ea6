"""Exports a small untrained recommender, and runs a server in this process."""

import contextlib
import http.client
import json
import threading

import numpy as np

from tf_dvbpr.ranking.factors import Factors
from tf_dvbpr.server.config import ServeConfig
from tf_dvbpr.server.serve import Server
from tf_dvbpr.serving.export import save
from tf_dvbpr.serving.module import ServingModule

USERS, ITEMS = 6, 8


def factors(sign=1.0):
    draw = np.random.default_rng(0)
    return Factors(
        sign * draw.normal(size=[USERS, 4]).astype(np.float32),
        draw.normal(size=[ITEMS, 4]).astype(np.float32),
        np.array([f"u{number}" for number in range(USERS)]),
        np.array([f"i{number}" for number in range(ITEMS)]),
    )


def write_export(folder, sign=1.0):
    """Writes an export in which user n owns only item n; `sign` -1 reverses all rankings."""
    owned = np.arange(USERS + 1), np.arange(USERS)
    module = ServingModule(factors(sign), *owned, np.arange(ITEMS) % 2, ("tops", "shoes"), None)
    folder.parent.mkdir(parents=True, exist_ok=True)
    save(module, module.signatures(), folder, overwrite=True)
    return folder


def best(user, k, sign=1.0):
    """Returns the item keys and scores that `recommend` must give for user number `user`."""
    made = factors(sign)
    scores = made.item_factors @ made.user_factors[user]
    order = [item for item in np.argsort(-scores, kind="stable") if item != user][:k]
    return [f"i{item}" for item in order], scores[order]


@contextlib.contextmanager
def running(model, extend=lambda app: None, **settings):
    """Runs a server of the folder `model` and yields it; `server.said` has the lines that it printed."""
    said = []
    server = Server(ServeConfig(str(model), port=0, **{"poll_seconds": 0.05, **settings}), said.append, extend)
    with in_a_thread(server, said):
        yield server


@contextlib.contextmanager
def in_a_thread(server, said):
    """Runs a server in a thread, with the lines that it prints as `server.said`; at the end it must stop."""
    server.said = said
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield
    finally:
        server.stop()
        thread.join(60)
        assert not thread.is_alive()


def call(server, method, path, body=None, headers=None):
    """Sends one request and returns (status, JSON or text, headers)."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    try:
        if isinstance(body, dict):
            body = json.dumps(body)
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        text = answer.read()
        is_json = answer.headers.get_content_type() == "application/json"
        return answer.status, json.loads(text) if is_json else text.decode(), answer.headers
    finally:
        connection.close()


def predict(server, body, headers=None, version=""):
    """Requests a prediction and returns (status, JSON)."""
    return call(server, "POST", f"/v1/models/{server.model.name}{version}:predict", body, headers)[:2]


def asked(*users, k=3, category=""):
    """Returns the body of a request to `recommend`, the default signature."""
    return {"inputs": {"user_keys": list(users), "k": k, "category": category}}
