DROP TABLE known_devices;
DROP TABLE messages;
DROP TABLE dead_events;
DROP TABLE inbox;
