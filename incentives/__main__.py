"""`python -m incentives`: the command line, where the script `incentives` is not on the path."""

from incentives.cli import main

if __name__ == "__main__":
    main()
