"""Why a person likes or dislikes a garment: which parts of its photo, beside what they bought, and which attributes."""
