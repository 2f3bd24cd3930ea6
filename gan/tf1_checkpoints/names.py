"""The GAN's variable names in the authors' checkpoints and in this project's (docs/guides/checkpoints.md)."""

_KINDS = ("gamma", "beta", "moving_mean", "moving_variance")

# The authors' name: our name.
WEIGHTS = {
    "GAN/generator/g_h0_lin/Matrix": "generator/dense/kernel",
    "GAN/generator/g_h0_lin/bias": "generator/dense/bias",
    "GAN/generator/g_h1/w": "generator/deconv1/kernel",
    "GAN/generator/g_h1/biases": "generator/deconv1/bias",
    "GAN/generator/g_h2/w": "generator/deconv2/kernel",
    "GAN/generator/g_h2/biases": "generator/deconv2/bias",
    "GAN/generator/g_h3/w": "generator/deconv3/kernel",
    "GAN/generator/g_h3/biases": "generator/deconv3/bias",
    "GAN/generator/g_h4/w": "generator/deconv4/kernel",
    "GAN/generator/g_h4/biases": "generator/deconv4/bias",
    "GAN/generator/g_h5/w": "generator/deconv5/kernel",
    "GAN/generator/g_h5/biases": "generator/deconv5/bias",
    "GAN/generator/g_h6/w": "generator/deconv6/kernel",
    "GAN/generator/g_h6/biases": "generator/deconv6/bias",
    "GAN/generator/g_h7/w": "generator/deconv7/kernel",
    "GAN/generator/g_h7/biases": "generator/deconv7/bias",
    **{
        f"GAN/generator/g_bn{number}/{kind}": f"generator/norm{number}/{kind}" for number in range(7) for kind in _KINDS
    },
    "GAN/discriminator/d_h0_conv/w": "discriminator/conv0/kernel",
    "GAN/discriminator/d_h0_conv/biases": "discriminator/conv0/bias",
    "GAN/discriminator/d_h1_conv/w": "discriminator/conv1/kernel",
    "GAN/discriminator/d_h1_conv/biases": "discriminator/conv1/bias",
    "GAN/discriminator/d_h2_conv/w": "discriminator/conv2/kernel",
    "GAN/discriminator/d_h2_conv/biases": "discriminator/conv2/bias",
    "GAN/discriminator/d_h3_conv/w": "discriminator/conv3/kernel",
    "GAN/discriminator/d_h3_conv/biases": "discriminator/conv3/bias",
    "GAN/discriminator/d_h4_lin/Matrix": "discriminator/dense/kernel",
    "GAN/discriminator/d_h4_lin/bias": "discriminator/dense/bias",
    **{
        f"GAN/discriminator/d_bn{number}/{kind}": f"discriminator/norm{number}/{kind}"
        for number in (1, 2, 3)
        for kind in _KINDS
    },
}
FIRST_DENSE, FIRST_CONV = "GAN/generator/g_h0_lin/Matrix", "GAN/discriminator/d_h0_conv/w"


def weight_shapes(num_categories: int, latent_dim: int, image_size: int) -> dict[str, tuple[int, ...]]:
    """Returns the shape of each of `WEIGHTS` by the authors' names; `image_size` is a multiple of 16."""
    c, squares = num_categories, (image_size // 16) ** 2
    generator, discriminator = "GAN/generator", "GAN/discriminator"
    shapes: dict[str, tuple[int, ...]] = {
        f"{generator}/g_h0_lin/Matrix": (latent_dim + c, squares * 256),
        f"{generator}/g_h0_lin/bias": (squares * 256,),
        f"{discriminator}/d_h4_lin/Matrix": (squares * 512, 1),
        f"{discriminator}/d_h4_lin/bias": (1,),
    }
    widths = (256, 256, 256, 256, 256, 128, 64, 3)
    for number in range(1, 8):
        # Transposed convolution: height, width, out, in.
        shapes[f"{generator}/g_h{number}/w"] = (3, 3, widths[number], widths[number - 1])
        shapes[f"{generator}/g_h{number}/biases"] = (widths[number],)
    shapes |= {f"{generator}/g_bn{number}/{kind}": (widths[number],) for number in range(7) for kind in _KINDS}
    widths = (3, 64, 128, 256, 512)
    for number in range(4):
        shapes[f"{discriminator}/d_h{number}_conv/w"] = (5, 5, widths[number] + c, widths[number + 1])
        shapes[f"{discriminator}/d_h{number}_conv/biases"] = (widths[number + 1],)
    shapes |= {f"{discriminator}/d_bn{number}/{kind}": (widths[number + 1],) for number in (1, 2, 3) for kind in _KINDS}
    return shapes
