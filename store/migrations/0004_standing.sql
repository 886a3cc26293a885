-- How many things were wrong with a delegation when it was last looked at whole: what stands without any is checked for change alone.

ALTER TABLE delegations ADD COLUMN problems integer NOT NULL DEFAULT 0;
