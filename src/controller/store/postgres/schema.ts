import { FIRST_SCHEMA } from './first-schema.ts'

/**
 * Each entry migrates the database from one version of `schema_version` to the next. A released entry is never edited. JSON is
 * stored as written, because jsonb refuses \u0000 and sorts fields. Texts are compared by bytes, whatever the locale of the
 * database is, so that both backends sort alike.
 */
export const MIGRATIONS: readonly string[] = [
  FIRST_SCHEMA,
  `
  ALTER TABLE nodes ADD COLUMN alarms json NOT NULL DEFAULT '[]';         -- Alarm[]: misuse of its identity
  ALTER TABLE nodes ADD COLUMN operator_keys json NOT NULL DEFAULT '[]';  -- fingerprints of its operator's keys
  `,
  `
  ALTER TABLE clusters ADD COLUMN credentials json NOT NULL DEFAULT '[]';  -- CredentialSet[]
  UPDATE clusters SET credentials = json_build_array(json_build_object(    -- earlier builds issued one set, 10 minutes backdated
    'name', name, 'serial', NULL, 'createdAt', created_at,
    'expiresAt', to_char((created_at::timestamptz - interval '10 minutes'
      + coalesce((settings->>'installerTtlDays')::int, 365) * interval '24 hours') AT TIME ZONE 'UTC',
      'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
    'issuedBy', NULL, 'maxNodes', NULL,
    'enrolled', (SELECT count(*) FROM enrolments WHERE installer = clusters.id),
    'lastUsedAt', (SELECT max(created_at) FROM enrolments WHERE installer = clusters.id),
    'revokedAt', NULL, 'revokedBy', NULL));
  CREATE TABLE administrators (
    serial text COLLATE "C" PRIMARY KEY,  -- of the certificate, in hexadecimal
    name text NOT NULL,
    created_at text COLLATE "C" NOT NULL,
    expires_at text NOT NULL,
    issued_by text,
    last_used_at text,
    revoked_at text,
    revoked_by text
  );
  `,
  `
  -- Several controllers on one database: see docs/adr/0045.
  ALTER TABLE cluster_versions ADD COLUMN holder text COLLATE "C";          -- id of the controller that decides for the cluster
  ALTER TABLE cluster_versions ADD COLUMN lease bigint NOT NULL DEFAULT 0;  -- grows with each change of the holder
  ALTER TABLE schema_version ADD COLUMN oldest bigint NOT NULL DEFAULT 0;   -- the oldest schema whose code can use this one
  CREATE TABLE shared_keys (
    id boolean PRIMARY KEY DEFAULT true CHECK (id),  -- one row
    generation bigint NOT NULL,
    fingerprints json NOT NULL         -- of the keys that all controllers have in their data directories
  );
  -- Not written to the log of the database, and empty after a crash: the controllers then store it again.
  CREATE UNLOGGED TABLE controllers (
    id text COLLATE "C" PRIMARY KEY,   -- of a process
    place text NOT NULL UNIQUE,        -- of its data directory
    urls json NOT NULL,                -- at which agents reach it
    version text NOT NULL,
    bundles json NOT NULL DEFAULT '[]',  -- SharedBundle[]
    alive_until timestamptz NOT NULL
  );
  CREATE UNLOGGED TABLE sessions (
    node_id text COLLATE "C" PRIMARY KEY,
    controller text COLLATE "C" NOT NULL REFERENCES controllers (id) ON DELETE CASCADE,
    number bigint NOT NULL,            -- grows with each session of the node
    capabilities json NOT NULL         -- of its agent
  );
  CREATE INDEX sessions_controller ON sessions (controller);
  CREATE UNLOGGED TABLE messages (     -- from a controller to another one, which deletes what it reads
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sender text NOT NULL,
    recipient text COLLATE "C" NOT NULL,
    body json NOT NULL,
    expires_at timestamptz NOT NULL
  );
  CREATE INDEX messages_recipient ON messages (recipient);
  `,
  `
  CREATE TABLE audit (
    number bigint PRIMARY KEY,
    content json NOT NULL,             -- AuditContent
    previous text NOT NULL,            -- hash of the entry before
    hash text NOT NULL
  );
  CREATE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    IF TG_OP = 'DELETE' AND current_setting('cantrip.audit_retention', true) = 'on' THEN RETURN OLD; END IF;
    RAISE EXCEPTION 'the audit log is append-only';
  END $$;
  CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION audit_append_only();
  CREATE TRIGGER audit_not_emptied BEFORE TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only();
  `,
  `
  ALTER TABLE clusters ADD COLUMN rules json;                             -- NodeRules
  ALTER TABLE nodes ADD COLUMN machine json;                              -- Machine: what it said when it enrolled
  ALTER TABLE nodes ADD COLUMN ruling text NOT NULL DEFAULT 'open';       -- open | followed | held
  `,
  `
  ALTER TABLE clusters ADD COLUMN project text NOT NULL DEFAULT 'default';
  `,
  `
  CREATE TABLE answers (               -- of requests with an Idempotency-Key
    key text COLLATE "C" PRIMARY KEY,
    owner text COLLATE "C" NOT NULL,
    request text NOT NULL,
    status integer,
    body text,                          -- JSON
    created_at text COLLATE "C" NOT NULL
  );
  CREATE INDEX answers_owner ON answers (owner, created_at);
  CREATE INDEX answers_age ON answers (created_at);
  `,
  `
  ALTER TABLE clusters ADD COLUMN accesses json NOT NULL DEFAULT '[]';  -- ClusterAccess[]
  `,
  `
  CREATE TABLE accounts (
    name text COLLATE "C" PRIMARY KEY,
    password text NOT NULL,            -- argon2id, PHC string format
    grants json NOT NULL,              -- JSON, Grant[]
    created_at text COLLATE "C" NOT NULL,
    created_by text NOT NULL,
    last_used_at text,
    disabled_at text
  );
  CREATE TABLE api_tokens (
    hash text COLLATE "C" PRIMARY KEY,             -- SHA-256 of the secret, in hexadecimal
    name text NOT NULL,
    grants json NOT NULL,              -- JSON, Grant[]
    account text,                      -- whose it is
    created_at text COLLATE "C" NOT NULL,
    expires_at text NOT NULL,
    issued_by text,
    last_used_at text,
    revoked_at text,
    revoked_by text
  );
  CREATE TABLE user_sessions (
    hash text COLLATE "C" PRIMARY KEY,             -- SHA-256 of the secret, in hexadecimal
    id text NOT NULL,
    name text NOT NULL,
    grants json,                       -- JSON, Grant[]; null: those of the account
    kind text NOT NULL,                -- cookie | token
    address text NOT NULL,
    created_at text COLLATE "C" NOT NULL,
    last_used_at text NOT NULL,
    expires_at text NOT NULL
  );
  CREATE INDEX user_sessions_name ON user_sessions (name);
  `,
  `
  ALTER TABLE clusters ADD COLUMN operator_since text;  -- from when the newest certificate of its operator is valid
  `,
  `
  ALTER TABLE nodes ADD COLUMN place json;                                -- Place, or "none"; null: an earlier build wrote it
  `,
  `
  ALTER TABLE clusters ADD COLUMN agent_update json;  -- AgentUpdate
  `,
  `
  ALTER TABLE clusters ADD COLUMN upgrade json;                            -- Upgrade
  `,
  `
  ALTER TABLE clusters ADD COLUMN unknown_since text;  -- since when its state is UNKNOWN in events
  ALTER TABLE clusters ADD COLUMN etcd json;  -- JSON, EtcdLook
  `,
  `
  ALTER TABLE nodes ADD COLUMN rejoin json;  -- Rejoin
  `,
  `
  ALTER TABLE clusters ADD COLUMN images json NOT NULL DEFAULT '[]';  -- ClusterImage[]
  `,
  `
  ALTER TABLE user_sessions ADD COLUMN holder json;  -- SessionHolder
  ALTER TABLE user_sessions ADD COLUMN is_code boolean NOT NULL DEFAULT false;
  `,
  `
  ALTER TABLE user_sessions ADD COLUMN made_by text;  -- id of a session
  `,
  `
  ALTER TABLE nodes ADD COLUMN labels json NOT NULL DEFAULT '{}';
  ALTER TABLE nodes ADD COLUMN labels_due boolean NOT NULL DEFAULT false;
  `,
]

/** Code that knows this schema, and no later one, can use the database: see docs/adr/0045. */
export const OLDEST_COMPATIBLE = 4
