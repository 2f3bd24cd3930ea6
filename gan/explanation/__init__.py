"""What would change a user's mind: explanations that need the GAN."""
