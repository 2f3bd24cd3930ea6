"""The generator G(z, c) and the discriminator D(x, c)."""
