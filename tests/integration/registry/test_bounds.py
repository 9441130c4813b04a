# SPDX-License-Identifier: Apache-2.0
"""What one request may cost, and that what is large is still answered: page by page, or by name."""

import time

import scene
from hub import keypair
from scene import refused

WIDE = "𝒜"  # four bytes, one character
BODY_BYTES_MAX = 1024 * 1024


def test_a_filter_that_passes_almost_nothing_still_comes_to_the_end(cast):
    """The texts that are looked at and left out are more than one answer has memory for."""
    owner = cast.enrol("owner")
    wanted = owner.submit("Le seul", sectors=["rare"])
    for n in range(300):
        owner.submit(f"Long {n}", sectors=["common"], description="é" * 20000)
    rows = owner.pages("proposal_list", {"owner": "me", "sector": "rare"}, size=500)
    assert [row.id for row in rows] == [wanted]
    assert len(owner.pages("proposal_list", {"owner": "me", "sector": "common"}, size=500)) == 300


def test_a_page_of_the_longest_rows_is_one_that_a_client_takes(cast):
    owner = cast.enrol("owner")
    id = owner.submit("Suivi")
    report = {
        "proposal": id,
        "achieved": WIDE * 5000,
        "blockers": [{"reason": "OTHER", "text": WIDE * 2000} for _ in range(20)],
        "decisions_asked": [WIDE * 490 + f"{n:010}" for n in range(20)],
        "milestones": [{"name": WIDE * 200} for _ in range(50)],
    }
    for _ in range(3):
        owner.done("status_update", report)
    owner.done("status_update", {**report, "next": WIDE * 5000, "reason": WIDE * 2000})
    seen, token = 0, ""
    while True:
        answer = owner.ask("status_list", {"proposal": id, "page": {"size": 500, "token": token}}).expect_ok()
        assert answer.body.ByteSize() <= BODY_BYTES_MAX
        seen += len(answer.body.status_page.updates)
        token = answer.body.status_page.page.next_token
        if not token:
            break
    assert seen == 5


def test_a_hundred_matches_of_the_longest_texts_are_one_answer(cast):
    owner, seeker = cast.enrol("owner"), cast.enrol("seeker")
    capabilities = [WIDE * 190 + f"{n:010}" for n in range(30)]
    for n in range(100):
        owner.publish(f"Zébulon {n}", description=WIDE * 20000, capabilities=capabilities)
    assert len(seeker.matches(text="zébulon", target="MATCH_TARGET_OFFERS").matches) == 100


def test_a_sequence_that_nobody_was_given_is_not_waited_for(cast):
    """The wait is for the index to catch up; one member could else keep the only matcher busy for all."""
    member = cast.enrol("member")
    member.matches(text="quelque chose")
    times = []
    for _ in range(5):
        before = time.monotonic()
        answer = member.read("match_find", {"text": "quelque chose", "at_least_sequence": 2**62})
        times.append(time.monotonic() - before)
        assert answer.behind > 0
    assert min(times) < 0.09, times


def test_an_organisation_has_a_thousand_keys_at_most(cast):
    """Brokers hold all of them, and hear of all of them with each change."""
    party = cast.enrol("party")
    for _ in range(999):
        party.done("key_add", {"key": {"public_key": keypair()[0], "role": "KEY_ROLE_READER"}})
    answer = party.ask("key_add", {"key": {"public_key": keypair()[0]}})
    refused(answer, "RESOURCE_EXHAUSTED", "list.too_long", "key_add.organisation", max=1000, actual=1001)
    assert len(party.read("key_list").keys) == 1000


def test_a_body_longer_than_the_registry_takes_is_refused_by_name():
    with scene.a_hub(registry={"limits": {"body_bytes_max": "8KiB"}}) as hub, scene.Cast(hub) as small:
        owner = small.enrol("owner")
        owner.submit("Court", description="x" * 7000)
        text = {"title": "Long", "visibility": "VISIBILITY_PROGRAMME", "workstream": "ai", "description": "x" * 9000}
        answer = owner.ask("proposal_submit", {"proposal": text})
        refused(answer, "INVALID_ARGUMENT", "body.too_long", "body", max=8192)
