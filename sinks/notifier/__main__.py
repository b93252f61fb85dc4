"""`python -m sinks.notifier`: the notifier as a process."""

import logging
import sys

from sinks.notifier.run import run_notifier
from sinks.processes import start_logging, stop_on_signal
from sinks.settings import SettingsError, load_settings


def main() -> int:
    """Run until a signal; 1 where it had to give up, 2 where the settings cannot be used."""
    try:
        settings = load_settings()
        start_logging(settings)
        run_notifier(settings, stop_on_signal())
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    except Exception:  # The outermost place: say what happened, and end with a status that a supervisor sees.
        logging.getLogger("wismo.notifier").exception("the notifier gives up; what was not done is read again")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
