-- A message has one link of each purpose: to answer, and to be left alone (List-Unsubscribe).
DROP INDEX idx_links_mail_id;
CREATE UNIQUE INDEX idx_link_mail_purpose ON links (mail_id, purpose);

-- Reports of mail services name a message by its recipient and the ID that the service gave it.
CREATE INDEX idx_mail_recipient ON mails (recipient);
CREATE INDEX idx_contact_email ON contacts (email);
