"""The systems that the paper compares DVBPR with (Table III), each one file: what to train, rank by or copy."""
