"""The authors' TensorFlow 1 checkpoints of the GAN, read and written."""
