"""DVBPR as the training loop sees it, without the loop."""

from tests.support.small_training import config_for
from tf_dvbpr.dvbpr.training import DvbprTraining
from tf_dvbpr.workdir import Workdir
from tfrecords.photo_store.store import PhotoStore


def trainable_for(dataset, workdir, **given):
    """(the trainable, its config) of `config_for`'s settings, in a workdir of its own."""
    config = config_for(dataset.path, workdir, **{"init": "glorot", "average": 0.0, **given})
    photos = PhotoStore(dataset, config.image_size, "host", progress=False)
    return DvbprTraining(config, dataset, photos, Workdir(workdir, {})), config


def batches_of(trainable, count):
    """The first batches it would be trained on."""
    return list(trainable.batches(_OnePipeline, 0, count))


class _OnePipeline:
    num_replicas_in_sync = num_input_pipelines = 1
    input_pipeline_id = 0
