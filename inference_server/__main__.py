"""``python -m inference_server`` serves; ``python -m inference_server classify PICTURE...`` asks about pictures."""

from inference_server.commands.application import run

if __name__ == "__main__":
    run()
