-- What the Backend API tells about users and sessions, refresh tokens, JWT templates.
ALTER TABLE users ADD COLUMN private_metadata TEXT NOT NULL DEFAULT '{}';
ALTER TABLE users ADD COLUMN unsafe_metadata TEXT NOT NULL DEFAULT '{}';
ALTER TABLE users ADD COLUMN last_sign_in_at INTEGER;
ALTER TABLE users ADD COLUMN last_active_at INTEGER;

ALTER TABLE sessions ADD COLUMN updated_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN last_active_at INTEGER NOT NULL DEFAULT 0;
-- Of the one refresh token that works; it changes with every sign-in and handshake.
ALTER TABLE sessions ADD COLUMN refresh_token_hash BLOB;

-- As far as what is there can tell.
UPDATE sessions SET updated_at = created_at, last_active_at = created_at;
UPDATE users SET last_sign_in_at = (SELECT max(created_at) FROM sessions WHERE user_id = users.id);
UPDATE users SET last_active_at = last_sign_in_at;

CREATE TABLE jwt_templates (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  claims TEXT NOT NULL,
  -- Both in seconds.
  lifetime INTEGER NOT NULL,
  allowed_clock_skew INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
