-- Logos of organizations.
ALTER TABLE organizations ADD COLUMN logo_id TEXT;

CREATE TABLE organization_logos (
  id TEXT PRIMARY KEY,
  organization_id TEXT NOT NULL UNIQUE REFERENCES organizations (id) ON DELETE CASCADE,
  content_type TEXT NOT NULL,
  bytes BLOB NOT NULL
) STRICT;
