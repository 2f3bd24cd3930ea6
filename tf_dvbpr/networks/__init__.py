"""Networks that map photos to vectors: CNN-F and those trained on ImageNet."""
