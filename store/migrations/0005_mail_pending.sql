-- The problems with mail records that were seen once and are not yet confirmed.

ALTER TABLE delegations ADD COLUMN mail_pending text;
