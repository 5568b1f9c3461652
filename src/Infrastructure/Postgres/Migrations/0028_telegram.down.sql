DROP TABLE identity.telegram_chats;
ALTER TABLE users DROP COLUMN code_channel;
