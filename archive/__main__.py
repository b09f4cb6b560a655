"""``python -m archive INPUT… OUT``: recordings and pictures by the thousand, into Parquet."""

from archive.commands import app

if __name__ == "__main__":
    app(prog_name="python -m archive")
