"""Writes minimal files of all the tools that a report reads."""

import dataclasses
import io
import json

import numpy as np
from PIL import Image

from tf_dvbpr.explanation.results import AttributeChange, Explanation, Explanations, ItemBeside, Segment

PROTOTYPE = "prototype.png"
VALIDATION = [0.61, 0.74, 0.72]
DISTANCES = [80.0, 21.5, 12.25]


def picture(seed, size=(64, 64)):
    """Returns the bytes of a PNG file."""
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        path.write_text(content if isinstance(content, str) else json.dumps(content))


def lines(records):
    return "".join(f"{json.dumps(record)}\n" for record in records)


def write_recommender(folder, dataset):
    write_config(folder, dataset, "dvbpr")
    best = max(VALIDATION)
    records = [
        {
            "step": 10 * (i + 1),
            "photos": 1600 * (i + 1),
            "loss": {"bpr": 90.0 - 20 * i, "weight_penalty": 13.5, "user_penalty": 0.5 * i},
            "auc/validation_all": auc,
            "auc/validation_cold": None if i == 0 else auc - 0.1,
            "score": auc,
            "best": auc == best or i == 0,
            "seconds": 3.0,
        }
        for i, auc in enumerate(VALIDATION)
    ]
    write(folder / "metrics.jsonl", lines(records))
    write(folder / "auc.json", auc_table(dataset))


def write_config(folder, dataset, model):
    write(
        folder / "config.json",
        {
            "model": model,
            "dataset": str(dataset.path.resolve()),
            "dataset_fingerprint": dataset.fingerprint,
            "train": {"dataset": "d", "preset": "fast", "dim": 50, "seed": 0, "judge_weights": None},
            "versions": {"tf_dvbpr": "0.1.0", "python": "3.11.7"},
        },
    )


def auc_table(dataset):
    def figures(auc):
        return {"all": auc, "all_se": 0.012, "all_users": 60, "cold": auc - 0.05, "cold_se": 0.02, "cold_users": 21}

    rows = [("RAND", 0.5), ("PopRank", 0.4321), ("DVBPR", 0.7777)]
    return {
        "data_set": dataset.name,
        "fingerprint": dataset.fingerprint,
        "model": "DVBPR",
        "step": 20,
        "protocol": "exact",
        "ties": "strict",
        "rows": [{"name": name, "validation": figures(auc + 0.01), "test": figures(auc)} for name, auc in rows],
    }


def write_gan(folder, dataset):
    write_config(folder, dataset, "gan")
    records = [
        {
            "step": 100 * (i + 1),
            "photos": 3200 * (i + 1),
            "loss": {"discriminator": 0.6, "generator": 0.5, "score_real": 0.7, "score_fake": 0.3},
            "frechet_distance/own": distance,
            "classifier_score/own": 4.5 + i,
            "classifier_score_spread/own": 0.2,
            "diversity/images": 0.4,
            "diversity/photos": 0.5,
            "right_category": 0.978,
            "score": -distance,
            "best": True,
            "seconds": 5.0,
        }
        for i, distance in enumerate(DISTANCES)
    ]
    write(folder / "metrics.jsonl", lines(records))
    for name in ("reals", "samples-0", "samples-100", "samples-200", "samples-300"):
        write(folder / f"{name}.png", picture(len(name), (320, 200)))


def write_table3(folder, dataset):
    def row(name, auc, **given):
        figures = {"all": auc, "all_se": 0.0034, "cold": auc - 0.1, "cold_se": 0.0058, "validation": auc + 0.01}
        other = {"recall@10": 0.05, "seconds": 3.25, "parameters": 1200, "cells": 3, "published": None}
        return {"name": name, "settings": {}, "all_spread": None, "cold_spread": None, **figures, **other, **given}

    rows = [row("BPR-MF", 0.6278, settings={"dim": 50, "regularisation": 0.1}), row("DVBPR", 0.7964)]
    lead = {"all": 0.1686, "all_se": 0.004, "all_percent": 26.9, "cold": None, "cold_se": None, "cold_percent": None}
    result = {
        "data_set": {"name": dataset.name, "fingerprint": dataset.fingerprint},
        "seeds": 1,
        "published": None,
        "rows": rows,
        "differences": [{"name": "DVBPR", "rival": "BPR-MF", **lead}],
    }
    write(folder / "table3.json", result)


def write_samples(folder):
    write(folder / "latents.npz", b"unread")
    for seed, name in enumerate(("shoes", "tops", "interpolation", "nearest")):
        write(folder / f"{name}.png", picture(seed, (320, 200)))


