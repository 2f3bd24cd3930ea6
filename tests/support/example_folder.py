"""Makes the folder in which the examples of docstrings run: my_shop, photo.jpg, and tiny trained models in out/."""

import shutil


def make(folder, planted_folder, recommender, gan):
    """Copies a shop's source, its data set and two workdirs to the names that the examples use."""
    shutil.copytree(planted_folder.parent / "source", folder / "my_shop")
    shutil.copy(folder / "my_shop/images/0.jpg", folder / "photo.jpg")
    (folder / "out").mkdir()
    (folder / "out/my_shop").symlink_to(planted_folder)
    for name, workdir in (("run", recommender), ("gan", gan)):
        shutil.copytree(workdir, folder / "out" / name, ignore=shutil.ignore_patterns("checkpoints", "tensorboard"))
    return folder
