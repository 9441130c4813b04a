# SPDX-License-Identifier: Apache-2.0
"""Short ids: what the tables of people show is taken wherever an id is."""

import re

from desk import PROPOSAL

NARROW = {"COLUMNS": "80"}


def test_tables_show_short_ids_and_fit_where_the_width_is_limited(desk, acme, startup):
    ids = [desk.submit(acme) for _ in range(3)]
    offer = desk.publish(startup, "--title", "Vibration of pumps, and a title that goes on and on and on beyond the edge",
                         "--workstream", "ai", "--language", "en")  # fmt: skip
    wide = desk.done("list", "proposals", "--owner", "me", as_=acme)
    narrow = desk.done("list", "proposals", "--owner", "me", as_=acme, environment=NARROW)
    for id in ids:
        assert id in wide.out and id not in narrow.out and id[-8:] in narrow.out
    tables = [
        narrow,
        desk.done("list", "offers", as_=acme, environment=NARROW),
        desk.match(ids[0], as_=acme, environment=NARROW).says(offer[-8:], "pumps +"),
        desk.done("list", "orgs", as_=acme, environment=NARROW),
        desk.done("status", "list", ids[0], as_=acme, environment=NARROW),
        desk.done("stats", environment=NARROW),
    ]
    for table in tables:
        assert all(len(line) <= 80 for line in table.out.splitlines()), table


def test_a_short_id_is_taken_wherever_an_id_is(desk, acme, startup):
    id, offer = desk.submit(acme), desk.publish(startup)
    short = id[-8:]
    desk.done("show", short, as_=acme).says(id)
    desk.done("show", offer[-8:].upper(), as_=acme).says(offer)
    desk.match(short, as_=acme).says(offer)
    desk.match("--offer", offer[-8:], as_=startup).says(id)
    desk.done("status", short, "--progress", "7", as_=acme).says(id)
    desk.done("status", "list", short, as_=acme)
    desk.done("propose", "revise", short, "--summary", "Shorter", "--yes", as_=acme).says(id)
    desk.done("offer", "revise", offer[-12:], "--summary", "Shorter", "--yes", as_=startup).says(offer)
    desk.done("offer", "retire", offer[-8:], "--reason", "because", as_=startup).says(offer)
    desk.done("propose", "withdraw", short, "--reason", "because", as_=acme).says(id)


def test_what_fits_none_or_several_is_refused_and_nothing_is_sent(desk, acme, startup):
    ids = [desk.submit(acme) for _ in range(2)]
    start = ids[0][:8]
    if ids[1].startswith(start):  # the start of an id is the minute in which it was made
        ran = desk.run("status", start, "--progress", "7", as_=acme).expect(65)
        ran.says(f'"{start}" fits', "Give more digits")
        assert re.search(r"fits [2-9]\d* objects", ran.err)
    desk.run("status", "00000000", "--progress", "7", as_=acme).expect(65).says("object.absent", "Next: ")
    desk.run("show", "00000000", as_=acme).expect(65).says("Next: ")
    hidden = desk.submit(acme, PROPOSAL, "--visibility", "draft")
    desk.run("show", hidden[-8:], as_=startup).expect(65)
    desk.run("status", hidden[-8:], "--progress", "7", as_=startup).expect(65).says("object.absent")


def test_a_file_of_that_name_is_a_file(desk, acme):
    id = desk.submit(acme)
    file = desk.scratch / "deadbeef"
    file.write_text(f"proposal: {id}\nachieved: From a file\n")
    desk.done("status", file, as_=acme)
    desk.done("status", "list", id, as_=acme).says("From a file")
