"""How a trained generator runs."""
