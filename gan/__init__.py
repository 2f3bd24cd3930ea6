"""The conditional least-squares GAN that draws clothes (not part of this version yet)."""
