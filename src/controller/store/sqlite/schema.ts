/** Each entry migrates the database from one `user_version` to the next. A released entry is never edited. */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

  CREATE TABLE clusters (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL,
    settings TEXT NOT NULL,            -- JSON, ClusterSettings
    desired TEXT NOT NULL,             -- none | provision | reset
    attempt INTEGER NOT NULL,          -- grows with each provision and reset asked for
    desired_at TEXT,
    ready_at TEXT,
    report TEXT,                       -- JSON, OperatorReport
    report_at TEXT,
    error TEXT,                        -- JSON, ErrorReport
    created_at TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE nodes (
    id TEXT PRIMARY KEY,
    cluster_id TEXT NOT NULL REFERENCES clusters (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    address TEXT NOT NULL,
    state TEXT NOT NULL,               -- of its life; UNREACHABLE is told from silent
    silent TEXT NOT NULL,              -- no | suspect | unreachable
    roles TEXT NOT NULL,               -- JSON
    interface TEXT,
    disks TEXT NOT NULL,               -- JSON
    facts TEXT,                        -- JSON, Facts
    warnings TEXT NOT NULL,            -- JSON, CheckSummary[]
    agent_version TEXT NOT NULL,
    boot_id TEXT NOT NULL,
    error TEXT,                        -- JSON, ErrorReport
    attempt INTEGER NOT NULL,          -- of the cluster, that its last run belongs to
    generation INTEGER NOT NULL,       -- of its last instruction
    up_seq INTEGER NOT NULL,           -- highest message of the node that is durable here
    down_seq INTEGER NOT NULL,         -- highest message made for it
    created_at TEXT NOT NULL,
    approved_at TEXT,
    configured_at TEXT,
    last_seen TEXT
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX nodes_cluster ON nodes (cluster_id);

  CREATE TABLE enrolments (
    fingerprint TEXT PRIMARY KEY,
    node_id TEXT NOT NULL UNIQUE REFERENCES nodes (id) ON DELETE CASCADE,
    installer TEXT NOT NULL,
    public_key TEXT NOT NULL,          -- SPKI DER, base64
    state TEXT NOT NULL,               -- pending | approved | refused
    certificate TEXT,
    created_at TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX enrolments_installer ON enrolments (installer, state);

  CREATE TABLE runs (
    id TEXT PRIMARY KEY,
    node_id TEXT NOT NULL REFERENCES nodes (id) ON DELETE CASCADE,
    role TEXT NOT NULL,
    generation INTEGER NOT NULL,
    seq INTEGER NOT NULL,              -- of the message that carries it to the node
    payload TEXT NOT NULL,
    signature TEXT NOT NULL,
    state TEXT NOT NULL,
    acknowledged INTEGER NOT NULL,
    cancel INTEGER NOT NULL,
    progress TEXT NOT NULL,            -- JSON, RunProgress
    error TEXT,                        -- JSON, ErrorReport
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    ended_at TEXT,
    UNIQUE (node_id, generation)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    cluster_id TEXT NOT NULL REFERENCES clusters (id) ON DELETE CASCADE,
    node_id TEXT,
    node_seq INTEGER,                  -- null for what the controller itself tells
    run_id TEXT,
    kind TEXT NOT NULL,
    event TEXT NOT NULL,               -- JSON
    UNIQUE (node_id, node_seq)
  ) STRICT;
  CREATE INDEX events_cluster ON events (cluster_id, seq);
  CREATE INDEX events_run ON events (run_id, kind);
  `,
  `
  ALTER TABLE enrolments ADD COLUMN next TEXT;  -- JSON: key and certificate, issued, but not connected with yet
  `,
  `
  ALTER TABLE clusters ADD COLUMN endpoint TEXT;  -- HOST:PORT of the API, from the start of its first master
  `,
  `
  ALTER TABLE nodes ADD COLUMN leaving TEXT NOT NULL DEFAULT 'no';  -- no | retire | reset
  `,
  `
  ALTER TABLE clusters ADD COLUMN pairs TEXT;  -- JSON, PairReport: the last check between its nodes
  `,
  `
  ALTER TABLE clusters ADD COLUMN gone TEXT NOT NULL DEFAULT '[]';  -- JSON: name, address and role of nodes to be taken out
  `,
  `
  ALTER TABLE clusters ADD COLUMN established_at TEXT;  -- when it was READY for the first time since it began
  ALTER TABLE clusters ADD COLUMN problems TEXT NOT NULL DEFAULT '[]';  -- JSON, KnownProblem[]
  UPDATE clusters SET established_at = ready_at;
  `,
  `
  ALTER TABLE runs ADD COLUMN repair INTEGER NOT NULL DEFAULT 0;  -- of a node that was READY, and stays so
  ALTER TABLE clusters ADD COLUMN repair_attempt INTEGER NOT NULL DEFAULT 0;  -- the last one that repairs READY nodes
  `,
  `
  CREATE TABLE cluster_versions (    -- apart from the clusters, whose rows are large: it changes with each commit
    cluster_id TEXT PRIMARY KEY REFERENCES clusters (id) ON DELETE CASCADE,
    version INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  INSERT INTO cluster_versions (cluster_id, version) SELECT id, 0 FROM clusters;
  `,
  `
  CREATE INDEX runs_of_node ON runs (node_id, generation, state, role, repair);  -- all that decisive-runs.ts looks at
  `,
  `
  ALTER TABLE nodes ADD COLUMN alarms TEXT NOT NULL DEFAULT '[]';  -- JSON, Alarm[]: misuse of its identity
  ALTER TABLE nodes ADD COLUMN operator_keys TEXT NOT NULL DEFAULT '[]';  -- JSON: fingerprints of its operator's keys
  `,
  `
  ALTER TABLE clusters ADD COLUMN credentials TEXT NOT NULL DEFAULT '[]';  -- JSON, CredentialSet[]
  UPDATE clusters SET credentials = json_array(json_object(   -- earlier builds issued one set, 10 minutes backdated
    'name', name, 'serial', NULL, 'createdAt', created_at,
    'expiresAt', strftime('%Y-%m-%dT%H:%M:%SZ', created_at, '-10 minutes',
      coalesce(json_extract(settings, '$.installerTtlDays'), 365) || ' days'),
    'issuedBy', NULL, 'maxNodes', NULL,
    'enrolled', (SELECT count(*) FROM enrolments WHERE installer = clusters.id),
    'lastUsedAt', (SELECT max(created_at) FROM enrolments WHERE installer = clusters.id),
    'revokedAt', NULL, 'revokedBy', NULL));
  CREATE TABLE administrators (
    serial TEXT PRIMARY KEY,           -- of the certificate, in hexadecimal
    name TEXT NOT NULL,
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    issued_by TEXT,
    last_used_at TEXT,
    revoked_at TEXT,
    revoked_by TEXT
  ) STRICT, WITHOUT ROWID;
  `,
  `
  CREATE TABLE audit (
    number INTEGER PRIMARY KEY,
    content TEXT NOT NULL,             -- JSON, AuditContent
    previous TEXT NOT NULL,            -- hash of the entry before
    hash TEXT NOT NULL
  ) STRICT;
  CREATE TRIGGER audit_append_only BEFORE UPDATE ON audit BEGIN SELECT raise(ABORT, 'the audit log is append-only'); END;
  `,
  `
  ALTER TABLE clusters ADD COLUMN rules TEXT;  -- JSON, NodeRules
  ALTER TABLE nodes ADD COLUMN machine TEXT;  -- JSON, Machine: what it said when it enrolled
  ALTER TABLE nodes ADD COLUMN ruling TEXT NOT NULL DEFAULT 'open';  -- open | followed | held
  `,
  `
  ALTER TABLE clusters ADD COLUMN project TEXT NOT NULL DEFAULT 'default';
  `,
  `
  CREATE TABLE answers (               -- of requests with an Idempotency-Key
    key TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    request TEXT NOT NULL,
    status INTEGER,
    body TEXT,                          -- JSON
    created_at TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX answers_owner ON answers (owner, created_at);
  CREATE INDEX answers_age ON answers (created_at);
  `,
  `
  ALTER TABLE clusters ADD COLUMN accesses TEXT NOT NULL DEFAULT '[]';  -- JSON, ClusterAccess[]
  `,
  `
  CREATE TABLE accounts (
    name TEXT PRIMARY KEY,
    password TEXT NOT NULL,            -- argon2id, PHC string format
    grants TEXT NOT NULL,              -- JSON, Grant[]
    created_at TEXT NOT NULL,
    created_by TEXT NOT NULL,
    last_used_at TEXT,
    disabled_at TEXT
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE api_tokens (
    hash TEXT PRIMARY KEY,             -- SHA-256 of the secret, in hexadecimal
    name TEXT NOT NULL,
    grants TEXT NOT NULL,              -- JSON, Grant[]
    account TEXT,                      -- whose it is
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    issued_by TEXT,
    last_used_at TEXT,
    revoked_at TEXT,
    revoked_by TEXT
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE user_sessions (
    hash TEXT PRIMARY KEY,             -- SHA-256 of the secret, in hexadecimal
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    grants TEXT,                       -- JSON, Grant[]; null: those of the account
    kind TEXT NOT NULL,                -- cookie | token
    address TEXT NOT NULL,
    created_at TEXT NOT NULL,
    last_used_at TEXT NOT NULL,
    expires_at TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX user_sessions_name ON user_sessions (name);
  `,
  `
  ALTER TABLE clusters ADD COLUMN operator_since TEXT;  -- from when the newest certificate of its operator is valid
  `,
  `
  ALTER TABLE nodes ADD COLUMN place TEXT;  -- JSON: Place, or "none"; null: an earlier build wrote it, see placeOf
  `,
  `
  ALTER TABLE clusters ADD COLUMN agent_update TEXT;  -- JSON, AgentUpdate
  `,
  `
  ALTER TABLE clusters ADD COLUMN upgrade TEXT;  -- JSON, Upgrade
  `,
  `
  ALTER TABLE clusters ADD COLUMN unknown_since TEXT;  -- since when its state is UNKNOWN in events
  ALTER TABLE clusters ADD COLUMN etcd TEXT;  -- JSON, EtcdLook
  `,
  `
  ALTER TABLE nodes ADD COLUMN rejoin TEXT;  -- JSON, Rejoin
  `,
  `
  ALTER TABLE clusters ADD COLUMN images TEXT NOT NULL DEFAULT '[]';  -- JSON, ClusterImage[]
  `,
  `
  ALTER TABLE user_sessions ADD COLUMN holder TEXT;  -- JSON, SessionHolder
  ALTER TABLE user_sessions ADD COLUMN is_code INTEGER NOT NULL DEFAULT 0;
  `,
  `
  ALTER TABLE user_sessions ADD COLUMN made_by TEXT;  -- id of a session
  `,
  `
  ALTER TABLE nodes ADD COLUMN labels TEXT NOT NULL DEFAULT '{}';  -- JSON
  ALTER TABLE nodes ADD COLUMN labels_due INTEGER NOT NULL DEFAULT 0;
  `,
]
