"""The served designer: user keys and category names in, garments out, beside all that the recommender serves."""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from gan.design.studio import Studio
from gan.sampling import network_weights
from tf_dvbpr import stateless
from tf_dvbpr.design.ascent import advance, begin, finish
from tf_dvbpr.design.config import AscentConfig
from tf_dvbpr.design.drift import drift, held_near
from tf_dvbpr.design.invert import InversionConfig
from tf_dvbpr.design.latent_form import draw_starts, to_latent, to_variable
from tf_dvbpr.design.maximise import objective
from tf_dvbpr.design.taste import Taste
from tf_dvbpr.factors import Factors
from tf_dvbpr.served_photos import decode_readable
from tf_dvbpr.serving_module import ServingModule, paired
from tf_dvbpr.untracked import Untracked
from tfrecords.photo import denormalise, normalise

_MOST_STARTS, _MOST_CANDIDATES, _MOST_STEPS, _MOST_FRAMES = 256, 1024, 1000, 101


class DesignModule(ServingModule):
    """The recommender's signatures, and ``design`` and ``tailor``.

    Nothing a caller sends fails a batch: an unknown key or an unreadable photo gives a marked row, figures NaN. Rows
    are answered one after the other, so the memory is that of one.

    Args:
        studio: the two runs.
        known: of `ServingModule`: indptr and items that users own.
        factors: the recommender.
        ascent: settings that no call gives: `latent_form` (settled), `start_deviation`, `learning_rate`.
        inversion: and `invert_candidates`, `invert_rate`.
    """

    def __init__(
        self,
        studio: Studio,
        known: tuple[np.ndarray, np.ndarray],
        factors: Factors,
        ascent: AscentConfig,
        tailoring_rate: float,
        inversion: InversionConfig,
    ) -> None:
        dataset = studio.dataset
        super().__init__(factors, *known, dataset.item_categories, dataset.category_names, studio.embedder)
        gan = studio.gan
        # The plain variables in the networks' place.
        self._gan_variables = list(network_weights(gan.generator, gan.discriminator).values())
        self._studio = Untracked(studio)
        self._ascent, self._inversion = Untracked(ascent), Untracked(inversion)
        self._tailoring_rate = tailoring_rate
        self._category_numbers = tf.lookup.StaticHashTable(
            tf.lookup.KeyValueTensorInitializer(
                tf.constant(gan.present, tf.string),
                tf.constant([gan.category_names.index(name) for name in gan.present], tf.int32),
            ),
            default_value=-1,
        )

    def signatures(self) -> dict[str, Callable]:
        """The functions to save, by name; ``serving_default`` is ``recommend``."""

        def named(function: Callable, **inputs: tf.DType) -> Callable:
            lists = ("user_keys", "categories", "image_bytes")
            specs = [tf.TensorSpec([None] if name in lists else [], kind, name) for name, kind in inputs.items()]
            return tf.function(function, input_signature=specs).get_concrete_function()

        text, whole, real = tf.string, tf.int32, tf.float32
        return {
            **super().signatures(),
            "design": named(
                self.design,
                user_keys=text,
                categories=text,
                k=whole,
                starts=whole,
                candidates=whole,
                steps=whole,
                eta=real,
                seed=whole,
            ),
            "tailor": named(
                self.tailor,
                user_keys=text,
                image_bytes=text,
                categories=text,
                starts=whole,
                invert_steps=whole,
                steps=whole,
                frames=whole,
                eta=real,
                max_drift=real,
                seed=whole,
            ),
        }

    def design(
        self,
        user_keys: tf.Tensor,
        categories: tf.Tensor,
        k: tf.Tensor,
        starts: tf.Tensor,
        candidates: tf.Tensor,
        steps: tf.Tensor,
        eta: tf.Tensor,
        seed: tf.Tensor,
    ) -> dict[str, tf.Tensor]:
        """The garments of a category that each user would like best (eqs. 9, 10), as tools.design finds them.

        Args:
            user_keys: string [B]; of length 1, for all categories.
            categories: string [B], names; of length 1, for all users.
            k: int32 scalar, garments a user, brought into 1..starts.
            starts: int32 scalar, brought into 1..256.
            candidates: int32 scalar, latents drawn of which the best are the starts; at most 1024, 0: the starts.
            steps: int32 scalar, of Adam, brought into 1..1000.
            eta: float32 scalar, weight of looking real.
            seed: int32 scalar, of the latents.

        Returns:
            ``png_bytes`` string [B, k], best first, '' where there is nothing; ``scores``, ``realness`` and
            ``objectives`` float32 [B, k], NaN there; ``latents`` float32 [B, k, Z]; ``user_known`` and
            ``category_known`` bool [B].
        """
        users, numbers = paired(self._users.lookup(user_keys), self._category_numbers.lookup(categories))
        starts = tf.clip_by_value(starts, 1, _MOST_STARTS)
        drawn = self._drawn(seed, stateless.DESIGN, tf.clip_by_value(candidates, starts, _MOST_CANDIDATES), 0)
        k, steps = tf.clip_by_value(k, 1, starts), tf.clip_by_value(steps, 1, _MOST_STEPS)
        form, dim = self._ascent.value.latent_form, self._studio.value.networks.latent_dim

        def find(row: tf.Tensor) -> tuple:
            measure = self._measure(users[row], numbers[row], eta)
            looked = measure(to_variable(drawn, form))[0]
            looked = tf.where(tf.math.is_finite(looked), looked, -np.inf)
            picked = tf.gather(drawn, tf.math.top_k(looked, starts).indices)
            # Those drawn are the starts themselves where no more are drawn, in their order.
            begun = tf.cond(tf.shape(drawn)[0] > starts, lambda: picked, lambda: drawn)
            state = begin(tf.ensure_shape(to_variable(begun, form), [None, dim]), 2)
            state = advance(state, steps, measure, self._ascent.value.learning_rate)[0]
            state, _ = finish(state, measure)
            best = tf.math.top_k(tf.where(state.finite, state.best_record[:, 0], -np.inf), k).indices
            latents = tf.gather(to_latent(state.best, form), best)
            figures = tf.where(tf.gather(state.finite, best)[:, None], tf.gather(state.best_record, best), np.nan)
            return self._png(latents, numbers[row], tf.math.is_finite(figures[:, 0])), figures, latents

        def nothing() -> tuple:
            return tf.fill([k], ""), tf.fill([k, 3], np.float32(np.nan)), tf.zeros([k, dim])

        kinds = (tf.TensorSpec([None], tf.string), tf.TensorSpec([None, 3]), tf.TensorSpec([None, dim]))
        known = (users >= 0) & (numbers >= 0)
        png, figures, latents = _row_by_row(find, nothing, known, kinds)
        return {
            "png_bytes": png,
            "scores": figures[:, :, 1],
            "realness": figures[:, :, 2],
            "objectives": figures[:, :, 0],
            "latents": latents,
            "user_known": users >= 0,
            "category_known": numbers >= 0,
        }

    def tailor(
        self,
        user_keys: tf.Tensor,
        image_bytes: tf.Tensor,
        categories: tf.Tensor,
        starts: tf.Tensor,
        invert_steps: tf.Tensor,
        steps: tf.Tensor,
        frames: tf.Tensor,
        eta: tf.Tensor,
        max_drift: tf.Tensor,
        seed: tf.Tensor,
    ) -> dict[str, tf.Tensor]:
        """Each photo's garment on its way towards a user's taste (eqs. 12 and 10), as tools.tailor alters it.

        Args:
            user_keys: string [B].
            image_bytes: string [B], JPEG or PNG files.
            categories: string [B], names.
            starts: int32 scalar, of the inversion, brought into 1..256.
            invert_steps: int32 scalar, of its Adam, brought into 1..1000.
            steps: int32 scalar, of the alteration, brought into 1..1000.
            frames: int32 scalar, images across the steps, first and last included, brought into 2..101.
            eta: float32 scalar, weight of looking real.
            max_drift: float32 scalar, bound on `tf_dvbpr.design.drift.drift`; 0 or less: none.
            seed: int32 scalar, of the latents.

        Returns:
            ``png_bytes`` string [B, frames], '' where there is nothing; ``scores``, ``realness`` and ``drift`` float32
            [B, frames], NaN there; ``reconstruction_error`` float32 [B]; ``latents`` float32 [B, frames, Z];
            ``user_known``, ``category_known`` and ``image_readable`` bool [B].
        """
        networks, settings = self._studio.value.networks, self._inversion.value
        form, dim = self._ascent.value.latent_form, networks.latent_dim
        users, numbers = paired(self._users.lookup(user_keys), self._category_numbers.lookup(categories))
        count = tf.size(image_bytes)
        due = tf.debugging.assert_equal(tf.size(users), count, "user_keys and categories: one for each image expected")
        dataset = self._studio.value.dataset
        with tf.control_dependencies([due]):
            places, photos = decode_readable(image_bytes, networks.image_size, dataset.resize_filter, dataset.fit)
        # Where a row's photo is among those that can be read, -1: it cannot be.
        among = tf.tensor_scatter_nd_update(tf.fill([count], -1), places, tf.range(tf.size(places)))
        starts = tf.clip_by_value(starts, 1, _MOST_STARTS)
        invert_steps, steps = (tf.clip_by_value(number, 1, _MOST_STEPS) for number in (invert_steps, steps))
        frames = tf.clip_by_value(frames, 2, _MOST_FRAMES)
        shown = tf.cast(tf.round(tf.linspace(0.0, tf.cast(steps, tf.float32), frames)), tf.int32)
        most = tf.where(max_drift > 0, max_drift, 4.0)  # Of what lies in [-1, 1] nothing is further apart than 2.
        drawn = self._drawn(seed, stateless.INVERSION, tf.maximum(starts, settings.invert_candidates))

        def find(row: tf.Tensor) -> tuple:
            photo = normalise(photos[among[row]])[None]

            def generate(variable: tf.Tensor) -> tf.Tensor:
                labels = self._labels(tf.fill([tf.shape(variable)[0]], numbers[row]))
                return networks.generate(to_latent(variable, form), labels)

            def nearness(variable: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
                return -drift(generate(variable), photo), tf.zeros([tf.shape(variable)[0], 0])

            variables = to_variable(drawn, form)
            begun = tf.gather(variables, tf.math.top_k(nearness(variables)[0], starts).indices)
            state = begin(tf.ensure_shape(begun, [None, dim]), 0)
            state = advance(state, invert_steps, nearness, settings.invert_rate)[0]
            state, _ = finish(state, nearness)
            nearest = tf.argmax(state.best_record[:, 0])
            # By way of z, as the tool hands it on: on the sphere z' may have any length, and a step's effect with it.
            anchor = to_variable(to_latent(tf.ensure_shape(state.best[nearest][None], [1, dim]), form), form)
            measure, before = self._measure(users[row], numbers[row], eta), generate(anchor)
            # A bound that is none costs one look at the images a step.
            near = held_near(generate, anchor, before, most)
            end, records, way = advance(begin(anchor, 2), steps, measure, self._tailoring_rate, near)
            _, last = finish(end, measure)
            records, way = tf.concat([records, last[None]], 0)[:, 0], tf.concat([way, end.variable[None]], 0)[:, 0]
            records, way = tf.gather(records, shown), tf.gather(way, shown)
            latents = to_latent(way, form)
            finite = tf.reduce_all(tf.math.is_finite(records), 1)
            images = generate(way)
            figures = tf.concat([records, drift(images, images[:1])[:, None]], 1)
            figures = tf.where(finite[:, None], figures, np.nan)
            return self._png(latents, numbers[row], finite), figures, latents, -state.best_record[nearest]

        def nothing() -> tuple:
            nan = np.float32(np.nan)
            return tf.fill([frames], ""), tf.fill([frames, 4], nan), tf.zeros([frames, dim]), tf.fill([1], nan)

        kinds = (
            tf.TensorSpec([None], tf.string),
            tf.TensorSpec([None, 4]),
            tf.TensorSpec([None, dim]),
            tf.TensorSpec([1]),
        )
        known = (users >= 0) & (numbers >= 0) & (among >= 0)
        png, figures, latents, errors = _row_by_row(find, nothing, known, kinds)
        return {
            "png_bytes": png,
            "scores": figures[:, :, 1],
            "realness": figures[:, :, 2],
            "drift": figures[:, :, 3],
            "reconstruction_error": errors[:, 0],
            "latents": latents,
            "user_known": users >= 0,
            "category_known": numbers >= 0,
            "image_readable": among >= 0,
        }

    def _drawn(self, seed: tf.Tensor, stream: int, count: tf.Tensor, *counters: int) -> tf.Tensor:
        settings = self._ascent.value
        dim = self._studio.value.networks.latent_dim
        seed = stateless.seed_of(seed, stream, *counters)
        return draw_starts(seed, count, dim, settings.latent_form, settings.start_deviation)

    def _measure(self, user: tf.Tensor, number: tf.Tensor, eta: tf.Tensor) -> Callable:
        networks, form = self._studio.value.networks, self._ascent.value.latent_form

        def measure(variable: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            rows = tf.shape(variable)[0]
            factors = tf.repeat(self._user_factors[user][None, None], rows, 0)
            ones = tf.ones([rows, 1])
            taste = Taste(factors, ones, tf.zeros_like(ones), ones)
            return objective(networks, to_latent(variable, form), self._labels(tf.fill([rows], number)), taste, eta)

        return measure

    def _labels(self, numbers: tf.Tensor) -> tf.Tensor:
        return tf.one_hot(numbers, self._studio.value.networks.num_categories)

    def _png(self, latents: tf.Tensor, number: tf.Tensor, fine: tf.Tensor) -> tf.Tensor:
        labels = self._labels(tf.fill([tf.shape(latents)[0]], number))
        pixels = denormalise(self._studio.value.networks.generate(latents, labels))
        return tf.where(fine, tf.map_fn(tf.io.encode_png, pixels, fn_output_signature=tf.string), "")


def _row_by_row(
    find: Callable[[tf.Tensor], tuple], nothing: Callable[[], tuple], known: tf.Tensor, kinds: tuple
) -> tuple:
    """`find` of each row that is known, bool [B], `nothing` of the others, one after the other."""
    # One row more, of nothing: of no row at all the answers would have no shape.
    padded = tf.concat([known, [False]], 0)
    answers = tf.map_fn(
        lambda row: tf.cond(padded[row], lambda: find(row), nothing),
        tf.range(tf.size(padded)),
        fn_output_signature=kinds,
        parallel_iterations=1,
    )
    return tuple(part[:-1] for part in answers)
