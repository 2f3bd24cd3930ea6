"""The public Python API: `tf_dvbpr` names what stands here. Nothing of it imports TensorFlow before it is used."""
