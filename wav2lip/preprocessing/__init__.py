"""Videos to clip files and a manifest."""
