-- Organizations: roles, members, invitations, domains; the active organization of a session, and who acts in it.
CREATE TABLE roles (
  -- `org:…`
  key TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  -- A JSON list of `org:…:…`.
  permissions TEXT NOT NULL
) STRICT;

CREATE TABLE organizations (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  slug TEXT NOT NULL UNIQUE,
  -- 0 for as many as like.
  max_allowed_memberships INTEGER NOT NULL,
  admin_delete_enabled INTEGER NOT NULL,
  public_metadata TEXT NOT NULL DEFAULT '{}',
  private_metadata TEXT NOT NULL DEFAULT '{}',
  created_by TEXT REFERENCES users (id) ON DELETE SET NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX organizations_by_creator ON organizations (created_by);

CREATE TABLE organization_memberships (
  id TEXT PRIMARY KEY,
  organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  role TEXT NOT NULL REFERENCES roles (key),
  public_metadata TEXT NOT NULL DEFAULT '{}',
  private_metadata TEXT NOT NULL DEFAULT '{}',
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  UNIQUE (organization_id, user_id)
) STRICT;
CREATE INDEX organization_memberships_of_user ON organization_memberships (user_id);

CREATE TABLE organization_invitations (
  id TEXT PRIMARY KEY,
  organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
  -- Kept in lower case.
  email_address TEXT NOT NULL,
  role TEXT NOT NULL REFERENCES roles (key),
  status TEXT NOT NULL CHECK (status IN ('pending', 'accepted', 'revoked')),
  inviter_user_id TEXT REFERENCES users (id) ON DELETE SET NULL,
  public_metadata TEXT NOT NULL DEFAULT '{}',
  private_metadata TEXT NOT NULL DEFAULT '{}',
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  expire_at INTEGER NOT NULL
) STRICT;
CREATE INDEX organization_invitations_of_organization ON organization_invitations (organization_id);
CREATE INDEX organization_invitations_by_address ON organization_invitations (email_address);
CREATE INDEX organization_invitations_by_inviter ON organization_invitations (inviter_user_id);

CREATE TABLE organization_domains (
  id TEXT PRIMARY KEY,
  organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
  -- Kept in lower case.
  name TEXT NOT NULL UNIQUE,
  enrollment_mode TEXT NOT NULL,
  verified INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX organization_domains_of_organization ON organization_domains (organization_id);

ALTER TABLE sessions ADD COLUMN last_active_organization_id TEXT REFERENCES organizations (id) ON DELETE SET NULL;
CREATE INDEX sessions_of_organization ON sessions (last_active_organization_id);
-- Who acts as the user, as a JSON object: the `act` claim.
ALTER TABLE sessions ADD COLUMN actor TEXT;

-- What has ended is looked for with every handshake.
CREATE INDEX handshakes_by_end ON handshakes (expire_at);
