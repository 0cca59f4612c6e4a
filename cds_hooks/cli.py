"""The `cuecard` command.

Exit codes: 0 done; 1 the chart, the input or the ledger can't be used; 2 wrong arguments or settings.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Sequence
from datetime import date
from importlib import import_module
from pathlib import Path

_DONE, _UNUSABLE = 0, 1
_OLDEST = 130
_DIGEST = re.compile(r"[0-9a-f]{64}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit code.

    Each subcommand is a module of `cds_hooks.commands`, imported when it is called, so that
    `cuecard --help` loads no models.
    """
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.command == "assess" and not _names_one_chart(options):
        parser.error("assess: give either bundle.json, or --fhir URL and --patient ID")
    code: int | None
    try:
        command = import_module(f"cds_hooks.commands.{options.command.replace('-', '_')}")
        code = command.run(options)
    except BrokenPipeError:
        # The reader has gone; the interpreter would complain once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _UNUSABLE
    except Exception as error:  # the last place where a failure becomes words
        explained = import_module("cds_hooks.commands.failures").explain(error)
        if explained is None:
            raise
        code = explained[0]
        sys.stderr.write("".join(f"cuecard: {line}\n" for line in explained[1].splitlines()))
    return _DONE if code is None else code


def _names_one_chart(options: argparse.Namespace) -> bool:
    if options.bundle:
        return not options.fhir
    return bool(options.fhir and options.patient)


_Commands = argparse._SubParsersAction  # the only name that argparse has for it


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="cuecard",
        description="Decision support for an EHR: CDS Hooks in, the chart over FHIR, a few cards out.",
        epilog="Exit codes: 0 done; 1 the chart, the input or the ledger can't be used; "
        "2 wrong arguments or settings.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="command")
    _add_serve(commands)
    _add_demo(commands)
    _add_settings(commands)
    _add_report_on_cards(commands)
    _add_assess(commands)
    _add_doctor(commands)
    _add_score(commands)
    _add_models(commands)
    _add_read_note(commands)
    _add_differential(commands)
    _add_train(commands)
    _add_evaluate(commands)
    _add_store(commands)
    _add_audit(commands)
    _add_purge(commands)
    return parser


