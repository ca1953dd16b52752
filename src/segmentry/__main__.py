"""`python -m segmentry` is the command `segmentry`."""

from segmentry.cli import main

main()
