-- migrator: allow check: users is read in memory, once
-- How a user wants codes that prove the user; a code that proves an address always goes there.
ALTER TABLE users ADD COLUMN code_channel varchar(20) NOT NULL DEFAULT 'address'
    CONSTRAINT users_code_channel CHECK (code_channel IN ('address', 'email', 'sms', 'telegram'));

-- The private chats with the bot in which users get codes. A chat is deleted with its user, and never restored.
CREATE TABLE identity.telegram_chats (
    id        uuid        PRIMARY KEY,
    user_id   uuid        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    chat_id   bigint      NOT NULL,
    linked_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX telegram_chats_user_key ON identity.telegram_chats (user_id);
CREATE UNIQUE INDEX telegram_chats_chat_key ON identity.telegram_chats (chat_id);

GRANT SELECT, INSERT, DELETE ON identity.telegram_chats TO portico_app;
