"""What server and portal have to survive, as commands: each prints its figures and ends with 1 if a promise broke.

``python -m benchmarks.endurance stop|switch|kill|memory|fuzz|attack|portal-attack|portal-recordings|recordings --help``
"""

import typer

from benchmarks.portal import attack, recordings_endurance
from benchmarks.recordings import endurance as recordings
from benchmarks.serving import endurance

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, help=__doc__)
app.add_typer(endurance.app)
app.command("portal-attack")(attack.command)
app.command("portal-recordings")(recordings_endurance.command)
app.command("recordings")(recordings.command)

if __name__ == "__main__":
    app()
