"""`benchbench weights`: the files of pretrained weights that components can use; `--download` fetches them."""

from __future__ import annotations

import click

from . import options


@click.command("weights")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--download", is_flag=True, help="Fetch those that are missing (or only the NAMEd ones).")
@options.plugins
@options.as_json
def command(names: tuple[str, ...], download: bool, as_json: bool) -> None:
    """List pretrained weights: whether they are here, what needs them, and where they come from.

    Nothing is ever downloaded but by this command with --download.
    """
    from ..contracts.weights import download_weights
    from ..registry import pretrained

    registry = options.load_registry(quiet=as_json)
    chosen = pretrained.of(registry, names)
    for weights, users in chosen.items() if download else ():
        if pretrained.described(weights, users)["state"] != "here":
            click.echo(f"Downloading {weights.url}", err=True)
            download_weights(weights, progress=not as_json)
    entries = [pretrained.described(*item) for item in chosen.items()]
    if as_json:
        options.print_json(entries)
    else:
        click.echo(pretrained.as_text(entries))
