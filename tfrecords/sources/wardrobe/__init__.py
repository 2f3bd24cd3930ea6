"""The wardrobe: synthetic garments, users with known tastes, and their purchases."""
