DROP TABLE identity.passkeys;
DROP TABLE identity.recovery_codes;
DROP TABLE identity.totp;
