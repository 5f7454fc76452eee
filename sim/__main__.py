"""`python -m sim` is the command `fundrisk`."""

from sim.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
