-- Accounts at identity providers, and what browsers have been sent to one for.
CREATE TABLE external_accounts (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  -- As people know the provider. What names the account are issuer and subject.
  strategy TEXT NOT NULL,
  issuer TEXT NOT NULL,
  subject TEXT NOT NULL,
  -- As the provider told them; empty for none.
  email_address TEXT NOT NULL,
  first_name TEXT NOT NULL,
  last_name TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  UNIQUE (issuer, subject)
) STRICT;
CREATE INDEX external_accounts_of_user ON external_accounts (user_id);

-- At most one per browser: a new one replaces it.
CREATE TABLE external_verifications (
  client_id TEXT PRIMARY KEY REFERENCES clients (id) ON DELETE CASCADE,
  purpose TEXT NOT NULL CHECK (purpose IN ('sign_in', 'sign_up', 'connect', 'portal')),
  -- The sign-in, the sign-up or the user that it is for; empty for the portal's.
  owner_id TEXT NOT NULL,
  strategy TEXT NOT NULL,
  -- What the provider sends back, once; none afterwards.
  state TEXT UNIQUE,
  code_verifier TEXT NOT NULL,
  authorization_url TEXT NOT NULL,
  -- Where the browser goes if something is left to do, and if nothing is.
  redirect_url TEXT NOT NULL,
  complete_url TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('unverified', 'verified', 'transferable', 'failed')),
  error TEXT,
  -- What the provider told, as JSON.
  identity TEXT,
  expire_at INTEGER NOT NULL
) STRICT;
CREATE INDEX external_verifications_of_owner ON external_verifications (owner_id);
CREATE INDEX external_verifications_by_end ON external_verifications (expire_at);
