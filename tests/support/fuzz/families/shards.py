"""Damages record shards; readers must agree with a plain reading of consistent records, or refuse the shard."""

import hashlib
import json
import struct
from pathlib import Path

import numpy as np

from .. import mutations, tested, world
from ..outcome import Case, Unreadable

_WRONG = (-1, 0, 1, 5, 11, 12, 13, 2**31, 2**40, -(2**63))


def make(place: world.World, draw: np.random.Generator, folder: Path) -> Case:
    """Makes a case with one shard damaged; its checksums and dataset.json may be corrected to fit."""
    data = world.copy(place.dataset, folder / "data")
    shard = mutations.any_of(draw, sorted(data.glob("*.tfrecord*")))
    intact = shard.read_bytes()
    if draw.integers(2):
        what, new = mutations.damage(draw, intact)
    else:
        what, new = _edit(draw, intact)
    shard.write_bytes(new)
    size, digest = draw.integers(3) > 0, draw.integers(2) > 0
    if size:
        what += ", dataset.json mended" if digest else ", size mended"
        _mend(data, shard, digest)
    verify = bool(draw.integers(2))
    broken = verify and new != intact and not (size and digest)
    what += ", --verify" * verify
    return Case(
        f"{shard.name}: {what}",
        lambda: _read(data, verify, folder),
        lambda got: "--verify found nothing" if broken else _check(data, got),
        world.contents(place.dataset),
    )


def _read(data: Path, verify: bool, folder: Path) -> dict:
    if verify:
        tested.tool("describe_dataset", f"--dataset={data}", "--verify", f"--picture={folder / 'p.png'}")
        (folder / "p.png").unlink()
    return world.contents(data)


def _mend(data: Path, shard: Path, digest: bool) -> None:
    meta = world.read_json(data / "dataset.json")
    for entry in meta["shards"]:
        if entry["file"] == shard.name:
            entry["bytes"] = shard.stat().st_size
            if digest:
                entry["sha256"] = hashlib.sha256(shard.read_bytes()).hexdigest()
    (data / "dataset.json").write_text(json.dumps(world.signed(meta)))


def _edit(draw: np.random.Generator, data: bytes) -> mutations.Mutation:
    """Changes records or their values; all checksums are right."""
    records = list(_records(data))
    at, other = (int(number) for number in draw.integers(len(records), size=2))
    kind = int(draw.integers(10))
    if kind == 0:
        what = f"record {at} dropped"
        del records[at]
    elif kind == 1:
        what = f"record {at} twice"
        records.insert(at, records[at])
    elif kind == 2:
        what = f"records {at} and {other} swapped"
        records[at], records[other] = records[other], records[at]
    elif kind == 3:
        what, records[at] = mutations.damage(draw, records[at])
        what = f"record {at}: {what}"
    else:
        what, records[at] = _edit_example(draw, records[at])
        what = f"record {at}: {what}"
    return f"{what}, checksums mended", b"".join(map(_framed, records))


def _edit_example(draw: np.random.Generator, record: bytes) -> mutations.Mutation:
    import tensorflow as tf

    example = tf.train.Example.FromString(record)
    features = example.features.feature
    name = mutations.any_of(draw, sorted(features))
    kind = features[name].WhichOneof("kind")
    values = getattr(features[name], kind).value
    change = int(draw.integers(8))
    if change == 0:
        what = "gone"
        del features[name]
    elif change == 1:
        what = "empty"
        del values[:]
    elif change == 2 and values:
        what = "with a value twice"
        values.append(values[0])
    elif kind == "int64_list":
        number = int(mutations.any_of(draw, _WRONG))
        if values:
            values[int(draw.integers(len(values)))] = number
        else:
            values.append(number)
        what = f"with {number}"
    elif change == 3:
        what = "of another type"
        features[name].int64_list.value.append(1)
    elif values:
        what, values[0] = mutations.damage(draw, values[0]) if values[0] else ("x", b"x")
    else:
        what = "as it was"
    return f"{name} {what}", example.SerializeToString(deterministic=True)


