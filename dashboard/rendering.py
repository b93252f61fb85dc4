"""Templates into pages; every value is escaped unless a template of ours says otherwise, and none does."""

import hashlib
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context

from dashboard.wording import FILTERS, delay, since

_HERE: Final = Path(__file__).resolve().parent


class Renderer:
    """The packaged templates and static files."""

    def __init__(self) -> None:
        self.static = _HERE / "static"
        self._environment = Environment(
            loader=FileSystemLoader(_HERE / "templates"), autoescape=True, undefined=StrictUndefined,
            trim_blocks=True, lstrip_blocks=True,
        )  # fmt: skip
        self._environment.filters.update(FILTERS)
        self._environment.filters["ago"] = _ago
        # People copy commands into a shell, and a sender chose the id.
        self._environment.filters["shell"] = shlex.quote
        self._environment.globals.update(static=self._static_url, delay=delay)

    def page(self, template: str, values: Mapping[str, Any], status: int = 200) -> web.Response:
        """Render a page."""
        shared: dict[str, Any] = {"standing": None, "now": None, "query_text": "", "here": ""}
        text = self._environment.get_template(template).render(shared | dict(values))
        return web.Response(text=text, status=status, content_type="text/html")

    def _static_url(self, name: str) -> str:
        """A static file's address, which changes with its content."""
        content = (self.static / name).read_bytes()
        return f"/static/{name}?v={hashlib.blake2b(content, digest_size=4).hexdigest()}"


@pass_context
def _ago(context: Context, value: Any) -> str:
    """How long before the page's now something was."""
    return since(value, context["now"])
