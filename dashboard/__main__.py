"""`python -m dashboard`: the web process."""

import logging
import sys
from typing import Final

from aiohttp import web

from dashboard.app import create_app
from sinks.processes import start_logging
from sinks.settings import SettingsError, load_settings

_LOG: Final = logging.getLogger("wismo.web")


def main() -> int:
    """Serve until a signal; 2 where the settings cannot be used."""
    try:
        settings = load_settings()
        start_logging(settings)
        app = create_app(settings)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    _LOG.info("the board's pages: http://%s:%d/", settings.web_host, settings.web_port)
    web.run_app(app, host=settings.web_host, port=settings.web_port, print=None, access_log=None, shutdown_timeout=2.0)
    return 0


if __name__ == "__main__":
    sys.exit(main())
