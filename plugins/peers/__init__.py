"""Other libraries' counterparts of components, which `benchbench speed` times side by side."""
