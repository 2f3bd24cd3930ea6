"""The folder in which the examples of docstrings run: my_shop, photo.jpg, and trained tiny models under out/."""

import shutil


def make(folder, planted_folder, recommender, gan):
    """Copies of a shop's source, its data set and two workdirs, under the names that the examples use."""
    shutil.copytree(planted_folder.parent / "source", folder / "my_shop")
    shutil.copy(folder / "my_shop/images/0.jpg", folder / "photo.jpg")
    (folder / "out").mkdir()
    (folder / "out/my_shop").symlink_to(planted_folder)
    for name, workdir in (("run", recommender), ("gan", gan)):
        shutil.copytree(workdir, folder / "out" / name, ignore=shutil.ignore_patterns("checkpoints", "tensorboard"))
    return folder
