# SPDX-License-Identifier: Apache-2.0
"""Compares what two hubs exported, the second filled from the first: equal but for what docs/import.md says."""

import desk

# Written by each hub for itself: ids, versions, numbers, times. The days that they hold travel and are compared.
OF_THE_HUB = ("id", "version", "recorded_at", "sequence")


def plain(row, days=()):
    row = {key: value for key, value in row.items() if key not in OF_THE_HUB}
    for key in days:
        if key in row:
            row[key] = row[key][:10]
    return row


def reference(row, names):
    """How an object is called at both hubs: by its reference, which is its id at the first hub where it had none."""
    return names.setdefault(row["id"], row.get("external_ref", {"scheme": "binome", "id": row["id"]}))


def organisations(folder):
    rows = {row["slug"]: plain(row) for row in desk.load_json_lines(folder / "organisations.jsonl")}
    for slug, row in rows.items():
        row.setdefault("external_ref", {"scheme": "binome", "id": slug})
    return rows


def objects(folder, name, days, names):
    rows = {}
    for row in desk.load_json_lines(folder / name):
        if row.get("state") == "OFFER_STATE_RETIRED":
            continue
        ref = reference(row, names)
        rows[ref["scheme"], ref["id"]] = {**plain(row, days), "external_ref": ref}
    return rows


def histories(folder, names):
    """Of each proposal, its updates in order. The submission itself has no reference of its own."""
    rows = {}
    for row in desk.load_json_lines(folder / "status.jsonl"):
        proposal = names[row["proposal"]]
        first = row["id"] == row["proposal"]
        ref = None if first else row.get("external_ref", {"scheme": "binome", "id": row["id"]})
        row = {**plain(row), "effective_on": row.get("effective_on") or row["recorded_at"][:10]}
        row.pop("proposal")
        row.pop("external_ref", None)
        # the operator speaks for the owner: who said it at the first hub is not told again
        row.pop("by", None)
        rows.setdefault((proposal["scheme"], proposal["id"]), []).append((ref, row))
    return rows


def difference(what, one, two):
    assert one.keys() == two.keys(), f"{what}: {sorted(one.keys() ^ two.keys())[:5]}"
    for key in one:
        assert one[key] == two[key], f"{what} {key}:\n{one[key]}\n{two[key]}"


def compare_exports(first, second):
    """Gives how many objects of each kind were compared."""
    names = ({}, {})
    one, two = organisations(first), organisations(second)
    # the operator and its own words are each hub's own
    one.pop("operator"), two.pop("operator")
    difference("organisation", one, two)
    counted = [len(one)]
    for name, days in (("proposals.jsonl", ("submitted_at",)), ("offers.jsonl", ("published_at",))):
        one, two = (objects(folder, name, days, names[i]) for i, folder in enumerate((first, second)))
        difference(name, one, two)
        counted.append(len(one))
    one, two = (histories(folder, names[i]) for i, folder in enumerate((first, second)))
    difference("history", one, two)
    counted.append(sum(map(len, one.values())))
    one, two = (
        {row["slug"]: plain(row) for row in desk.load_json_lines(f / "workstreams.jsonl")} for f in (first, second)
    )
    assert one.keys() == two.keys()
    return counted
