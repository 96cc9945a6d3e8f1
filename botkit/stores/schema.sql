-- The embedded store's tables. Times are milliseconds since 1970; blobs are MessagePack.
CREATE TABLE IF NOT EXISTS inbox (
  id INTEGER PRIMARY KEY,
  asset TEXT NOT NULL,
  provider_id TEXT NOT NULL,
  service TEXT NOT NULL,
  lane TEXT NOT NULL,
  state INTEGER NOT NULL,
  holder TEXT NOT NULL,
  received_at INTEGER NOT NULL,
  payload BLOB
);
CREATE UNIQUE INDEX IF NOT EXISTS inbox_once ON inbox (provider_id, asset, service);
CREATE INDEX IF NOT EXISTS inbox_pending ON inbox (id) WHERE state = 0;
CREATE INDEX IF NOT EXISTS inbox_held ON inbox (holder, id) WHERE state = 2;

CREATE TABLE IF NOT EXISTS session (
  id TEXT PRIMARY KEY,
  lane TEXT NOT NULL,
  wake_at INTEGER,
  state BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS session_lane ON session (lane);
CREATE INDEX IF NOT EXISTS session_wake ON session (wake_at) WHERE wake_at IS NOT NULL;

-- In the order in which steps were taken: a step of an old session must not touch an old page of its own.
CREATE TABLE IF NOT EXISTS step (
  id INTEGER PRIMARY KEY,
  transaction_id TEXT NOT NULL,
  number INTEGER NOT NULL,
  at INTEGER NOT NULL,
  head BLOB,
  data BLOB NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS step_of ON step (transaction_id, number);

-- In the order in which they were sent, and their ids begin with the moment, for the same reason.
CREATE TABLE IF NOT EXISTS delivery (
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  due_at INTEGER,
  asset TEXT NOT NULL,
  provider_id TEXT,
  created_at INTEGER NOT NULL,
  data BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS delivery_due ON delivery (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS delivery_provider ON delivery (provider_id, asset) WHERE provider_id IS NOT NULL;

CREATE TABLE IF NOT EXISTS mailbox (
  asset TEXT NOT NULL,
  address TEXT NOT NULL,
  seq INTEGER NOT NULL,
  delivery_id TEXT NOT NULL UNIQUE,
  at INTEGER NOT NULL,
  content BLOB NOT NULL,
  PRIMARY KEY (asset, address, seq)
) WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS mailbox_at ON mailbox (at);

CREATE TABLE IF NOT EXISTS history (
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  asset TEXT NOT NULL,
  address TEXT NOT NULL,
  at INTEGER NOT NULL,
  state TEXT NOT NULL,
  reason TEXT NOT NULL,
  data BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS history_conversation ON history (asset, address, number);

CREATE TABLE IF NOT EXISTS unmatched (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, data BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS opt_out (
  channel TEXT NOT NULL,
  address TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (channel, address)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS customer (key TEXT PRIMARY KEY, data BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS identity (address_key TEXT PRIMARY KEY, customer TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS constant (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS flow_version (
  flow TEXT NOT NULL,
  version INTEGER NOT NULL,
  data BLOB NOT NULL,
  PRIMARY KEY (flow, version)
) WITHOUT ROWID;
