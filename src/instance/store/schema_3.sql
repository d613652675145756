-- What the Frontend API keeps: verified addresses, lockouts, attempts under way, codes, mails, sign-in tokens, images.
ALTER TABLE users ADD COLUMN primary_email_address_id TEXT;
ALTER TABLE users ADD COLUMN profile_image_id TEXT;
ALTER TABLE users ADD COLUMN password_updated_at INTEGER;
ALTER TABLE users ADD COLUMN failed_attempts INTEGER NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN locked_until INTEGER;
UPDATE users SET password_updated_at = created_at, primary_email_address_id =
  (SELECT id FROM email_addresses WHERE user_id = users.id ORDER BY created_at, rowid LIMIT 1);

-- The strategy that verified it. None has verified an address that somebody merely typed.
ALTER TABLE email_addresses ADD COLUMN verified_by TEXT;

-- What the browser said of itself.
ALTER TABLE sessions ADD COLUMN user_agent TEXT NOT NULL DEFAULT '';

-- At most one per browser: a new one replaces it.
CREATE TABLE sign_ins (
  id TEXT PRIMARY KEY,
  client_id TEXT NOT NULL UNIQUE REFERENCES clients (id) ON DELETE CASCADE,
  user_id TEXT REFERENCES users (id) ON DELETE CASCADE,
  identifier TEXT,
  status TEXT NOT NULL CHECK (status IN ('needs_identifier', 'needs_first_factor', 'needs_new_password', 'complete')),
  -- The strategy of the first factor that was shown.
  verified_by TEXT,
  created_session_id TEXT,
  abandon_at INTEGER NOT NULL
) STRICT;
CREATE INDEX sign_ins_of_user ON sign_ins (user_id);
CREATE INDEX sign_ins_by_end ON sign_ins (abandon_at);

-- At most one per browser: a new one replaces it. There is no user until it is complete.
CREATE TABLE sign_ups (
  id TEXT PRIMARY KEY,
  client_id TEXT NOT NULL UNIQUE REFERENCES clients (id) ON DELETE CASCADE,
  -- In lower case.
  email_address TEXT,
  email_verified INTEGER NOT NULL DEFAULT 0,
  password_hash TEXT,
  first_name TEXT NOT NULL DEFAULT '',
  last_name TEXT NOT NULL DEFAULT '',
  unsafe_metadata TEXT NOT NULL DEFAULT '{}',
  locale TEXT,
  created_user_id TEXT,
  created_session_id TEXT,
  abandon_at INTEGER NOT NULL
) STRICT;
CREATE INDEX sign_ups_by_end ON sign_ups (abandon_at);

-- Codes that were sent and not used. One works per address, and one per sign-in, sign-up or address that waits for it.
CREATE TABLE email_codes (
  owner_id TEXT PRIMARY KEY,
  email_address TEXT NOT NULL UNIQUE,
  strategy TEXT NOT NULL,
  code_hash BLOB NOT NULL,
  failed_attempts INTEGER NOT NULL DEFAULT 0,
  expire_at INTEGER NOT NULL
) STRICT;
CREATE INDEX email_codes_by_end ON email_codes (expire_at);

-- The outbox: what would have been sent.
CREATE TABLE mails (
  id INTEGER PRIMARY KEY,
  recipient TEXT NOT NULL,
  subject TEXT NOT NULL,
  body TEXT NOT NULL,
  code TEXT,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE sign_in_tokens (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  token_hash BLOB NOT NULL UNIQUE,
  status TEXT NOT NULL CHECK (status IN ('pending', 'accepted', 'revoked')),
  expire_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX sign_in_tokens_of_user ON sign_in_tokens (user_id);
CREATE INDEX sign_in_tokens_by_end ON sign_in_tokens (expire_at);

CREATE TABLE profile_images (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL UNIQUE REFERENCES users (id) ON DELETE CASCADE,
  content_type TEXT NOT NULL,
  bytes BLOB NOT NULL
) STRICT;
