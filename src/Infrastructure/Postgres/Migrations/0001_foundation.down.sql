DROP TABLE outbox;
DROP SCHEMA identity CASCADE;
DROP TABLE users;
DROP TABLE currencies;
DROP TABLE role_permissions;
DROP TABLE permissions;
DROP TABLE roles;
