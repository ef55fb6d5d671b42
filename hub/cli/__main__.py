"""`python -m hub.cli`: the same command as `hub`."""

from hub.cli import main

main()
