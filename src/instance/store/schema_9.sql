-- Lists, newest first, and users by what else they are narrowed to and ordered by.
CREATE INDEX users_by_creation ON users (created_at);
CREATE INDEX users_by_last_activity ON users (last_active_at);
CREATE INDEX users_by_last_sign_in ON users (last_sign_in_at);
CREATE INDEX sessions_by_creation ON sessions (created_at DESC, id);
CREATE INDEX clients_by_creation ON clients (created_at);
CREATE INDEX organizations_by_creation ON organizations (created_at);
CREATE INDEX organization_memberships_by_creation ON organization_memberships (created_at);
