"""`python -m deploy.xephang` is `xephang`."""

from deploy.xephang.cli import main

main()
