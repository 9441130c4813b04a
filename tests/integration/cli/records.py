# SPDX-License-Identifier: Apache-2.0
"""Made-up records in the form of the corpora, for imports of any length."""

import json

STEPS = (("investigation", "2020-01-10"), ("construction", "2020-06-01"), ("acceleration", "2021-02-01"),
         ("transfere", "2022-03-01"))  # fmt: skip


def write_lines(path, rows):
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def write_betagouv(folder, proposals, organisations=20, steps=4):
    """A folder with so many projects, each with the first so many steps."""
    folder.mkdir()
    mark = folder.name
    write_lines(
        folder / "organisations.jsonl",
        ({"id": f"org:{mark}-{i}", "name": f"Organisme {i} de {mark}", "kind": "public"} for i in range(organisations)),
    )
    write_lines(
        folder / "proposals.jsonl",
        (
            {
                "id": f"bg:{mark}-{i}", "title": f"Projet {i} de {mark}", "summary": "Un service public numérique.",
                "body": f"Le projet numéro {i}. " * 10, "sponsors": [f"org:{mark}-{i % organisations}"],
                "themes": ["Numérique"], "language": "fr",
            }
            for i in range(proposals)
        ),
    )  # fmt: skip
    write_lines(
        folder / "status.jsonl",
        (
            {"project": f"bg:{mark}-{i}", "kind": "phase", "name": name, "date": date, "end": None}
            for i in range(proposals)
            for name, date in STEPS[:steps]
        ),
    )
    return folder
