-- Accounts elsewhere that users wanted to connect and did not: what came of the last try with each provider.
CREATE TABLE failed_connections (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  strategy TEXT NOT NULL,
  error TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  UNIQUE (user_id, strategy)
) STRICT;