def _check(data: Path, got: dict) -> str | None:
    meta = world.read_json(data / "dataset.json")
    items, users = _items(data, meta), _users(data, meta)
    keys = [item[0] for item in items]
    named = {
        key: (tuple(sorted(keys[item] for item in set(train))), *(keys[at] if at >= 0 else None for at in held))
        for key, train, *held in users
    }
    for name, expected in (("items", items), ("users", named), ("one by one", [item[-1] for item in items])):
        if got[name] != expected:
            return f"{name} are not those of the records"
    return None


def _items(data: Path, meta: dict) -> list[tuple]:
    names = meta["category_names"]
    items = {}
    for values in _examples(data, meta, "items"):
        (number,), (key,), (category,) = (values(f"item/{name}") for name in ("id", "key", "category"))
        (encoded,), (height,), (width,) = (values(f"image/{name}") for name in ("encoded", "height", "width"))
        if number in items or not -1 <= category < len(names):
            raise Unreadable(f"item {number} of category {category}")
        if not (0 < height < 2**31 and 0 < width < 2**31):
            raise Unreadable(f"the photo of item {number} has {height} x {width} pixels")
        items[number] = (_text(key), names[category] if category >= 0 else "", height, width, encoded)
    return _in_order(items, meta["counts"]["items"])


def _users(data: Path, meta: dict) -> list[tuple]:
    users = {}
    for values in _examples(data, meta, "users"):
        (number,), (key,) = values("user/id"), values("user/key")
        train, validation, test = (values(f"user/{name}", any_number=True) for name in ("train", "validation", "test"))
        if number in users or max(len(validation), len(test)) > 1:
            raise Unreadable(f"user {number}")
        if not all(0 <= item < meta["counts"]["items"] for item in (*train, *validation, *test)):
            raise Unreadable(f"user {number} bought an item that is not there")
        users[number] = (_text(key), train, *(held[0] if held else -1 for held in (validation, test)))
    return _in_order(users, meta["counts"]["users"])


def _in_order(rows: dict[int, tuple], count: int) -> list[tuple]:
    if sorted(rows) != list(range(count)):
        raise Unreadable(f"ids {sorted(rows)[:3]}... where 0 to {count - 1} are expected")
    if len({row[0] for row in rows.values()}) != count:
        raise Unreadable("a key stands twice")
    return [rows[number] for number in range(count)]


def _text(key: bytes) -> str:
    try:
        text = key.decode()
    except UnicodeDecodeError as error:
        raise Unreadable(f"the key {key!r}") from error
    if not text or "\0" in text:
        raise Unreadable(f"the key {key!r}")
    return text


def _examples(data: Path, meta: dict, stem: str):
    import tensorflow as tf

    for shard in meta["shards"]:
        if not shard["file"].startswith(stem):
            continue
        for record in _records((data / shard["file"]).read_bytes()):
            try:
                features = tf.train.Example.FromString(record).features.feature
            except Exception as error:
                raise Unreadable("a record is no Example") from error

            def values(name: str, any_number: bool = False, features=features) -> list:
                bytes_expected = name in ("item/key", "user/key", "image/encoded")
                feature = features[name] if name in features else tf.train.Feature()
                kind = feature.WhichOneof("kind")
                found = list(getattr(feature, kind).value) if kind else []
                if found and kind != ("bytes_list" if bytes_expected else "int64_list"):
                    raise Unreadable(f"{name} of another type")
                if not any_number and len(found) != 1:
                    raise Unreadable(f"{len(found)} values of {name}")
                return found

            yield values


def _records(data: bytes):
    at = 0
    while at < len(data):
        if at + 12 > len(data):
            raise Unreadable("a record is cut short")
        length, head = struct.unpack_from("<QI", data, at)
        body = data[at + 12 : at + 12 + length]
        tail = data[at + 12 + length : at + 16 + length]
        if head != _masked(data[at : at + 8]) or tail != struct.pack("<I", _masked(body)):
            raise Unreadable("a checksum is wrong")
        yield body
        at += 16 + length


def _framed(record: bytes) -> bytes:
    length = struct.pack("<Q", len(record))
    return length + struct.pack("<I", _masked(length)) + record + struct.pack("<I", _masked(record))


def _masked(data: bytes) -> int:
    """Computes the masked CRC-32C of TFRecord files."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF
