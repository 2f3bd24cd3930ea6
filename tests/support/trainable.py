"""Makes DVBPR's trainable, to test it without the training loop."""

from tests.support.small_training import config_for
from tf_dvbpr.dvbpr.training import DvbprTraining
from tf_dvbpr.workdir import Workdir
from tfrecords.photo_store.store import PhotoStore


def trainable_for(dataset, workdir, **given):
    """Returns (the trainable, its config) with the settings of `config_for`, in its own workdir."""
    config = config_for(dataset.path, workdir, **{"init": "glorot", "average": 0.0, **given})
    photos = PhotoStore(dataset, config.image_size, "host", progress=False)
    return DvbprTraining(config, dataset, photos, Workdir(workdir, {})), config


def batches_of(trainable, count):
    """Returns the first batches of the training."""
    return list(trainable.batches(_OnePipeline, 0, count))


class _OnePipeline:
    num_replicas_in_sync = num_input_pipelines = 1
    input_pipeline_id = 0
