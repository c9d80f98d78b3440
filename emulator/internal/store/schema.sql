-- The world of the emulator. Times are UTC milliseconds since the epoch. No default value reads a clock.
-- "org" is the Organization that owns the row. Every query names it.

CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE organizations (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, timezone TEXT NOT NULL, postal_address TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE users (
  id TEXT PRIMARY KEY, org TEXT NOT NULL, key TEXT NOT NULL, email TEXT NOT NULL, name TEXT NOT NULL,
  UNIQUE (org, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE api_keys (
  secret TEXT PRIMARY KEY, org TEXT NOT NULL, label TEXT NOT NULL, scopes TEXT NOT NULL,
  allow_sends INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE domains (
  id TEXT PRIMARY KEY, org TEXT NOT NULL, domain TEXT NOT NULL, status TEXT NOT NULL, dmarc INTEGER NOT NULL,
  UNIQUE (org, domain)
) STRICT, WITHOUT ROWID;

CREATE TABLE sender_profiles (
  id TEXT PRIMARY KEY, org TEXT NOT NULL, key TEXT NOT NULL, name TEXT NOT NULL, email TEXT NOT NULL,
  is_default INTEGER NOT NULL, UNIQUE (org, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX sender_profiles_by_email ON sender_profiles (org, lower(email), key);
CREATE INDEX sender_profiles_default ON sender_profiles (org) WHERE is_default = 1;

-- write_key is known to the website's visitors. It only allows to report events.
CREATE TABLE websites (
  id TEXT PRIMARY KEY, org TEXT NOT NULL, key TEXT NOT NULL, name TEXT NOT NULL, url TEXT NOT NULL,
  write_key TEXT NOT NULL UNIQUE, UNIQUE (org, key)
) STRICT, WITHOUT ROWID;

-- An upload is a URL for bytes that are to come. Once they are there, they are rows of file_chunks with its id.
CREATE TABLE uploads (
  id TEXT PRIMARY KEY, org TEXT NOT NULL, s3_key TEXT NOT NULL UNIQUE, state TEXT NOT NULL,
  content_type TEXT NOT NULL, size INTEGER NOT NULL, asset_type TEXT NOT NULL, website_id TEXT,
  digest TEXT, width INTEGER, height INTEGER, created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- file_id names the rows of file_chunks that have the bytes, and digest identifies these.
CREATE TABLE assets (
  id TEXT PRIMARY KEY, org TEXT NOT NULL, key TEXT NOT NULL, filename TEXT NOT NULL, s3_key TEXT NOT NULL,
  content_type TEXT NOT NULL, size INTEGER NOT NULL, asset_type TEXT NOT NULL, image_type TEXT, description TEXT,
  alt_text TEXT, tags TEXT, width INTEGER, height INTEGER, website_id TEXT, file_id TEXT NOT NULL,
  digest TEXT NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, UNIQUE (org, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX assets_newest ON assets (org, created_at, id);

CREATE TABLE file_chunks (
  seq INTEGER PRIMARY KEY, file_id TEXT NOT NULL, n INTEGER NOT NULL, bytes BLOB NOT NULL, UNIQUE (file_id, n)
) STRICT;

CREATE TABLE subscription_groups (
  id TEXT PRIMARY KEY, org TEXT NOT NULL, key TEXT NOT NULL, name TEXT NOT NULL, policy TEXT NOT NULL,
  UNIQUE (org, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE templates (
  id TEXT PRIMARY KEY, org TEXT NOT NULL, key TEXT NOT NULL, name TEXT NOT NULL, purpose TEXT NOT NULL,
  status TEXT NOT NULL, source TEXT NOT NULL, sub_type TEXT, language TEXT,
  sender_profile_id TEXT, brand_kit_id TEXT, default_segment_id TEXT, snapshot_id TEXT NOT NULL,
  created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, UNIQUE (org, key)
) STRICT, WITHOUT ROWID;

-- A snapshot never changes. So what was accepted keeps the Template as it was then.
CREATE TABLE template_snapshots (
  id TEXT PRIMARY KEY, org TEXT NOT NULL, template_id TEXT NOT NULL, definition TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

-- found is what an extraction finds, and extraction how far the latest one has come.
CREATE TABLE brand_kits (
  id TEXT PRIMARY KEY, org TEXT NOT NULL, key TEXT NOT NULL, name TEXT NOT NULL, is_default INTEGER NOT NULL,
  website_url TEXT, logo TEXT, colors TEXT, fonts TEXT, sender_profile_id TEXT, found TEXT, extraction TEXT,
  created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, UNIQUE (org, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE segments (
  id TEXT PRIMARY KEY, org TEXT NOT NULL, key TEXT NOT NULL, name TEXT NOT NULL, type TEXT NOT NULL,
  definition TEXT, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, UNIQUE (org, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE segment_members (
  segment_id TEXT NOT NULL, profile_id TEXT NOT NULL, PRIMARY KEY (segment_id, profile_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE newsletters (
  id TEXT PRIMARY KEY, org TEXT NOT NULL, key TEXT NOT NULL, name TEXT NOT NULL, subscription_group_id TEXT NOT NULL,
  sender_profile_id TEXT NOT NULL, template_id TEXT, cadence TEXT,
  created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, UNIQUE (org, key)
) STRICT, WITHOUT ROWID;

-- properties has the values. lineage, {name: {source, updatedAt}}, has where each came from. A deleted Profile keeps
-- its id, so that no other Profile gets it. Its email and external id are free again.
CREATE TABLE profiles (
  id TEXT PRIMARY KEY, org TEXT NOT NULL, email TEXT NOT NULL, external_id TEXT, phone TEXT,
  properties TEXT NOT NULL, lineage TEXT NOT NULL, sources TEXT NOT NULL,
  created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, deleted_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX profiles_by_external_id ON profiles (org, external_id) WHERE external_id IS NOT NULL;
CREATE UNIQUE INDEX profiles_by_email ON profiles (org, email) WHERE deleted_at IS NULL;
-- deleted_at is in the index so that SQLite need not read the row for it.
CREATE INDEX profiles_by_age ON profiles (org, created_at, id, deleted_at) WHERE deleted_at IS NULL;

-- The log of all changes. subscriptions has the latest change for each Profile and group.
CREATE TABLE subscription_changes (
  seq INTEGER PRIMARY KEY, org TEXT NOT NULL, profile_id TEXT NOT NULL, group_id TEXT NOT NULL,
  status TEXT NOT NULL, source TEXT NOT NULL, at INTEGER NOT NULL
) STRICT;
CREATE INDEX subscription_changes_by_profile ON subscription_changes (profile_id, seq);

CREATE TABLE subscriptions (
  profile_id TEXT NOT NULL, group_id TEXT NOT NULL, status TEXT NOT NULL, updated_at INTEGER NOT NULL,
  PRIMARY KEY (profile_id, group_id)
) STRICT, WITHOUT ROWID;

-- What an Organization knows about an address: why it is suppressed, its latest bounce, and its soft bounces in a row.
-- last_words is an outcome.Streak, which may have more words than matter.
CREATE TABLE addresses (
  org TEXT NOT NULL, email TEXT NOT NULL, suppressed TEXT, bounce TEXT, code TEXT,
  last_words TEXT, suppressed_at INTEGER, PRIMARY KEY (org, email)
) STRICT, WITHOUT ROWID;
CREATE INDEX addresses_with_streaks ON addresses (org) WHERE last_words IS NOT NULL;

-- The log of all changes of suppressed in addresses. reason is NULL where an address got emails again.
CREATE TABLE suppression_changes (
  seq INTEGER PRIMARY KEY, org TEXT NOT NULL, email TEXT NOT NULL, reason TEXT, at INTEGER NOT NULL
) STRICT;
CREATE INDEX suppression_changes_by_email ON suppression_changes (email, seq);

CREATE TABLE user_events (
  seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, org TEXT NOT NULL, profile_id TEXT NOT NULL, event TEXT NOT NULL,
  data TEXT NOT NULL, reference_id TEXT, occurred_at INTEGER NOT NULL, received_at INTEGER NOT NULL
) STRICT;
CREATE INDEX user_events_by_name ON user_events (event, org);
CREATE INDEX user_events_by_profile ON user_events (profile_id, event, occurred_at);
-- A count of a Segment asks each Profile, in order of the ids, about one event. What it reads is in one place here.
-- data is in the index so that the filter of a condition need not read the row.
CREATE INDEX user_events_of_profiles ON user_events (event, profile_id, occurred_at, data);

-- What Journeys did with an event, in order. event is its seq. list is a JSON list with one [journey, reason, run, why]
-- for each Journey. The reason is null if it enrolled the Profile; run is then the seq of the run. why is what the
-- decision is based on, like every column of this name: it has a limited length and contains nothing that must not be
-- kept.
CREATE TABLE event_outcomes (event INTEGER PRIMARY KEY, list TEXT NOT NULL) STRICT;

CREATE TABLE journeys (
  id TEXT PRIMARY KEY, org TEXT NOT NULL, key TEXT NOT NULL, name TEXT NOT NULL, status TEXT NOT NULL,
  version INTEGER NOT NULL, entry_type TEXT NOT NULL, entry_event TEXT, entry_segment TEXT,
  created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, UNIQUE (org, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX journeys_by_event ON journeys (org, entry_event, status, key);
CREATE INDEX journeys_by_segment ON journeys (org, entry_segment) WHERE entry_segment IS NOT NULL;

-- Whether a Profile is a member of a Segment that an Active Journey listens to. edge is the next time at which the
-- passing of time alone may change that.
CREATE TABLE segment_memberships (
  segment_id TEXT NOT NULL, profile_id TEXT NOT NULL, member INTEGER NOT NULL, edge INTEGER,
  PRIMARY KEY (segment_id, profile_id)
) STRICT, WITHOUT ROWID;

-- That a Profile entered a Segment or left it.
CREATE TABLE segment_changes (
  seq INTEGER PRIMARY KEY, segment_id TEXT NOT NULL, profile_id TEXT NOT NULL, entered INTEGER NOT NULL,
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX segment_changes_by_segment ON segment_changes (segment_id, seq);

-- What a Journey did when a Profile became a member of its Segment. run is the seq of the run that this began. If none
-- did, reason says why, and org, journey_id and at are set; otherwise they are those of the run.
CREATE TABLE segment_entries (
  seq INTEGER PRIMARY KEY, profile_id ANY NOT NULL, segment_id ANY NOT NULL, run INTEGER, why TEXT,
  reason TEXT, org ANY, journey_id ANY, at INTEGER
) STRICT;
CREATE INDEX segment_entries_by_profile ON segment_entries (profile_id);

CREATE TABLE journey_versions (
  journey_id TEXT NOT NULL, version INTEGER NOT NULL, definition TEXT NOT NULL, PRIMARY KEY (journey_id, version)
) STRICT, WITHOUT ROWID;

-- Columns of the type ANY have ids; see packed.go. event is the seq of the UserEvent that started the run. state is
-- {"data", "event", "steps"}. task is the row that wakes the run. status is the first letter of the status. held is
-- when a pause stopped it. reacts is 1 if something that happens to the Profile may move it.
CREATE TABLE runs (
  seq INTEGER PRIMARY KEY, id ANY NOT NULL UNIQUE, org ANY NOT NULL,
  journey_id ANY NOT NULL, version INTEGER NOT NULL, profile_id ANY NOT NULL, key_value TEXT, event INTEGER,
  status TEXT NOT NULL, reason TEXT, error TEXT, node TEXT NOT NULL, visits INTEGER NOT NULL, state TEXT NOT NULL,
  waiting INTEGER, exit_rule TEXT, held INTEGER, task INTEGER, triggered_at INTEGER NOT NULL, completed_at INTEGER,
  why TEXT, reacts INTEGER NOT NULL
) STRICT;
CREATE INDEX runs_by_profile ON runs (profile_id, journey_id, key_value, status);
CREATE INDEX runs_reacting ON runs (profile_id, journey_id, version, node) WHERE reacts = 1 AND completed_at IS NULL;
CREATE INDEX runs_by_journey ON runs (journey_id, status);
CREATE INDEX runs_held ON runs (journey_id) WHERE held IS NOT NULL;

-- run is the seq of the run.
CREATE TABLE run_steps (
  seq INTEGER PRIMARY KEY, run INTEGER NOT NULL, node TEXT NOT NULL, type TEXT NOT NULL, at INTEGER NOT NULL,
  outcome TEXT NOT NULL, why TEXT
) STRICT;
CREATE INDEX run_steps_by_run ON run_steps (run);

-- How many runs have come to a place and are there now, so that counting them takes no reading of runs.
CREATE TABLE run_counts (
  journey_id ANY NOT NULL, version INTEGER NOT NULL, kind TEXT NOT NULL, node TEXT NOT NULL, name TEXT NOT NULL,
  next TEXT NOT NULL, n INTEGER NOT NULL, here INTEGER NOT NULL,
  PRIMARY KEY (journey_id, version, kind, node, name, next)
) STRICT, WITHOUT ROWID;

-- outbox is the place of a sent email in the order of sending. Like sent_at, it is set when the email is sent.
-- message_id is the API's id of the row of messages, NULL if it follows from the id of the EmailSend. delivered_at is
-- set if the email was delivered, nothing else had happened to it before, and no row of deliveries says so. call_key
-- and fingerprint are of the call, or the item of a batch, that made the EmailSend. address is the hash of to_email,
-- NULL once the Profile is deleted.
CREATE TABLE email_sends (
  seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, org TEXT NOT NULL, status TEXT NOT NULL,
  template_id TEXT NOT NULL, template_snapshot_id TEXT NOT NULL,
  sender_profile_id TEXT NOT NULL, profile_id TEXT NOT NULL,
  from_email TEXT NOT NULL, from_name TEXT, reply_to TEXT, subject TEXT NOT NULL,
  to_email TEXT NOT NULL, address INTEGER, cc TEXT, bcc TEXT, subscription_group_id TEXT,
  track_clicks INTEGER NOT NULL,
  carrier_type TEXT NOT NULL, carrier_id TEXT, key TEXT, message_id TEXT, failure_message TEXT, why TEXT,
  outbox INTEGER, sent_at INTEGER, delivered_at INTEGER, call_key TEXT, fingerprint BLOB,
  created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX email_sends_by_key ON email_sends (key) WHERE key IS NOT NULL;
CREATE UNIQUE INDEX email_sends_by_message ON email_sends (message_id) WHERE message_id IS NOT NULL;
CREATE UNIQUE INDEX email_sends_left ON email_sends (outbox) WHERE outbox IS NOT NULL;
CREATE UNIQUE INDEX email_sends_by_call ON email_sends (call_key, org) WHERE call_key IS NOT NULL;
CREATE INDEX email_sends_by_profile ON email_sends (profile_id, sent_at);
CREATE INDEX email_sends_by_address ON email_sends (address, outbox) WHERE address IS NOT NULL;
CREATE INDEX email_sends_erased ON email_sends (outbox) WHERE address IS NULL AND outbox IS NOT NULL;
-- fact_counts has the number of those that were sent.
CREATE INDEX email_sends_unsent ON email_sends (carrier_id, status)
  WHERE carrier_type IN ('broadcast', 'newsletterIssue') AND status <> 'Sent';

-- Rendered emails. No other table has their content. send is the seq of its EmailSend. If there is a base, html and
-- text are stored as changes to those of the base. A row is written once, except for dropped: the copies that were left
-- out.
CREATE TABLE messages (
  send INTEGER PRIMARY KEY, base INTEGER, subject TEXT NOT NULL, html TEXT NOT NULL, text TEXT NOT NULL,
  headers TEXT NOT NULL, missing TEXT NOT NULL, dropped TEXT
) STRICT;

-- What the emails of a carrier, or of a snapshot of a Template, have in common: the email rendered for no Profile.
-- owner is the id of the carrier or the snapshot. It is empty until there is a second email.
CREATE TABLE message_bases (
  seq INTEGER PRIMARY KEY, owner TEXT NOT NULL UNIQUE, html TEXT NOT NULL, text TEXT NOT NULL
) STRICT;

-- The handover of a message to the SMTP server. send is the seq of its EmailSend. progress is a JSON object.
CREATE TABLE relays (send INTEGER PRIMARY KEY, state TEXT NOT NULL, progress TEXT NOT NULL) STRICT;
CREATE INDEX relays_open ON relays (state) WHERE state <> 'ended';

-- What is posted to the receiver of hooks, in order. payload is the body, empty once the Profile is deleted.
CREATE TABLE webhooks (
  seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, org TEXT NOT NULL, profile_id TEXT NOT NULL, type TEXT NOT NULL,
  created_at INTEGER NOT NULL, payload TEXT NOT NULL, state TEXT NOT NULL, tries TEXT NOT NULL, next INTEGER
) STRICT;
CREATE INDEX webhooks_by_profile ON webhooks (profile_id, state);

-- What happened to a message, apart from what the columns of its EmailSend say. send is the seq of its EmailSend.
CREATE TABLE facts (
  seq INTEGER PRIMARY KEY, send INTEGER NOT NULL, profile_id TEXT NOT NULL, template_id TEXT NOT NULL,
  type TEXT NOT NULL, detail TEXT NOT NULL, at INTEGER NOT NULL
) STRICT;
CREATE INDEX facts_by_send ON facts (send, type);
CREATE INDEX facts_by_profile ON facts (profile_id, type, at);

-- EmailSends of a carrier that were delivered together: those from one seq to another. Their delivered_at is NULL.
CREATE TABLE deliveries (first INTEGER PRIMARY KEY, last INTEGER NOT NULL, at INTEGER NOT NULL) STRICT;

-- All that happened to messages. Most are accepted and then delivered, and nothing else happens to them, so these two
-- are no rows of their own.
CREATE VIEW all_facts AS
  SELECT seq AS send, -2 AS seq, profile_id, template_id, 'accepted' AS type, '{}' AS detail, sent_at AS at
    FROM email_sends WHERE sent_at IS NOT NULL
  UNION ALL SELECT seq, -1, profile_id, template_id, 'delivered', '{}', coalesce(delivered_at, together)
    FROM (SELECT *, (SELECT iif(last >= seq, at, NULL) FROM deliveries WHERE first <= seq ORDER BY first DESC LIMIT 1)
      AS together FROM email_sends) WHERE coalesce(delivered_at, together) IS NOT NULL
  UNION ALL SELECT send, seq, profile_id, template_id, type, detail, at FROM facts;

-- How often something happened to a carrier's emails, and to how many of them.
CREATE TABLE fact_counts (
  carrier_id TEXT NOT NULL, type TEXT NOT NULL, emails INTEGER NOT NULL, n INTEGER NOT NULL,
  PRIMARY KEY (carrier_id, type)
) STRICT, WITHOUT ROWID;

-- What a test wants to happen to emails. target is the id of an EmailSend or a lower-case address. facts is what shall
-- happen, in order.
CREATE TABLE scripts (
  org TEXT NOT NULL, target TEXT NOT NULL, facts TEXT NOT NULL, PRIMARY KEY (org, target)
) STRICT, WITHOUT ROWID;

CREATE TABLE idempotency (
  org TEXT NOT NULL, operation TEXT NOT NULL, key TEXT NOT NULL, fingerprint BLOB NOT NULL, status INTEGER NOT NULL,
  body TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (key, operation, org)
) STRICT;

-- cause is what led to the task; see Tx.Cause.
CREATE TABLE tasks (
  seq INTEGER PRIMARY KEY, due INTEGER NOT NULL, org ANY NOT NULL, kind TEXT NOT NULL, ref ANY NOT NULL,
  arg ANY NOT NULL, cause TEXT NOT NULL
) STRICT;
CREATE INDEX tasks_due ON tasks (due);

-- How many UserEvents and Segment entries Journeys made from one cause (see Tx.Cause), or in one chain.
CREATE TABLE spent (name TEXT PRIMARY KEY, n INTEGER NOT NULL) STRICT, WITHOUT ROWID;

-- Tasks that failed. Nothing waits for them, and they delay no other task.
CREATE TABLE parked_tasks (
  seq INTEGER PRIMARY KEY, due INTEGER NOT NULL, org ANY NOT NULL, kind TEXT NOT NULL, ref ANY NOT NULL,
  arg ANY NOT NULL, error TEXT NOT NULL, since INTEGER NOT NULL
) STRICT;

-- A carrier is a Broadcast or a NewsletterIssue. version counts its edits. task is the row that starts its sending.
-- snapshot_id, content_hash and audience were frozen when its sending started. position is the profile_id of the last
-- recipient that was handled. binding identifies what was scheduled or approved. It is NULL for a draft. prepared_until
-- is set for a draft that the older route made.
CREATE TABLE carriers (
  seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, org TEXT NOT NULL, type TEXT NOT NULL, name TEXT NOT NULL,
  status TEXT NOT NULL, segment_id TEXT, template_id TEXT, subscription_group_id TEXT,
  subject TEXT, sender TEXT, reply_to TEXT, inline INTEGER NOT NULL, newsletter_id TEXT, number INTEGER,
  version INTEGER NOT NULL, tested_hash TEXT, task INTEGER,
  snapshot_id TEXT, content_hash TEXT, audience TEXT, position TEXT NOT NULL,
  scheduled_at INTEGER, started_at INTEGER, completed_at INTEGER, cancelled_at INTEGER,
  created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, binding TEXT, prepared_until INTEGER,
  UNIQUE (newsletter_id, number)
) STRICT;
-- Every edit of a Template, a Segment and the like searches for the carriers that wait for their scheduled time.
CREATE INDEX carriers_scheduled ON carriers (seq) WHERE status = 'NotStarted' AND scheduled_at IS NOT NULL;
CREATE INDEX carriers_by_content ON carriers (org, content_hash) WHERE content_hash IS NOT NULL;

-- What happened to a carrier, in order. carrier is its seq. what names no person.
CREATE TABLE carrier_history (
  carrier INTEGER NOT NULL, n INTEGER NOT NULL, at INTEGER NOT NULL, what TEXT NOT NULL, PRIMARY KEY (carrier, n)
) STRICT, WITHOUT ROWID;

-- The audience as it was when the sending of the carrier started, in the order of sending: by id. skip is NULL for a
-- Profile that was eligible.
CREATE TABLE recipients (
  carrier INTEGER NOT NULL, profile_id TEXT NOT NULL, skip TEXT, PRIMARY KEY (carrier, profile_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX recipients_left_out ON recipients (profile_id) WHERE skip IS NOT NULL;

-- binding identifies all that is sent and the versions it was made from. result is the reply that a redeemed
-- confirmation repeats.
CREATE TABLE confirmations (
  id TEXT PRIMARY KEY, org TEXT NOT NULL, carrier_id TEXT NOT NULL, binding TEXT NOT NULL, eligible INTEGER NOT NULL,
  result TEXT, created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What the seeds of a start contained last, a row for each member. Both columns are HMACs with the world's secret, so
-- that nothing about a deleted person stays here.
CREATE TABLE seed_members (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
