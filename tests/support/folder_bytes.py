"""The content of a folder, to compare two."""


def folder_bytes(folder):
    """Returns the bytes of every file of a folder and its subfolders, by relative path."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