def write_table4(folder, warning="few images"):
    def source(name, preference):
        spread = {"preference": 3.8, "quality": 0.36, "diversity": 0.09, "realness": 0.2}
        means = {"preference": preference, "quality": 5.0, "diversity": 0.55, "realness": 0.6}
        garments = {"right_category": 0.975, "frechet_distance": 12.34, "kernel_distance": 0.5, "nearest_photo": None}
        figures = {key: {"mean": means[key], "spread": spread[key]} for key in means}
        return {"name": name, **figures, **garments, "attributes": {"pattern": {"certain": 0.81, "values": {}}}}

    sources = [source("random real X_c", -1.9547), source("random G(., c)", None), source("synthesis", 7.676)]
    head = {"trials": 50, "k": 3, "images": 150, "eta": 1.0, "score_name": "classifier_score", "judge": "own"}
    write(folder / "table4.json", {**head, "warning": warning, "sources": sources})
    write(folder / "fig3.png", picture(3, (300, 200)))
    write(folder / "designs.png", picture(4, (300, 200)))


def write_design(folder, dataset, users=("u0",), count=1):
    keys = [str(key) for key in dataset.item_keys[:3]]
    group = {"scores": [1.0] * len(users)} if len(users) > 1 else {}
    designs = []
    for number in range(count):
        file = f"design-{number}.png"
        write(folder / file, picture(10 + number))
        bought = {"item": keys[0], "category": "shoes", "score": 1.25, **group, **({"user": users[0]} if group else {})}
        drawn = {"file": file, "score": 4.5, "objective": 4.4, "realness": 0.7, "best_step": 48, "better_than": 0.9986}
        designs.append(
            {
                "users": list(users),
                "group": "mean" if group else None,
                "category": "tops",
                "bought": [bought],
                "retrieved": [{"item": keys[1], "score": 3.4, **group}],
                "designed": [{**drawn, **group}],
                "dropped_starts": 0,
            }
        )
    head = {"preset": "fast", "seed": 0, "eta": 1.0, "starts": 64, "steps": 50}
    write(folder / "design.json", {**head, "designs": designs, "files": ["design.png"]})


def write_tailor(folder, dataset):
    write(folder / PROTOTYPE, picture(20))
    steps = []
    for step in (0, 10, 20):
        write(folder / f"u1-{step:02d}.png", picture(21 + step))
        steps.append({"step": step, "score": 0.1 + 0.05 * step, "drift": 0.01 * step, "file": f"u1-{step:02d}.png"})
    prototype = {"item": str(dataset.item_keys[4]), "photo": None, "file": PROTOTYPE}
    head = {"preset": "fast", "eta": 1.0, "category": "tops", "prototype": prototype, "reconstruction_error": 0.08}
    tailored = [{"user": "u1", "prototype_score": 0.3, "steps": steps}]
    write(folder / "tailor.json", {**head, "tailored": tailored, "files": ["tailor.png"]})


def write_explain(folder, dataset):
    keys = dataset.item_keys.tolist()
    for name in ("1-integrated_gradients.png", "1-before.png", "1-after.png"):
        write(folder / name, picture(len(name)))
    beside = [ItemBeside(str(keys[item]), "shoes", 0.5, 0.75, 0.25) for item in (5, 6, 7)]
    change = AttributeChange("colour", "red", "blue", 0.25, 1.5, 1.25, 0.125, 1.0, 30, 4)
    lists = ([beside[0]], [beside[1]], [beside[2]])
    figures = (-0.5, 0.75, 0.125, 0.01, 0.02, [[0.0] * 8] * 8, None)
    one = Explanation("u1", 1, *figures, {"integrated_gradients": "1-integrated_gradients.png"}, *lists, [change])
    segment = Segment("cluster 1", 40, 0.25, 0.875, "tops")
    head = ("planted", 20, str(keys[4]), None, "tops", {"colour": "red"}, {}, 128)
    minds = {
        "reach": 0.9,
        "users": [
            {
                "user": "u1",
                "before": {"score": -0.4, "percentile": 0.2, "file": "1-before.png"},
                "after": {"score": 0.9, "percentile": 0.91, "file": "1-after.png"},
                "drift": 0.05,
            }
        ],
    }
    found = dataclasses.asdict(Explanations(*head, [one], [segment], []))
    write(folder / "explain.json", {**found, "changes": minds, "files": ["explain.png"]})


def write_all(root, dataset):
    """Writes every source into its own folder, with the name of its flag."""
    write_recommender(root / "recommender", dataset)
    write_gan(root / "gan", dataset)
    write_table3(root / "table3", dataset)
    write_samples(root / "samples")
    write_table4(root / "table4")
    write_design(root / "design", dataset)
    write_tailor(root / "tailor", dataset)
    write_explain(root / "explain", dataset)
    names = ("recommender", "gan", "table3", "samples", "table4", "design", "tailor", "explain")
    return {name: root / name for name in names}