def _add_serve(commands: _Commands[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("serve", help="run the service")
    parser.add_argument(
        "--config", type=Path, required=True, metavar="FILE", help="settings, see cuecard.toml"
    )


def _add_demo(commands: _Commands[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "demo", help="try it: sample patients, the service and a mock EHR on this machine"
    )
    parser.add_argument("--port", type=_port, default=8000, help="loopback port (default: %(default)s)")
    parser.add_argument("--fhir", default="", metavar="URL", help="another FHIR server than the embedded one")
    parser.add_argument(
        "--signed", action="store_true", help="the mock EHR signs its calls, and no others are answered"
    )


def _add_settings(commands: _Commands[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("settings", help="print the settings of a file, or the defaults")
    parser.add_argument("--explain", action="store_true", help="also what each means, and its default")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings, see cuecard.toml")


def _add_report_on_cards(commands: _Commands[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("report", help="what became of the cards: accepted, overridden and why")
    parser.add_argument("--config", type=Path, required=True, metavar="FILE", help="settings of the service")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write a page that needs nothing else")


def _add_assess(commands: _Commands[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "assess",
        help="print the cards of one chart",
        epilog="A bearer token for the FHIR server is taken from the variable CUECARD_ACCESS_TOKEN.",
    )
    parser.add_argument(
        "bundle", nargs="?", type=Path, metavar="bundle.json", help="the chart as a FHIR Bundle"
    )
    parser.add_argument("--fhir", default="", metavar="URL", help="FHIR base URL to read the chart from")
    parser.add_argument("--patient", default="", metavar="ID", help="id of the patient")
    _add_as_of(parser)
    parser.add_argument("--json", action="store_true", help="print the CDS Hooks answer")
    parser.add_argument(
        "--summary", action="store_true", help="everything that was assessed, instead of the cards"
    )
    parser.add_argument(
        "--fhir-out",
        type=Path,
        metavar="FILE",
        help="also write the scores as a Bundle of FHIR R4 RiskAssessment resources",
    )
    _add_config(parser)


def _add_doctor(commands: _Commands[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "doctor",
        help="examine a FHIR server, and what one of its charts is enough for",
        epilog="Exit codes: 0 every query was answered in full; 1 not; 2 wrong arguments or settings. "
        "A bearer token is taken from the variable CUECARD_ACCESS_TOKEN.",
    )
    parser.add_argument("--fhir", required=True, metavar="URL", help="FHIR base URL")
    parser.add_argument("--patient", default="", metavar="ID", help="id of a patient whose chart is read")
    _add_as_of(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    _add_config(parser)


def _add_input(parser: argparse.ArgumentParser, what: str) -> None:
    parser.add_argument(
        "file",
        nargs="?",
        type=lambda name: None if name == "-" else Path(name),
        metavar="FILE",
        help=f"{what} (default, or -: standard input)",
    )


def _add_score(commands: _Commands[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("score", help="compute a published score: one JSON line in, one out")
    parser.add_argument("name", metavar="NAME", help="prevent, kfre, ckdepi, fib4, cha2ds2_vasc, news2...")
    _add_input(parser, "JSON lines")
    parser.add_argument("--fhir", action="store_true", help="each line is a FHIR Bundle of one patient")
    _add_as_of(parser)
    _add_config(parser)


def _add_models(commands: _Commands[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("models", help="list the models, or print the card of one")
    parser.add_argument("name", nargs="?", default="", metavar="NAME", help="registry name, e.g. prevent.v1")


def _add_read_note(commands: _Commands[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("read-note", help="print what a note mentions, and what it says of it")
    _add_input(parser, "plain text")
    parser.add_argument(
        "--weights", type=Path, metavar="DIR", help="another reader than the one that is used"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object, with all offsets")


def _add_differential(commands: _Commands[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "differential", help="print the differential of a note or a sentence, and what to ask next"
    )
    _add_input(parser, "plain text")
    parser.add_argument("--age", type=_age, metavar="N", help="in years (default: what the text says)")
    parser.add_argument("--sex", choices=("female", "male"), default="", help="(default: what the text says)")
    parser.add_argument("--json", action="store_true", help="print one JSON object, with every weight")


def _add_train(commands: _Commands[argparse.ArgumentParser]) -> None:
    what = commands.add_parser("train", help="train a model by a recipe")
    kinds = what.add_subparsers(required=True, metavar="WHAT", dest="what")
    for name, words in (
        ("notes", "the note reader"),
        ("complications", "a learned risk: sepsis, cardiometabolic, readmission, trajectory"),
        ("differential", "the differential from symptoms"),
    ):
        parser = kinds.add_parser(name, help=words)
        recipes = f"models/training/{name}/recipes"
        parser.add_argument("recipe", type=Path, metavar="RECIPE.toml", help=f"see {recipes}")
        parser.add_argument(
            "--data", type=Path, required=True, metavar="DIR", help="folder of the data that it learns from"
        )
        parser.add_argument(
            "--out",
            type=Path,
            required=True,
            metavar="DIR",
            help="weights folder; an interrupted run resumes",
        )


def _add_evaluate(commands: _Commands[argparse.ArgumentParser]) -> None:
    what = commands.add_parser("evaluate", help="measure a model on data with known answers")
    kinds = what.add_subparsers(required=True, metavar="WHAT", dest="what")
    parser = kinds.add_parser("notes", help="the note reader: entities of a head, or assertions")
    parser.add_argument("--model", default="", metavar="NAME_OR_FOLDER", help="weights; assertions need none")
    parser.add_argument("--data", type=Path, required=True, metavar="DIR_OR_FILE", help="the corpus")
    parser.add_argument(
        "--format", required=True, metavar="FORMAT", help="iob, brat, pubtator, i2b2, negex, table or fhir"
    )
    parser.add_argument(
        "--head", default="", help="whose entities are evaluated, e.g. clinical, bc5cdr, ncbi"
    )
    parser.add_argument(
        "--map", nargs="+", default=[], metavar="LABEL=TYPE", help="labels of the corpus as types of the head"
    )
    parser.add_argument(
        "--options", nargs="+", default=[], metavar="KEY=VALUE", help="of the format, e.g. tag=2"
    )
    parser.add_argument(
        "--folds", nargs="+", type=int, default=[], metavar="N", help="only these tenths of the documents"
    )
    parser.add_argument("--threads", type=int, default=1, help="of the network (default: %(default)s)")
    _add_report(parser)
    parser = kinds.add_parser("complications", help="a learned risk, against scores and baselines")
    parser.add_argument(
        "--model", required=True, metavar="NAME_OR_FOLDER", help="shipped weights, or a weights folder"
    )
    parser.add_argument(
        "--data", type=Path, required=True, metavar="PATH", help="people with outcomes, as it was trained on"
    )
    _add_report(parser)
    _add_evaluate_differential(kinds)


def _add_store(commands: _Commands[argparse.ArgumentParser]) -> None:
    what = commands.add_parser(
        "store", help="the ledger: its tables, brought up to date or looked at; its feedback; copies of it"
    )
    kinds = what.add_subparsers(required=True, metavar="WHAT", dest="what")
    for name, words in (
        ("migrate", "bring the tables to what this program reads; `cuecard serve` does it too"),
        ("check", "say whether they are; exit code 1 when they are not"),
    ):
        _add_needed_config(kinds.add_parser(name, help=words))
    parser = kinds.add_parser(
        "feedback", help="feedback with its card, models and evidence, one JSON object a line"
    )
    _add_needed_config(parser)
    parser.add_argument("--since", type=_day, metavar="DATE", help="received from this day on, in UTC")
    for name, words in (
        ("backup", "copy a ledger in SQLite, also while calls are written, and verify the copy's audit"),
        ("restore", "put such a copy in the place of a ledger that is gone"),
    ):
        parser = kinds.add_parser(name, help=words)
        _add_needed_config(parser)
        parser.add_argument("file", type=Path, metavar="FILE", help="the copy; nothing is ever overwritten")


def _add_audit(commands: _Commands[argparse.ArgumentParser]) -> None:
    what = commands.add_parser("audit", help="the audit: verify its chain, or export it as FHIR")
    kinds = what.add_subparsers(required=True, metavar="WHAT", dest="what")
    parser = kinds.add_parser(
        "verify",
        help="whether an event was changed, removed, moved or cut off",
        epilog="Exit codes: 0 the chain is whole; 1 it is not. Keep the head that it prints somewhere else: "
        "a chain that was computed anew as a whole is told only by comparing.",
    )
    _add_needed_config(parser)
    parser.add_argument("--head", type=_head, metavar="N:HASH", help="a head that was printed earlier")
    parser = kinds.add_parser("export", help="events as FHIR R4 AuditEvent, one JSON object a line")
    _add_needed_config(parser)
    parser.add_argument("--since", type=_day, metavar="DATE", help="first day, in UTC")
    parser.add_argument("--until", type=_day, metavar="DATE", help="last day, in UTC")
    parser.add_argument("--patient", default="", metavar="ID", help="only events about this patient")
    parser.add_argument("--out", type=Path, metavar="FILE", help="(default: standard output)")


def _add_purge(commands: _Commands[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("purge", help="remove from the ledger what [retention] keeps no longer")
    _add_needed_config(parser)


def _add_needed_config(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--config", type=Path, required=True, metavar="FILE", help="settings, which name the ledger"
    )


def _add_report(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--report", type=Path, metavar="FILE.html", help="write a page that needs nothing else"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def _add_evaluate_differential(kinds: _Commands[argparse.ArgumentParser]) -> None:
    parser = kinds.add_parser("differential", help="the differential, on patients of DDXPlus")
    parser.add_argument(
        "--model", default="differential", metavar="NAME_OR_FOLDER", help="weights (default: %(default)s)"
    )
    parser.add_argument(
        "--data", type=Path, required=True, metavar="DIR_OR_FILE", help="patients in the codes of the release"
    )
    parser.add_argument(
        "--keep",
        type=_share,
        default=0.4,
        metavar="SHARE",
        help="of each patient's findings that are shown (default: %(default)s); with 1 the rest is absent",
    )
    parser.add_argument("--seed", type=int, default=0, help="chooses them (default: %(default)s)")
    _add_report(parser)


def _add_as_of(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--as-of",
        choices=("now", "last-entry"),
        help="read the chart as of today or of its newest entry (default: now; last-entry for files)",
    )


def _add_config(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--config", type=Path, metavar="FILE", help="settings, for the site's clinical choices"
    )


def _age(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > _OLDEST:
        raise argparse.ArgumentTypeError(f"must be whole years from 0 to {_OLDEST}")
    return int(text)


def _head(text: str) -> tuple[int, str]:
    n, _, digest = text.partition(":")
    if not n.isascii() or not n.isdigit() or not _DIGEST.fullmatch(digest):
        raise argparse.ArgumentTypeError("must be a number, a colon and 64 hexadecimal digits")
    return int(n), digest


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError("must be a date such as 2026-01-31") from None


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = 0.0
    if not 0 < share <= 1:
        raise argparse.ArgumentTypeError("must be a share above 0 and up to 1")
    return share


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 < int(text) < 65536:
        raise argparse.ArgumentTypeError("must be a port from 1 to 65535")
    return int(text)


if __name__ == "__main__":
    raise SystemExit(main())
