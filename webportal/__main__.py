"""Command line of the portal: ``python -m webportal COMMAND``, ``beatlens-portal COMMAND`` or ``manage.py COMMAND``."""

import os
import sys


def main() -> None:
    """Run one management command with the embedded settings unless the environment names others."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webportal.settings.development")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
