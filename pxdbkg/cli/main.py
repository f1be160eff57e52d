"""The command ``pxdbkg``: finds the subcommand, prints errors as lines, sets the exit status."""

from __future__ import annotations

import argparse
import importlib
import re
import sys
from collections.abc import Sequence
from typing import NoReturn

import pxdbkg
from pxdbkg import log
from pxdbkg.errors import PxdbkgError

# Name -> line of help. The file pxdbkg/cli/NAME.py has add_arguments(parser) and run(args) -> exit status; it is
# imported when its command is used.
COMMANDS = {
    "run": "run a steering file",
    "modules": "list the modules, or show the parameters of one",
    "inspect": "show what digit files or a payload hold",
    "calibrate": "fit the background simulation to published statistics",
    "validate": "tell whether one sample of background is as good as another",
    "export": "write a generator as a payload",
    "benchmark": "measure the speed of the parts",
    "display": "draw one event, or a whole sample",
}


class _Parser(argparse.ArgumentParser):
    """Says what is wrong with the arguments in one line, as everything else in pxdbkg does."""

    def error(self, message: str) -> NoReturn:
        text = re.sub(r"invalid int value: (.*)", r"\1 is not a whole number", message)
        self.exit(2, f"{self.prog}: {text}. See: {self.prog} --help\n")


def build_parser(command: str | None = None) -> argparse.ArgumentParser:
    """Return the parser, with the arguments of one command."""
    parser = _Parser(
        prog="pxdbkg",
        description=pxdbkg.__doc__,
        epilog="Begin with: pxdbkg run steering/overlay.yaml.",
    )
    parser.add_argument("--version", action="version", version=f"pxdbkg {pxdbkg.__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, text in COMMANDS.items():
        sub = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
        sub.add_argument(
            "--log-level", default=None, choices=log.LEVELS, help="lowest level of message (default: INFO)"
        )
        if name == command:
            importlib.import_module(f"pxdbkg.cli.{name}").add_arguments(sub)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status: 0 done, 1 failed, 2 bad input, 130 interrupted."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    command = next((word for word in arguments if word in COMMANDS), None)
    args = build_parser(command).parse_args(arguments)
    log.configure(args.log_level or "INFO")
    try:
        status: int = importlib.import_module(f"pxdbkg.cli.{args.command}").run(args)
        sys.stdout.flush()
    except PxdbkgError as error:
        _report(error, args.log_level)
        return error.exit_status
    except KeyboardInterrupt:
        print("pxdbkg: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader of the output, such as head, has gone
        sys.stdout = None
        return 0
    return status


def _report(error: PxdbkgError, level: str | None) -> None:
    """Print an error: its lines, and where it came from when asked or how to ask."""
    print(error, file=sys.stderr)
    if notes := getattr(error, "__notes__", []):  # the traceback of an error that nobody foresaw
        if level == "DEBUG":
            print("\n".join(notes), file=sys.stderr)
        else:
            print("Run again with --log-level DEBUG to see the traceback", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
