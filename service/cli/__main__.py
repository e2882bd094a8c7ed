"""`python -m service.cli`, for processes that cannot rely on the PATH."""

from service.cli.main import main

main()
