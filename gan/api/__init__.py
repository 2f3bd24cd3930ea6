"""The public Python API of the GAN, named by `gan`. Nothing of it imports TensorFlow before it is used."""
