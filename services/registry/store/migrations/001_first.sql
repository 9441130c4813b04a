-- SPDX-License-Identifier: Apache-2.0
-- The first schema. Runs in one transaction, which also sets application_id and user_version.
--
-- What a submission writes: accepted with its index, and object; with the commit, log. All four grow at their right edge
-- (numbers and time-ordered ids). No foreign keys here, for each would cost a look-up a request; verify checks what they
-- would. The body stands in the row of its request: in a table of its own it cost a tenth of the rate.

CREATE TABLE accepted (
  sequence INTEGER PRIMARY KEY,
  request BLOB NOT NULL,
  organisation INTEGER NOT NULL,
  recorded_ms INTEGER NOT NULL,
  type INTEGER NOT NULL,
  digest BLOB NOT NULL,
  object INTEGER NOT NULL,
  version INTEGER NOT NULL,
  body BLOB NOT NULL -- as received; last, so that a large one does not stand before the rest
) STRICT;
CREATE UNIQUE INDEX accepted_request ON accepted (request, organisation);

CREATE TABLE object (
  number INTEGER PRIMARY KEY, -- the sequence of the creating request, whose id is the object's
  kind INTEGER NOT NULL,
  owner INTEGER NOT NULL,
  state INTEGER NOT NULL,
  state_day INTEGER NOT NULL,
  planned_state INTEGER NOT NULL,
  planned_day INTEGER NOT NULL,
  visibility INTEGER NOT NULL,
  workstreams INTEGER NOT NULL,
  version INTEGER NOT NULL,
  body INTEGER NOT NULL,
  changed INTEGER NOT NULL,
  progress INTEGER NOT NULL,
  health INTEGER NOT NULL,
  created_ms INTEGER NOT NULL,
  recorded_ms INTEGER NOT NULL,
  invited INTEGER NOT NULL, -- how many rows `invited` has
  language TEXT NOT NULL
) STRICT;

-- Objects by owner, up to `upto`: the writer fills it in batches. As an index it would dirty one page for each owner in
-- each commit, more bytes than all the rest. What is behind `upto` is found by walking the object table's tail.
CREATE TABLE owned (
  owner INTEGER NOT NULL,
  number INTEGER NOT NULL REFERENCES object (number),
  PRIMARY KEY (owner, number)
) STRICT, WITHOUT ROWID;
CREATE TABLE owned_upto (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  upto INTEGER NOT NULL
) STRICT;
INSERT INTO owned_upto (one, upto) VALUES (1, 0);

-- One row a commit: size and root of the log after it.
CREATE TABLE log (
  size INTEGER PRIMARY KEY,
  root BLOB NOT NULL
) STRICT;

-- One row for each perfect subtree of 256 ^ level leaves.
CREATE TABLE tile (
  level INTEGER NOT NULL,
  position INTEGER NOT NULL,
  hash BLOB NOT NULL,
  PRIMARY KEY (level, position)
) STRICT, WITHOUT ROWID;

-- Requests that changed an object that was there. The creation is the object's own row.
CREATE TABLE change (
  sequence INTEGER NOT NULL,
  object INTEGER NOT NULL REFERENCES object (number),
  type INTEGER NOT NULL,
  version INTEGER NOT NULL,
  state_before INTEGER NOT NULL,
  state_after INTEGER NOT NULL,
  effective_day INTEGER NOT NULL,
  PRIMARY KEY (sequence, object)
) STRICT, WITHOUT ROWID;
CREATE INDEX change_object ON change (object, sequence);

-- Which request's body holds the text from this version on; the text before the first row is the creating request's.
CREATE TABLE revision (
  object INTEGER NOT NULL REFERENCES object (number),
  version INTEGER NOT NULL,
  body INTEGER NOT NULL,
  PRIMARY KEY (object, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE invited (
  object INTEGER NOT NULL REFERENCES object (number),
  organisation INTEGER NOT NULL,
  PRIMARY KEY (object, organisation)
) STRICT, WITHOUT ROWID;

CREATE TABLE external (
  owner INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  scheme TEXT NOT NULL,
  id TEXT NOT NULL,
  object INTEGER NOT NULL,
  content BLOB NOT NULL,
  PRIMARY KEY (owner, kind, scheme, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE organisation (
  number INTEGER PRIMARY KEY,
  id BLOB NOT NULL UNIQUE,
  slug TEXT NOT NULL UNIQUE,
  legal_name TEXT NOT NULL,
  kind INTEGER NOT NULL,
  state INTEGER NOT NULL,
  roles INTEGER NOT NULL,
  version INTEGER NOT NULL,
  country TEXT NOT NULL,
  body INTEGER NOT NULL,
  recorded_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE identifier (
  scheme TEXT NOT NULL,
  value TEXT NOT NULL,
  organisation INTEGER NOT NULL REFERENCES organisation (number),
  PRIMARY KEY (scheme, value)
) STRICT, WITHOUT ROWID;
CREATE INDEX identifier_organisation ON identifier (organisation);

CREATE TABLE enrolled_key (
  number INTEGER PRIMARY KEY,
  id BLOB NOT NULL UNIQUE,
  organisation INTEGER NOT NULL REFERENCES organisation (number),
  public_key BLOB NOT NULL UNIQUE,
  role INTEGER NOT NULL,
  state INTEGER NOT NULL,
  label TEXT NOT NULL,
  expires_ms INTEGER NOT NULL,
  recorded_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX enrolled_key_organisation ON enrolled_key (organisation);

CREATE TABLE workstream (
  number INTEGER PRIMARY KEY,
  id BLOB NOT NULL UNIQUE,
  slug TEXT NOT NULL UNIQUE,
  pilot INTEGER NOT NULL,
  version INTEGER NOT NULL,
  body INTEGER NOT NULL,
  title TEXT NOT NULL,
  recorded_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE member (
  workstream INTEGER NOT NULL REFERENCES workstream (number),
  organisation INTEGER NOT NULL REFERENCES organisation (number),
  PRIMARY KEY (workstream, organisation)
) STRICT, WITHOUT ROWID;

CREATE TABLE programme (
  number INTEGER PRIMARY KEY CHECK (number = 1),
  name TEXT NOT NULL,
  version INTEGER NOT NULL,
  body INTEGER NOT NULL,
  packed BLOB NOT NULL,
  recorded_ms INTEGER NOT NULL
) STRICT;
