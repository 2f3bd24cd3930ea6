"""The public Python API of the GAN, whose names `gan` exports. TensorFlow is imported only when a function is used."""
