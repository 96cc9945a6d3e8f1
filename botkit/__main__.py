"""Entry: `python -m botkit` is the `botkit` command."""

from botkit.cli.main import main

if __name__ == "__main__":
    main()
