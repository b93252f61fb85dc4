"""`python -m sinks.board [--rebuild]`: the board as a process."""

import argparse
import logging
import sys

from sinks.board.run import run_board
from sinks.processes import start_logging, stop_on_signal
from sinks.settings import SettingsError, load_settings


def main(arguments: list[str] | None = None) -> int:
    """Run until a signal; 1 where it had to give up, 2 where the settings cannot be used."""
    parser = argparse.ArgumentParser(prog="python -m sinks.board", description="Keeps the board up to date.")
    parser.add_argument("--rebuild", action="store_true", help="drop the board and build it anew from its topics")
    asked = parser.parse_args(arguments)
    try:
        settings = load_settings()
        start_logging(settings)
        run_board(settings, stop_on_signal(), rebuild=asked.rebuild)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    except Exception:  # The outermost place: say what happened, and end with a status that a supervisor sees.
        logging.getLogger("wismo.board").exception("the board gives up; it goes on where it was at the next start")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
