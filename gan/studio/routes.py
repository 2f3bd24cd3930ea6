"""Adds the studio's addresses to an application: what the page asks, and how it is answered."""

import dataclasses
import functools
import hashlib
import json
import threading
from collections.abc import Callable

import numpy as np
from werkzeug.wrappers import Request, Response

from gan.design.model_pair import Studio
from gan.studio.asked import Asked
from gan.studio.config import MOST_DIVERSITY, MOST_ETA, MOST_STEPS, StudioConfig
from gan.studio.designing import DesignTable, Wish
from gan.studio.drawing import Artist
from gan.studio.favourites import Favourite, pack
from gan.studio.jobs import Jobs, Work
from gan.studio.looking import LookingTable
from gan.studio.people import MOST_USERS, People, Person
from gan.studio.tailoring import TailorsTable
from tf_dvbpr.explanation.garment import Garment
from tf_dvbpr.server.app import WHAT, App, json_response
from tf_dvbpr.server.request_error import RequestError
from tfrecords.errors import InputError
from tfrecords.settings import MOST_SEED

_SUGGESTED = 12  # users named for a prefix
MOST_UPLOADS, MOST_FAVOURITES = 50, 200
_BOUGHT = 12
_FOREVER = "private, max-age=86400"


class StudioApi:
    """The functions behind the page's addresses. None keeps anything of a request: the page has its own state.

    Args:
        studio: the two runs, in float32.
        config: the settings.
        jobs: the queue of work.
    """

    def __init__(self, studio: Studio, config: StudioConfig, jobs: Jobs) -> None:
        self._studio, self._config, self._jobs = studio, config, jobs
        self._people = People(studio, config.clusters, config.ridge)
        self._artist = Artist(studio)
        self._designs = DesignTable(studio, config, self._artist)
        self._tailors = TailorsTable(studio, config, self._artist)
        self._looks = LookingTable(studio, self._people, config, self._artist)
        self._runs = _name_of(studio)
        self._reading = threading.Lock()  # A large photo takes much memory while it is read, so one is read at a time.

    def add_to(self, app: App) -> None:
        """Adds the addresses to an application."""
        for method, path, handler in (
            ("GET", "/api/about", self.about),
            ("GET", "/api/users", self.users),
            ("GET", "/api/photos/<int:item>", self.item_photo),
            ("POST", "/api/style", self.style),
            ("POST", "/api/guest", self.guest),
            ("POST", "/api/wardrobe", self.wardrobe),
            ("POST", "/api/design", self.design),
            ("POST", "/api/look", self.look),
            ("POST", "/api/tailor", self.tailor),
            ("POST", "/api/favourites", self.favourites),
        ):
            app.add(method, path, _told(handler, path.split("/")[2]))

    def warm_up(self) -> None:
        """Answers a design, a look and a tailoring once, so that everything is compiled before the first request."""
        person, category = self._people.users([str(self._studio.dataset.user_keys[0])]), self._present[0]
        wish = Wish(category, self._config.eta, self._config.steps, self._config.seed, 0.0)
        self._designs.design(person, wish, _nobody)
        item = self._looks.item(0)
        self._looks.look(person, item, category, _nobody)
        self._looks.look(person, self._looks.design(np.zeros(self._artist.latent_dim), category), category, _nobody)
        self._tailors.tailor(person, item.encoded, wish, _nobody)

    def about(self, request: Request) -> Response:
        """Returns what the page shows first: categories, groups, bounds and defaults of the controls."""
        config, studio = self._config, self._studio
        groups = [
            {"name": one.name, "people": len(one.members), "leaning": one.leaning.category if one.leaning else ""}
            for one in self._people.groups
        ]
        controls = {
            "eta": {"value": config.eta, "most": MOST_ETA},
            "steps": {"value": config.steps, "least": 5, "most": MOST_STEPS},
            "seed": {"value": config.seed, "most": MOST_SEED},
            "diversity": {"value": 0, "most": MOST_DIVERSITY},
        }
        return json_response(
            {
                "runs": self._runs,
                "data_set": studio.dataset.name,
                "people": studio.dataset.num_users,
                "items": studio.dataset.num_items,
                "example": str(studio.dataset.user_keys[0]),
                "categories": list(studio.gan.present),
                "groups": groups,
                "controls": controls,
                "garments": config.garments,
                "image_size": studio.networks.image_size,
                "most_users": MOST_USERS,
                "most_uploads": MOST_UPLOADS,
                "most_favourites": MOST_FAVOURITES,
                "most_photo_bytes": config.max_request_mib * 2**20 * 3 // 4 - 2**16,
                "notes": studio.notes,
            }
        )

    def users(self, request: Request) -> Response:
        """Returns the first users whose external id begins with ``prefix``."""
        return json_response({"users": self._people.beginning_with(request.args.get("prefix", ""), _SUGGESTED)})

    def item_photo(self, request: Request, item: int) -> Response:
        """Returns an item's photo by its number. Raises RequestError, status 404, if there is no such item."""
        self._check_item(item)
        content = self._studio.dataset.encoded_photos([item])[0]
        kind = "image/png" if content.startswith(b"\x89PNG") else "image/jpeg"
        return Response(content, content_type=kind, headers={"Cache-Control": _FOREVER})

    def style(self, request: Request) -> Response:
        """Returns the style vector of a photo that a guest likes."""
        return json_response({"style": self._photo(Asked(request)).style.tolist()})

    def guest(self, request: Request) -> Response:
        """Returns the taste of a guest with the given style vectors."""
        taste = self._people.taste_for(Asked(request).rows("styles", MOST_UPLOADS))
        return json_response({"taste": taste.tolist()})

    def wardrobe(self, request: Request) -> Response:
        """Returns what a person bought and what retrieval finds in a category."""
        asked = Asked(request)
        person, category = self._person(asked), self._category(asked)
        return json_response(
            {
                "name": person.name,
                "owned": len(person.owned),
                "bought": self._looks.bought(person, category, _BOUGHT),
                "retrieved": self._looks.retrieved(person, category, self._config.garments),
            }
        )

    def design(self, request: Request) -> Response:
        """Streams a design; see `gan.studio.designing.DesignTable.design`."""
        asked = Asked(request)
        person, wish = self._person(asked), self._wish(asked)
        return self._stream(request, lambda tell: self._designs.design(person, wish, tell))

    def look(self, request: Request) -> Response:
        """Streams what is to say of a garment; see `gan.studio.looking.LookingTable.look`."""
        asked = Asked(request)
        person, garment = self._person(asked), asked.part("garment")
        category = self._category(asked) if "category" in asked else None
        made = self._garment(garment)
        return self._stream(request, lambda tell: self._looks.look(person, made(), category, tell))

    def tailor(self, request: Request) -> Response:
        """Streams a tailoring; see `gan.studio.tailoring.TailorsTable.tailor`."""
        asked = Asked(request)
        person, wish, made = self._person(asked), self._wish(asked), self._garment(asked.part("garment"))
        return self._stream(request, lambda tell: self._tailors.tailor(person, made().encoded, wish, tell))

    def favourites(self, request: Request) -> Response:
        """Returns the ZIP of favourites."""
        kept = [self._favourite(one) for one in Asked(request).parts("favourites", MOST_FAVOURITES)]
        name = "attachment; filename=favourites.zip"
        content = pack(kept, self._studio, self._artist)
        return Response(content, content_type="application/zip", headers={"Content-Disposition": name})

    @property
    def _present(self) -> list[int]:
        return [self._studio.gan.category(name) for name in self._studio.gan.present]

    def _stream(self, request: Request, work: Work) -> Response:
        has_left = request.environ.get("waitress.client_disconnected", lambda: False)
        events = self._jobs.stream(work, has_left)
        return Response(events, content_type="text/event-stream", headers={"Cache-Control": "no-store"})

    def _person(self, asked: Asked) -> Person:
        who = asked.part("who")
        if "users" in who:
            return self._people.users(who.texts("users", MOST_USERS))
        if "group" in who:
            return self._people.group(who.text("group"))
        if "taste" in who:
            return self._people.guest(who.numbers("taste"))
        raise RequestError(400, "who: an object with users, group or taste expected")

    def _category(self, asked: Asked) -> int:
        return self._studio.gan.category(asked.one_of("category", self._studio.gan.present))

    def _wish(self, asked: Asked) -> Wish:
        config = self._config
        return Wish(
            category=self._category(asked),
            eta=asked.number("eta", 0, MOST_ETA, config.eta),
            steps=asked.whole("steps", 1, MOST_STEPS, config.steps),
            seed=asked.whole("seed", 0, MOST_SEED, config.seed),
            diversity=asked.number("diversity", 0, MOST_DIVERSITY, 0),
        )

    def _garment(self, garment: Asked) -> Callable[[], Garment]:
        """Checks a garment at once, and returns the function that makes it in the thread of the work."""
        if "item" in garment:
            item = garment.whole("item", 0, self._studio.dataset.num_items - 1)
            return lambda: self._looks.item(item)
        if "latent" in garment:
            latent, category = garment.latent("latent", self._artist.latent_dim), self._category(garment)
            return lambda: self._looks.design(latent, category)
        if "photo" in garment:
            made = self._photo(garment)
            return lambda: made
        raise RequestError(400, "garment: an object with item, latent or photo expected")

    def _photo(self, asked: Asked) -> Garment:
        encoded = asked.photo("photo")
        with self._reading:
            return self._looks.photo(encoded)

    def _favourite(self, asked: Asked) -> Favourite:
        note = asked.text("note")
        if "item" in asked:
            return Favourite(note, item=asked.whole("item", 0, self._studio.dataset.num_items - 1))
        return Favourite(note, self._category(asked), asked.latent("latent", self._artist.latent_dim))

    def _check_item(self, item: int) -> None:
        if item >= self._studio.dataset.num_items:
            raise RequestError(404, f"there is no item number {item:.20g}: there are {self._studio.dataset.num_items}")


def _name_of(studio: Studio) -> str:
    """Returns a short text that differs for other runs, for what a browser keeps."""
    what = [studio.dataset.fingerprint, studio.recommender_step, studio.gan.step, dataclasses.asdict(studio.gan.config)]
    factors = studio.item_factors.tobytes() + studio.user_factors.tobytes()
    return hashlib.sha256(json.dumps(what).encode() + factors).hexdigest()[:16]


def _told(handler: Callable[..., Response], what: str) -> Callable[..., Response]:
    """Names the request in the metrics, and makes bad input a response of status 400."""

    @functools.wraps(handler)
    def answer(request: Request, **values: object) -> Response:
        request.environ[WHAT] = what
        try:
            return handler(request, **values)
        except InputError as error:
            raise RequestError(400, str(error)) from None

    return answer


def _nobody(event: str, content: dict) -> None:
    """Hears the events of the work that only compiles."""
