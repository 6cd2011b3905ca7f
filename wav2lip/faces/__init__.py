"""Finding faces, following them through a video, cutting them out and pasting them back."""
