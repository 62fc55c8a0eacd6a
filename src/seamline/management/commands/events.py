"""`manage.py events`: look after the events that a module has published, and that not everybody could handle."""

import argparse
import sys
from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import Error
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from seamline.databases.unanswered import reason
from seamline.management.operating import NOTHING, USAGE, add_actions, confirm, id_of, modules_here
from seamline.operations import event_administration
from seamline.operations import outbox_reports as reports

event_id = id_of("event", "`manage.py events dead` shows")

ACTIONS = {
    "status": (
        "What each subscriber has still to get. Exit status: 0 nothing is dead, 1 something is, or a database does not "
        "answer; for a monitor.",
        "manage.py events status --module NAME",
    ),
    "dead": (
        "Events that a subscriber could not handle, and what is blocked behind them. Exit status: 0 there are such, 1 "
        "there are none.",
        "manage.py events dead --subscriber NAME",
    ),
    "retry": (
        "Try dead events again, now that the cause is put right; what is blocked behind them follows. Say which: by "
        "--module, --subscriber, --event, or several of them. Exit status: 0 done, 1 nothing matched.",
        "manage.py events retry --module NAME --subscriber NAME",
    ),
    "discard": (
        "Give one dead event up: its subscriber will never hear of it, and what is blocked behind it goes on. Exit "
        "status: 0 done, 1 nothing matched, or you said no.",
        "manage.py events discard --event 4b9280c9-b7b7-45f1-90fe-1a6cd47399ac --subscriber NAME",
    ),
    "replay": (
        "Send a subscriber again what was delivered to it, in the order of publication. It ignores what it has "
        "handled, so that this restores what its database lost, and changes nothing else. Exit status: 0 done, 1 "
        "nothing matched, or you said no.",
        "manage.py events replay --subscriber NAME --since 2026-11-20T03:00Z",
    ),
}


class Command(BaseCommand):
    help = (
        "Events of the modules that live here: what waits, what is dead, and what to do about it. "
        "`manage.py events ACTION --help` tells more. Exit status: 0 done, 1 nothing matched or something is dead, "
        "2 usage.\nExample: manage.py events status"
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = add_actions(parser, ACTIONS, "events that this module has published")
        for name, action in actions.items():
            action.add_argument("--subscriber", required=name == "replay", help="only what this module is to get")
            if name != "status":
                action.add_argument(
                    "--event",
                    type=event_id,
                    metavar="ID",
                    required=name == "discard",
                    help="only the event with this id",
                )
            if name in ("status", "dead"):
                action.add_argument("--json", action="store_true", help="as JSON")
            if name in ("discard", "replay"):
                action.add_argument("--yes", action="store_true", help="do not ask")
        actions["replay"].add_argument(
            "--since", type=_moment, metavar="TIME", help="only what was delivered since then; all of it otherwise"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        act = {
            "status": self._status,
            "dead": self._dead,
            "retry": self._retry,
            "discard": self._discard,
            "replay": self._replay,
        }[options["action"]]
        try:
            matched = act(modules_here(options["module"]), options)
        except Error as error:
            raise CommandError(f"of a module, {reason(error)}") from None
        if not matched:
            sys.exit(NOTHING)

    def _status(self, modules: list[str], options: dict[str, Any]) -> bool:
        standings, away = {}, []
        for module in modules:
            try:
                found = event_administration.status(module)
            except Error as error:
                away.append(module)
                self.stderr.write(f"{module}: {reason(error)}")
            else:
                standings[module] = [s for s in found if options["subscriber"] in (None, s.subscriber)]
        self.stdout.write(reports.standings(standings, as_json=options["json"]))
        return not away and not any(standing.dead for found in standings.values() for standing in found)

    def _dead(self, modules: list[str], options: dict[str, Any]) -> bool:
        found = _dead(modules, options)
        if found or options["json"]:
            self.stdout.write(reports.dead(found, as_json=options["json"]))
        return bool(found) or self._nothing(modules, options)

    def _retry(self, modules: list[str], options: dict[str, Any]) -> bool:
        if not (options["module"] or options["subscriber"] or options["event"]):
            raise CommandError("say which: --module, --subscriber or --event", returncode=USAGE)
        found = _dead(modules, options)
        if not found:
            return self._nothing(modules, options)
        self.stdout.write(reports.dead(found))
        number = sum(event_administration.retry(module, options["subscriber"], options["event"]) for module in found)
        self.stdout.write(f"{reports.events(number)} will be tried again now")
        return True

    def _discard(self, modules: list[str], options: dict[str, Any]) -> bool:
        found = _dead(modules, options)
        rows = [(module, event) for module, events in found.items() for event in events]
        if not rows:
            return self._nothing(modules, options)
        self.stdout.write(reports.dead(found))
        if len(rows) > 1:
            who = ", ".join(event.subscriber for _, event in rows)
            raise CommandError(f"it is dead for {who}: say for whom with --subscriber", returncode=USAGE)
        module, event = rows[0]
        if not confirm(self, f"{event.subscriber} will never hear of it. Discard it?", yes=options["yes"]):
            return False
        number = event_administration.discard(module, event.subscriber, event.event_id)
        self.stdout.write(f"{reports.events(number)} discarded; {event.blocked} blocked behind it may go on")
        return bool(number)

    def _replay(self, modules: list[str], options: dict[str, Any]) -> bool:
        which = options["subscriber"], options["since"], options["event"]
        found = {module: event_administration.count_replay(module, *which) for module in modules}
        found = {module: delivered for module, delivered in found.items() if delivered.number}
        if not found:
            return self._nothing(modules, options)
        self.stdout.write(reports.show_delivered(found, options["subscriber"]))
        if not confirm(self, f"Send all of it to {options['subscriber']} again?", yes=options["yes"]):
            return False
        number = sum(event_administration.replay(module, *which) for module in found)
        self.stdout.write(f"{reports.events(number)} will be sent again now")
        return True

    def _nothing(self, modules: list[str], options: dict[str, Any]) -> bool:
        """Say why nothing matched: an id may be mistyped, or the event be in another state."""
        event = options["event"]
        states = (
            [each for module in modules for each in event_administration.states(module, event).items()] if event else []
        )
        if states:
            self.stderr.write(f"event {event} is " + ", ".join(f"{state} for {who}" for who, state in states))
        else:
            self.stderr.write(f"no module here has an event {event}" if event else "nothing matches")
        return False


def _dead(modules: list[str], options: dict[str, Any]) -> dict[str, list[event_administration.Dead]]:
    found = {module: event_administration.dead(module, options["subscriber"], options["event"]) for module in modules}
    return {module: events for module, events in found.items() if events}


def _moment(text: str) -> datetime:
    try:
        moment = parse_datetime(text)
    except ValueError:
        moment = None
    if moment is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no time, such as 2026-11-20T03:00Z")
    return moment if timezone.is_aware(moment) else timezone.make_aware(moment)
