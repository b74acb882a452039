/** The schema of the first release. It is never edited; what came later is in MIGRATIONS. */
export const FIRST_SCHEMA = `
  CREATE TABLE clusters (
    id text COLLATE "C" PRIMARY KEY,
    name text COLLATE "C" NOT NULL UNIQUE,
    state text NOT NULL,
    settings json NOT NULL,            -- ClusterSettings
    desired text NOT NULL,             -- none | provision | reset
    attempt bigint NOT NULL,           -- grows with each provision and reset asked for
    repair_attempt bigint NOT NULL DEFAULT 0,  -- the last one that repairs READY nodes
    desired_at text,
    ready_at text,
    established_at text,               -- when it was READY for the first time since it began
    problems json NOT NULL DEFAULT '[]',       -- KnownProblem[]
    endpoint text,                     -- HOST:PORT of the API, from the start of its first master
    report json,                       -- OperatorReport
    report_at text,
    gone json NOT NULL DEFAULT '[]',   -- name, address and role of nodes that have left, and that masters still have
    pairs json,                        -- PairReport: the last check between its nodes
    error json,                        -- ErrorReport
    created_at text NOT NULL
  );

  CREATE TABLE cluster_versions (      -- apart from the clusters, whose rows are large: it changes with each commit
    cluster_id text COLLATE "C" PRIMARY KEY REFERENCES clusters (id) ON DELETE CASCADE,
    version bigint NOT NULL
  );

  CREATE TABLE nodes (
    id text COLLATE "C" PRIMARY KEY,
    cluster_id text COLLATE "C" NOT NULL REFERENCES clusters (id) ON DELETE CASCADE,
    name text NOT NULL,
    address text NOT NULL,
    state text NOT NULL,               -- of its life; UNREACHABLE follows from silent
    silent text NOT NULL,              -- no | suspect | unreachable
    leaving text NOT NULL DEFAULT 'no',        -- no | retire | reset
    roles json NOT NULL,
    interface text,
    disks json NOT NULL,
    facts json,                        -- Facts
    warnings json NOT NULL,            -- CheckSummary[]
    agent_version text NOT NULL,
    boot_id text NOT NULL,
    error json,                        -- ErrorReport
    attempt bigint NOT NULL,           -- of the cluster, that its last run belongs to
    generation bigint NOT NULL,        -- of its last instruction
    up_seq bigint NOT NULL,            -- highest message of the node that is durable here
    down_seq bigint NOT NULL,          -- highest message made for it
    created_at text COLLATE "C" NOT NULL,
    approved_at text,
    configured_at text,
    last_seen text
  );
  CREATE INDEX nodes_cluster ON nodes (cluster_id);

  CREATE TABLE enrolments (
    fingerprint text COLLATE "C" PRIMARY KEY,
    node_id text COLLATE "C" NOT NULL UNIQUE REFERENCES nodes (id) ON DELETE CASCADE,
    installer text NOT NULL,
    public_key text NOT NULL,          -- SPKI DER, base64
    state text NOT NULL,               -- pending | approved | refused
    certificate text,
    next json,                         -- key and certificate, issued, but not connected with yet
    created_at text NOT NULL
  );

  CREATE TABLE runs (
    id text COLLATE "C" PRIMARY KEY,
    node_id text COLLATE "C" NOT NULL REFERENCES nodes (id) ON DELETE CASCADE,
    role text NOT NULL,
    repair boolean NOT NULL DEFAULT false,     -- of a node that was READY, and stays so
    generation bigint NOT NULL,
    seq bigint NOT NULL,               -- of the message that carries it to the node
    payload text NOT NULL,
    signature text NOT NULL,
    state text NOT NULL,
    acknowledged boolean NOT NULL,
    cancel boolean NOT NULL,
    progress json NOT NULL,            -- RunProgress
    error json,                        -- ErrorReport
    created_at text NOT NULL,
    expires_at text NOT NULL,
    ended_at text,
    UNIQUE (node_id, generation)
  );

  CREATE TABLE events (
    seq bigint PRIMARY KEY,            -- from event_numbers
    at text NOT NULL,
    cluster_id text COLLATE "C" NOT NULL REFERENCES clusters (id) ON DELETE CASCADE,
    node_id text COLLATE "C",
    node_seq bigint,                   -- null for events of the controller itself
    run_id text COLLATE "C",
    kind text NOT NULL,
    event json NOT NULL,
    UNIQUE (node_id, node_seq)
  );
  CREATE INDEX events_cluster ON events (cluster_id, seq);
  CREATE INDEX events_run ON events (run_id, kind);

  -- A sequence would number events in another order than that in which they are committed: see docs/adr/0037.
  CREATE TABLE event_numbers (last bigint NOT NULL);
  INSERT INTO event_numbers (last) VALUES (0);
  `
