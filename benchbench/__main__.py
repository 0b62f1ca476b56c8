"""`python -m benchbench`."""

from .cli import main

main(prog_name="benchbench")
