"""`python -m bilten` is the same command as `bilten`."""

from bilten.cli import main

main()
