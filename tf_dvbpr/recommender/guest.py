"""Fits the taste of a guest, a person of no data set, to photos that the guest likes."""

import numpy as np

_LEAST_SHARE = 1e-4  # of a Newton step; a shorter one cannot be told from rounding


def guest_taste(
    liked: np.ndarray,
    styles: np.ndarray,
    tastes: np.ndarray,
    *,
    ridge: float = 0.1,
    steps: int = 8,
    negatives: int = 512,
    seed: int = 0,
) -> np.ndarray:
    """Returns the factors t of a guest, by a few steps of BPR (Rendle et al. 2009) with a ridge to the mean user.

    With the guest's n photos, N items drawn from the catalogue, and sigma the logistic function, t maximises::

        sum over i of  mean over j of  ln sigma(t . (f_i - f_j))   -   ridge / (2 s^2) |t - m|^2

    f_i is the style vector of a photo and f_j that of a drawn item. m is the mean of all users' factors and s^2 the
    mean of the variances of their components, so the ridge is the prior N(m, s^2) for ``ridge = 1``. The objective is
    concave, and each step is one of Newton's, halved until the objective rises: the result does not depend on the scale
    of the factors. Without photos it is m.

    Args:
        liked: float [n, K], Phi of the photos.
        styles: float [I, K], Phi of the catalogue.
        tastes: float [U, K], the users' factors.
        ridge: weight of the ridge, above 0; more keeps the guest nearer to the mean user.
        steps: Newton steps at most.
        negatives: N, items drawn without replacement; all items if there are fewer.
        seed: seed of the draw.

    Returns:
        float32 [K].

    Raises:
        ValueError: the widths differ, a number is not finite, or `ridge` is not above 0.

    Example:
        taste = guest_taste(recommender.embed(["red.jpg", "pink.jpg"]), item_factors, user_factors)
        best_first = np.argsort(-item_factors @ taste)
    """
    liked, styles, tastes = (np.asarray(part, np.float64) for part in (liked, styles, tastes))
    if not (liked.ndim == styles.ndim == tastes.ndim == 2 and liked.shape[1] == styles.shape[1] == tastes.shape[1]):
        raise ValueError(f"[n, K], [I, K] and [U, K] expected, got {liked.shape}, {styles.shape}, {tastes.shape}")
    if not (np.isfinite(liked).all() and ridge > 0):
        raise ValueError("finite style vectors and a ridge above 0 expected")
    mean, variance = tastes.mean(0), float(tastes.var(0).mean())
    if not len(liked) or not variance:
        return mean.astype(np.float32)
    drawn = np.random.default_rng(seed).choice(len(styles), min(negatives, len(styles)), replace=False)
    differences = (liked[:, None] - styles[None, drawn]).reshape(-1, liked.shape[1])
    share, weight = 1 / len(drawn), ridge / variance

    def objective(taste: np.ndarray) -> float:
        return -share * np.logaddexp(0, -differences @ taste).sum() - weight / 2 * ((taste - mean) ** 2).sum()

    taste = mean
    for _ in range(steps):
        lost = 1 / (1 + np.exp(np.clip(differences @ taste, -500, 500)))  # 1 - sigma
        gradient = share * lost @ differences - weight * (taste - mean)
        curvature = share * (differences * (lost * (1 - lost))[:, None]).T @ differences
        step = np.linalg.solve(curvature + weight * np.eye(len(taste)), gradient)
        length, before = 1.0, objective(taste)
        while length > _LEAST_SHARE and not objective(taste + length * step) > before:
            length /= 2
        if length <= _LEAST_SHARE:
            break
        taste = taste + length * step
    return taste.astype(np.float32)
