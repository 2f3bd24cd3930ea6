"""Holds the page's files in memory: a fixed list, so that no request can name a path."""

from pathlib import Path

from werkzeug.wrappers import Request, Response

from tf_dvbpr.server.app import WHAT, App

_FOLDER = Path(__file__).parent / "page"
_HTML, _CSS, _SCRIPT = "text/html; charset=utf-8", "text/css; charset=utf-8", "text/javascript; charset=utf-8"
FILES = {
    "/": ("index.html", _HTML),
    "/studio.css": ("studio.css", _CSS),
    "/studio.js": ("studio.js", _SCRIPT),
    "/cards.js": ("cards.js", _SCRIPT),
    "/favourites.js": ("favourites.js", _SCRIPT),
    "/garment.js": ("garment.js", _SCRIPT),
    "/people.js": ("people.js", _SCRIPT),
    "/server.js": ("server.js", _SCRIPT),
    "/icon.svg": ("icon.svg", "image/svg+xml"),
}
# The page takes nothing from anywhere else, and no other page can frame it.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def add_page(app: App) -> None:
    """Adds the addresses of the page's files to an application."""
    for address, (name, kind) in FILES.items():
        content = (_FOLDER / name).read_bytes()

        def answer(request: Request, content: bytes = content, kind: str = kind) -> Response:
            request.environ[WHAT] = "page"
            return Response(content, content_type=kind, headers=HEADERS)

        app.add("GET", address, answer)
