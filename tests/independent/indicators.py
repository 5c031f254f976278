#!/usr/bin/env python3
"""Computes the built-in indicators of docs/indicators.md from the events of an SQLite file, and compares.

    python3 indicators.py veche.db measured.json categories.csv

Reads appeals, questions and events alone, never the table of facts, and needs nothing but Python's own library.
Reaction times are not compared: they need the production calendar and are checked by the host's own tests.
"""

import csv
import json
import sqlite3
import sys
from collections import defaultdict
from datetime import datetime, timedelta, timezone

MOSCOW = timezone(timedelta(hours=3))


def micros(day, add=0):
    moment = datetime.fromisoformat(day).replace(tzinfo=MOSCOW) + timedelta(days=add)
    return int(moment.timestamp()) * 1_000_000


def stamp(text):
    return int(datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()) * 1_000_000


def fold(question, events):
    """What became of one question, by its events in the order of time."""
    q = dict(question, answered=None, closed=None, substance=None, reopened=0, redirects=0, mark=None)
    q["due"] = None
    clocks = {c["kind"]: stamp(c["due"]) for c in json.loads(q["clocks"])}
    q["due"] = clocks.get("extension", clocks.get("answer"))
    order = {"repeated": 0, "redirected": 0, "extended": 0, "reacted": 1, "answered": 2, "closed": 3, "marked": 4, "reopened": 5}
    for kind, data, at in sorted((e for e in events if e[0] in order), key=lambda e: (e[2], order[e[0]])):
        data = json.loads(data)
        if kind == "answered":
            q["answered"] = at
            q["substance"] = {"true": True, "false": False}.get(data.get("in_substance"))
        elif kind == "closed":
            q["answered"] = q["answered"] if q["answered"] is not None else at
            q["closed"] = at
        elif kind == "reopened":
            q["answered"] = q["closed"] = q["substance"] = None
            q["reopened"] += 1
        elif kind == "redirected":
            q["redirects"] += 1
        elif kind == "marked":
            q["mark"] = int(data["mark"])
        elif kind == "repeated":
            q["repeated"] = True
        elif kind == "extended" and (q["due"] is None or at <= q["due"]):
            q["due"] = stamp(data["due"])
    return q


def indicators(questions, start, end, other):
    """(numerator, denominator) of each formula."""
    inside = lambda at: at is not None and start <= at < end
    open_at_end = lambda q: q["answered"] is None or q["answered"] >= end
    received = [q for q in questions if inside(q["received"])]
    answered = [q for q in questions if inside(q["answered"])]
    closed = [q for q in questions if inside(q["closed"])]
    due = [q for q in questions if q["due"] is not None and q["received"] < end
           and (inside(q["answered"]) or (inside(q["due"]) and open_at_end(q)))]
    count = lambda rows, test: sum(1 for q in rows if test(q))
    marked = [q for q in closed if q["mark"] is not None]
    judged = [q for q in answered if q["substance"] is not None]
    routed = [q for q in received if q["body"] and q["body_source"] != "person"]
    portal = [q for q in received if q["regime"] in ("pos", "pos-fast")]
    with_body = [q for q in received if q["body"]]
    with_category = [q for q in received if q["category"]]
    return {
        "received": (len(received), None),
        "on-time": (count(due, lambda q: inside(q["answered"]) and q["answered"] <= q["due"]), len(due)),
        "overdue": (count(questions, lambda q: q["received"] < end and q["due"] is not None and q["due"] < end and open_at_end(q)), None),
        "repeated": (count(received, lambda q: q["repeated"]), len(received)),
        "satisfied": (count(marked, lambda q: q["mark"] >= 4), len(marked)),
        "fast-track": (count(portal, lambda q: q["regime"] == "pos-fast"), len(portal)),
        "reopened": (count(closed, lambda q: q["reopened"]), len(closed)),
        "delivered-automatically": (count(routed, lambda q: not q["redirects"]), len(routed)),
        "misrouted": (count(with_body, lambda q: q["redirects"]), len(with_body)),
        "in_substance": (count(judged, lambda q: q["substance"]), len(judged)),
        "other_share": (count(with_category, lambda q: q["category"] in other), len(with_category)),
    }


def main():
    database, measured_file, categories_file = sys.argv[1:4]
    db = sqlite3.connect(database)
    with open(categories_file, encoding="utf-8") as file:
        categories = {row["code"]: row for row in csv.DictReader(file)}
    other = {code for code, row in categories.items() if row["other"] == "1"}
    events = defaultdict(list)
    for appeal, question, kind, data, at in db.execute("SELECT appeal_id, question, kind, data, at FROM event"):
        events[appeal, question].append((kind, data, at))
    questions = []
    rows = db.execute(
        "SELECT a.id, q.question, a.received_at, a.regime, a.municipality, a.content, q.category, q.body, q.body_source, q.clocks "
        "FROM question q JOIN appeal a ON a.id = q.appeal_id")
    for appeal, number, received, regime, municipality, content, category, body, source, clocks in rows:
        repeated = json.loads(content).get("attributes", {}).get("repeated") in ("true", "yes", "да", "Да")
        question = {"received": received, "regime": regime, "municipality": municipality, "category": category, "body": body,
                    "body_source": source, "clocks": clocks, "repeated": repeated}
        questions.append(fold(question, events[appeal, number] + events[appeal, None]))
    parts = defaultdict(list)
    for q in questions:
        block = categories.get(q["category"], {}).get("block")
        codes = [("block", block), ("category", q["category"]), ("body", q["body"]), ("municipality", q["municipality"])]
        parts[()].append(q)
        for part in codes:
            if part[1] is not None:
                parts[(part,)].append(q)
        if block is not None and q["body"] is not None:
            parts[codes[0], codes[2]].append(q)
    with open(measured_file, encoding="utf-8") as file:
        measured = json.load(file)
    known, compared = {}, 0
    for result in measured:
        period = result["period"]
        start, end = micros(period["first"]), micros(period["last"], 1)
        for part in result["measurements"]:
            key = tuple((d, part["breakdown"][d]) for d in ("block", "category", "body", "municipality") if d in part["breakdown"])
            if (start, end, key) not in known:
                known[start, end, key] = indicators(parts[key], start, end, other)
            expected = known[start, end, key].get(result["indicator"])
            if expected is None:
                continue
            found = (part["numerator"], part["denominator"])
            if found != expected:
                sys.exit(f"{result['indicator']} {period['first']} {part['breakdown']}: the host says {found}, this says {expected}")
            share = part["value"]
            if expected[1] is None:
                agrees = share == expected[0]
            elif expected[1] == 0:
                agrees = share is None
            else:
                agrees = abs(share - 100 * expected[0] / expected[1]) < 1e-9
            if not agrees:
                sys.exit(f"{result['indicator']} {period['first']} {part['breakdown']}: value {share} is not {expected}")
            compared += 1
    if compared < 500:
        sys.exit(f"only {compared} measurements were compared: the history is too small")
    print(f"{compared} measurements of {len(questions)} questions agree")


main()
