"""Run the command as `python -m service.cli`, which does not depend on the PATH."""

from service.cli.main import main

main()
