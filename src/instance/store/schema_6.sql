-- What applications keep with users, who acts as whom, when somebody last showed who they are.
ALTER TABLE users ADD COLUMN external_id TEXT;
-- Kept in lower case.
ALTER TABLE users ADD COLUMN username TEXT;
ALTER TABLE users ADD COLUMN locale TEXT;
CREATE UNIQUE INDEX users_by_external_id ON users (external_id);
CREATE UNIQUE INDEX users_by_username ON users (username);

-- Nothing stands for the beginning of the session.
ALTER TABLE sessions ADD COLUMN verified_at INTEGER;

-- Who acts as the user, as a JSON object, and for how long, in milliseconds: an actor token.
ALTER TABLE sign_in_tokens ADD COLUMN actor TEXT;
ALTER TABLE sign_in_tokens ADD COLUMN longest_session INTEGER;
