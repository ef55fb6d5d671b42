"""`hub supervision`: the supervision list (督办事项)."""

import typer

app = typer.Typer(no_args_is_help=True)
