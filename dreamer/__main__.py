"""`python -m dreamer`: the command line."""

from dreamer.cli import main

main(prog_name="dreamer")
