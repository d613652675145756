CREATE TABLE instance (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  instance_id TEXT NOT NULL,
  signing_key BLOB NOT NULL,
  secret_key TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE users (
  id TEXT PRIMARY KEY,
  first_name TEXT NOT NULL,
  last_name TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  public_metadata TEXT NOT NULL,
  banned INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE email_addresses (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  -- Kept in lower case.
  email_address TEXT NOT NULL UNIQUE,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX email_addresses_of_user ON email_addresses (user_id);

-- A browser. Known by the hash of a token that changes with every sign-in and sign-out.
CREATE TABLE clients (
  id TEXT PRIMARY KEY,
  token_hash BLOB NOT NULL UNIQUE,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX clients_by_change ON clients (updated_at);

CREATE TABLE sessions (
  id TEXT PRIMARY KEY,
  client_id TEXT NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  status TEXT NOT NULL CHECK (status IN ('active', 'ended', 'replaced', 'revoked')),
  created_at INTEGER NOT NULL,
  expire_at INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_of_client ON sessions (client_id);
CREATE INDEX sessions_of_user ON sessions (user_id);
CREATE INDEX sessions_by_end ON sessions (expire_at);

-- What a handshake leaves for the application's server to collect, once.
CREATE TABLE handshakes (
  nonce_hash BLOB PRIMARY KEY,
  directives TEXT NOT NULL,
  expire_at INTEGER NOT NULL
) STRICT;
