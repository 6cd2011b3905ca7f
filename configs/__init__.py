"""The configuration files of every command, grouped as Hydra reads them."""
