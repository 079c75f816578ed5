"""``python -m minigen`` does what ``minigen`` does."""

from minigen.cli import main

if __name__ == "__main__":
    main(prog_name="minigen")
