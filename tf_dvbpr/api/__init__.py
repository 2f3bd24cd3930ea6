"""The public Python API, whose names `tf_dvbpr` exports. TensorFlow is imported only when a function is used."""
