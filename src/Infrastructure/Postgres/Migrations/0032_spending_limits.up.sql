-- Where the days and months of a user begin.
ALTER TABLE users ADD COLUMN time_zone varchar(64) NOT NULL DEFAULT 'UTC';

-- What may leave a wallet, or all wallets of a user in one currency, and what was spent in the current day and month.
-- It is changed under the locks of the accounts only.
CREATE TABLE ledger.spending_limits (
    subject_id   uuid          NOT NULL,
    currency     varchar(5)    NOT NULL,
    owner_id     uuid          NOT NULL,
    per_transfer numeric(38,0) CHECK (per_transfer >= 0),
    per_day      numeric(38,0) CHECK (per_day >= 0),
    per_month    numeric(38,0) CHECK (per_month >= 0),
    day_start    timestamptz   NOT NULL,
    day_end      timestamptz   NOT NULL,
    day_spent    numeric(38,0) NOT NULL CHECK (day_spent >= 0),
    month_start  timestamptz   NOT NULL,
    month_end    timestamptz   NOT NULL,
    month_spent  numeric(38,0) NOT NULL CHECK (month_spent >= 0),
    PRIMARY KEY (subject_id, currency),
    CONSTRAINT spending_limits_any CHECK (num_nonnulls(per_transfer, per_day, per_month) > 0),
    CONSTRAINT spending_limits_periods CHECK (day_start < day_end AND month_start < month_end)
) WITH (fillfactor = 50);

-- Whether a wallet or its owner has limits, so that a payment from any other wallet reads no more than before.
ALTER TABLE ledger.accounts ADD COLUMN is_limited boolean NOT NULL DEFAULT false;

GRANT SELECT, INSERT, UPDATE, DELETE ON ledger.spending_limits TO portico_app;
GRANT SELECT ON ledger.spending_limits TO portico_readonly;
