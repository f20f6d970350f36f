-- What a payment is waiting for: the buyer's token until it is used, and when the provider is asked again. Breaks nothing.

-- One row a payment that is not settled and has something to remember; most payments never have one.
-- The token stands nowhere else, and goes with the row: it is in no event, no job, no copy on a read node.
CREATE TABLE payment_case (
  payment_id text        PRIMARY KEY COLLATE "C",
  order_id   text        NOT NULL,
  attempt    integer     NOT NULL CHECK (attempt > 0),
  -- CARD, BANK_TRANSFER or CASH_ON_DELIVERY.
  method     text        NOT NULL,
  -- What the attempt is paid with; null takes the provider's default.
  token      text,
  -- When the attempt began whose outcome is not known; null where nothing is in doubt.
  in_doubt_since timestamptz,
  -- When the provider is asked next; null where it need not be.
  ask_at     timestamptz,
  -- Times it was asked in vain.
  asked      integer     NOT NULL
);
CREATE INDEX payment_case_ask_at ON payment_case (ask_at) WHERE ask_at IS NOT NULL;
