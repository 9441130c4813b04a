# SPDX-License-Identifier: Apache-2.0
"""`binome stats`: the hub's figures, once and again."""

import json

from binome.v1 import stats_pb2
from google.protobuf import json_format


def test_the_figures_are_shown(desk, acme):
    desk.submit(acme)
    ran = desk.done("stats")
    ran.says("registry there", "request to reply", acme.slug, "proposal_submit", "OK 1", "BROKER", "REGISTRY")
    desk.done("stats", "--lang", "fr").says("registre présent", "de la requête à la réponse")


def test_watching_shows_what_happened_since(desk, acme):
    ran = desk.done("stats", "--watch", "--count", "2")
    assert ran.out.count("registry there") == 2
    assert "PER SECOND" in ran.out.split("registry there")[2] and "PER SECOND" not in ran.out.split("registry there")[1]
    lines = desk.done("stats", "--watch", "--count", "2", "--json").out.splitlines()
    snapshots = [json_format.Parse(line, stats_pb2.Stats()) for line in lines]
    assert len(snapshots) == 2 and snapshots[0].number < snapshots[1].number
    for line, snapshot in zip(lines, snapshots):
        assert json_format.MessageToDict(snapshot, preserving_proto_field_name=True) == json.loads(line)


def test_a_registry_that_is_away_is_seen(desk):
    desk.hub.kill("registry")
    try:
        desk.done("stats", "--watch", "--count", "4").says("AWAY")
    finally:
        desk.hub.start("registry")


def test_who_has_no_stats_socket_is_told_how_to_name_one(desk):
    profile = desk.path("plain")
    profile.mkdir(mode=0o700)
    (profile / "profile.yaml").write_text(f'hub: "{desk.hub.endpoint}"\nhub_key: "{desk.hub.hub_public}"\n')
    desk.run("stats", profile=profile).expect(78).says("the profile names no stats socket", "--stats ipc://PATH")
    desk.done("stats", "--stats", desk.hub.stats_endpoint, profile=profile)
