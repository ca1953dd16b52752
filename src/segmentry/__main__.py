"""`python -m segmentry` is the command `segmentry`."""

import sys

try:
    from segmentry.cli import main
except KeyboardInterrupt:  # the commands are still being loaded, and nothing has begun
    sys.exit(130)

if __name__ == "__main__":
    main()
