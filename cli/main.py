"""The `wismo` command: what it can do, one file a command."""

from typing import Annotated

import typer

from cli import (
    backtest,
    config,
    contract,
    decide,
    dlq,
    explain,
    learn,
    normalize,
    policy,
    policy_check,
    review,
    shadow,
    simulate,
    topics,
    unmapped,
    up,
)
from cli.own_tables import use_own_tables

app = typer.Typer(
    name="wismo",
    help="Where is my order? Trusted shipment states, and exceptions routed to who acts on them.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


def _version(show: bool) -> None:
    if show:
        from importlib.metadata import version

        typer.echo(version("wismo"))
        raise typer.Exit


@app.callback()
def main(
    context: typer.Context,
    _show: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Where is my order?"""
    use_own_tables(context.invoked_subcommand)


app.command("up")(up.up)
app.command("normalize")(normalize.normalize)
app.command("decide")(decide.decide)
app.command("explain")(explain.explain)
app.command("backtest")(backtest.backtest)
app.command("review")(review.review)
app.command("simulate")(simulate.simulate)
app.command("check")(policy_check.check)
app.command("config")(config.config)
app.add_typer(policy.app, name="policy")
app.add_typer(shadow.app, name="shadow")
app.add_typer(contract.app, name="contract")
app.add_typer(topics.app, name="topics")
app.add_typer(learn.app, name="learn")
app.add_typer(dlq.app, name="dlq")
app.add_typer(unmapped.app, name="unmapped")


def run() -> None:
    """Entry point of the console script."""
    app()


if __name__ == "__main__":
    run()
