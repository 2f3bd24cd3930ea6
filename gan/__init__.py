"""The conditional least-squares GAN that draws clothes."""
