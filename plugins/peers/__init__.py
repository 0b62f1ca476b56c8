"""How other libraries do what components do, for `benchbench speed` to time side by side."""
