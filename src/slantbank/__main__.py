"""`python -m slantbank` is the command line."""

from slantbank.cli import main

main()
