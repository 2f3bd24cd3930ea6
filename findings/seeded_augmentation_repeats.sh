#!/usr/bin/env bash
# After tf.random.set_seed a random augmentation in Dataset.map is the same in every epoch.
#
# Package: tensorflow 2.21.0 (2.15.1 does the same).
# Behaviour: each new iterator over a data set starts the random ops of its map anew from their seed, so each photo gets
#   the same flip in each epoch, whether the seed is the global one or the op's. dataset.repeat(n), which is one
#   iterator, goes on drawing. Dataset.shuffle next to it does shuffle anew.
# Expected: a seed makes the run repeatable, as in eager mode and in tf.function, where the same op goes on drawing; the
#   epochs differ. shuffle, which takes the same seeds, does it so by default (reshuffle_each_iteration).
# Seen:
#   seeded, epoch 0: flipped - - flipped flipped flipped - -
#   seeded, epoch 1: flipped - - flipped flipped flipped - -
#   seeded, epoch 2: flipped - - flipped flipped flipped - -
#   seeded, in one iterator of repeat(3), epoch 0: flipped - - flipped flipped flipped - -
#   seeded, in one iterator of repeat(3), epoch 1: flipped - - - - - flipped -
#   seeded, in one iterator of repeat(3), epoch 2: - flipped flipped flipped - flipped flipped -
#   seeded shuffle, epoch 0: [1, 5, 2, 0, 3, 6, 4, 7]
#   seeded shuffle, epoch 1: [7, 2, 4, 5, 6, 1, 0, 3]
#   seeded shuffle, epoch 2: [7, 0, 6, 5, 3, 4, 2, 1]
# Why it matters: the call that is to make a training repeatable turns its augmentation off: in "for epoch: for batch in
#   dataset" and in Model.fit the network sees one fixed version of each photo, so it overfits as without augmentation.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" install -qq --no-compile tensorflow==2.21.0 keras==3.15.1
TF_CPP_MIN_LOG_LEVEL=3 "$place/venv/bin/python" - <<'PYTHON'
import sys

import tensorflow as tf

PHOTOS, EPOCHS = 8, 3


def augmented():
    photos = tf.data.Dataset.from_tensors(tf.constant([[[0], [1]]])).repeat(PHOTOS)  # one row: black, white
    return photos.map(tf.image.random_flip_left_right).map(lambda photo: photo[0, 0, 0])


def epochs_of(dataset):
    return ["".join("flipped " if one else "- " for one in dataset.as_numpy_iterator()) for _ in range(EPOCHS)]


def show(name, epochs):
    for number, epoch in enumerate(epochs):
        print(f"{name}, epoch {number}: {epoch}")


without_seed = epochs_of(augmented())
tf.random.set_seed(5)
seeded = epochs_of(augmented())
flips = list(augmented().repeat(EPOCHS).as_numpy_iterator())
repeated = ["".join("flipped " if one else "- " for one in flips[i * PHOTOS :][:PHOTOS]) for i in range(EPOCHS)]
order = tf.data.Dataset.range(PHOTOS).shuffle(PHOTOS)
shuffled = [str([int(one) for one in order]) for _ in range(EPOCHS)]
show("seeded", seeded)
show("seeded, in one iterator of repeat(3)", repeated)
show("seeded shuffle", shuffled)
if len(set(seeded)) == 1 and min(len(set(one)) for one in (without_seed, repeated, shuffled)) > 1:
    print("AS DESCRIBED: with a seed each epoch draws the same augmentations")
else:
    sys.exit("CHANGED: seeded epochs differ, or others are alike")
PYTHON
