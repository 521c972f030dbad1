/**
 * The tables, as a list that grows only at its end: a released migration is never edited. Written for PostgreSQL 15.
 * Ids are text, made by the caller, unless stated otherwise.
 */
import { type Kysely, sql } from 'kysely';
import type { Schema } from './schema.ts';

export interface Migration {
  /** Four digits and words: names sort in the order of the list. */
  name: string;
  /**
   * The oldest migration that a server must know to go on once this one has run: the last one before it whose servers
   * neither read nor write what it takes away, nor need to write what it adds. Its own name if no older server goes on.
   */
  oldest: string;
  up(db: Kysely<Schema>): Promise<unknown>;
}

const users = `
create table "user" (
  id text primary key,
  name text not null,
  email text not null unique,
  "emailVerified" boolean not null,
  image text,
  "createdAt" timestamptz not null default now(),
  "updatedAt" timestamptz not null default now(),
  role text not null default 'member' check (role in ('admin', 'member'))
);
create table session (
  id text primary key,
  "expiresAt" timestamptz not null,
  token text not null unique,
  "createdAt" timestamptz not null default now(),
  "updatedAt" timestamptz not null default now(),
  "ipAddress" text,
  "userAgent" text,
  "userId" text not null references "user" on delete cascade
);
create index "session_userId_idx" on session ("userId");
create table account (
  id text primary key,
  "accountId" text not null,
  "providerId" text not null,
  "userId" text not null references "user" on delete cascade,
  "accessToken" text,
  "refreshToken" text,
  "idToken" text,
  "accessTokenExpiresAt" timestamptz,
  "refreshTokenExpiresAt" timestamptz,
  scope text,
  password text,
  "createdAt" timestamptz not null default now(),
  "updatedAt" timestamptz not null default now()
);
create index "account_userId_idx" on account ("userId");
create table verification (
  id text primary key,
  identifier text not null,
  value text not null,
  "expiresAt" timestamptz not null,
  "createdAt" timestamptz not null default now(),
  "updatedAt" timestamptz not null default now()
);
create index verification_identifier_idx on verification (identifier);
create table api_key (
  id text primary key,
  user_id text not null references "user" on delete cascade,
  name text not null,
  hash text not null unique,
  created timestamptz not null default now(),
  expires timestamptz,
  last_used timestamptz
);
create index on api_key (user_id);`;

const campaigns = `
create table campaign (
  id text primary key check (id ~ '^[a-z0-9-]{1,64}$'),
  name text not null,
  dataset text not null,
  instructions text not null default '',
  backbone text not null,
  preset text not null,
  solve jsonb not null default '{}',
  annotators int not null default 1 check (annotators > 0),
  blind boolean not null default true,
  ordering text not null default 'import' check (ordering in ('import', 'random')),
  honeypot_rate double precision not null default 0 check (honeypot_rate between 0 and 1),
  deadline timestamptz,
  lease_seconds int not null default 900 check (lease_seconds > 0),
  state text not null default 'open' check (state in ('open', 'paused', 'closed')),
  filled int not null default 0,
  shards int not null default 0,
  created_by text not null references "user",
  created timestamptz not null default now(),
  updated timestamptz not null default now()
);
create table category (
  campaign text not null references campaign on delete cascade,
  id int not null check (id > 0),
  name text not null,
  colour text not null,
  isthing boolean not null,
  primary key (campaign, id),
  unique (campaign, name)
);
create table member (
  campaign text not null references campaign on delete cascade,
  user_id text not null references "user" on delete cascade,
  role text not null check (role in ('manager', 'reviewer', 'annotator')),
  primary key (campaign, user_id)
);
create index on member (user_id);
create table task (
  id bigint generated always as identity primary key,
  campaign text not null references campaign on delete cascade,
  image_id int not null,
  sha256 text not null,
  name text not null,
  object text not null,
  rank double precision not null,
  width int,
  height int,
  honeypot boolean not null default false,
  wanted int check (wanted > 0),
  state text not null default 'open' check (state in ('open', 'done')),
  taken int not null default 0 check (taken >= 0),
  unique (campaign, sha256)
);
create index on task (campaign, state, rank, id);
create index on task (campaign, rank, id);`;

const annotations = `
create table assignment (
  id text primary key,
  task bigint not null references task,
  campaign text not null references campaign,
  user_id text not null references "user",
  state text not null check (state in ('leased', 'submitted', 'skipped', 'returned', 'accepted', 'sent_back')),
  lease_until timestamptz not null,
  n int not null default 0,
  answered int not null default 0,
  refined int not null default 0,
  event int not null default 0,
  mask text,
  reason text,
  created timestamptz not null default now(),
  submitted timestamptz,
  updated timestamptz not null default now(),
  unique (task, user_id)
);
create index on assignment (campaign, state);
create index on assignment (user_id, state);
create index on assignment (lease_until) where state = 'leased';
create table interaction (
  assignment text not null references assignment,
  n int not null check (n > 0),
  client text not null,
  seq int not null,
  kind text not null,
  body jsonb not null,
  received timestamptz not null default now(),
  primary key (assignment, n),
  unique (assignment, client, seq)
);
create table event (
  assignment text not null references assignment,
  n int not null check (n > 0),
  kind text not null,
  body jsonb not null,
  created timestamptz not null default now(),
  primary key (assignment, n)
);
create table review (
  id text primary key,
  assignment text not null references assignment,
  user_id text not null references "user",
  verdict text not null check (verdict in ('accept', 'send_back')),
  note text,
  x double precision,
  y double precision,
  created timestamptz not null default now()
);
create index on review (assignment);
create table consensus (
  task bigint primary key references task,
  mask text not null,
  weights jsonb not null,
  made timestamptz not null default now()
);
create table audit (
  n bigint primary key check (n > 0),
  at timestamptz not null,
  actor text,
  action text not null,
  object text not null,
  detail jsonb not null,
  previous text not null,
  hash text not null
);`;

const triggers = `
create function append_only() returns trigger language plpgsql as $$
begin
  raise exception 'table % is append-only', tg_table_name using errcode = 'restrict_violation';
end $$;
create trigger append_only before update or delete or truncate on interaction execute function append_only();
create trigger append_only before update or delete or truncate on event execute function append_only();
create trigger append_only before update or delete or truncate on audit execute function append_only();
create function notify_event() returns trigger language plpgsql as $$
begin
  perform pg_notify('saltworks_event', new.assignment);
  return null;
end $$;
create trigger notify_event after insert on event for each row execute function notify_event();`;

const disabled = `alter table "user" add column disabled boolean not null default false;`;

/** Uncertainty of masks, and indexes for lists of tasks that are read in parts: each in the order of one list. */
const lists = `
alter table review add column mask text;
alter table assignment add column uncertainty double precision;
alter table assignment add column rank double precision;
alter table task add column uncertainty double precision;
update assignment set rank = task.rank from task where task.id = assignment.task;
create function assignment_rank() returns trigger language plpgsql as $$
begin
  new.rank := (select rank from task where id = new.task);
  return new;
end $$;
create trigger assignment_rank before insert on assignment for each row execute function assignment_rank();
create table task_category (
  task bigint not null,
  category int not null,
  campaign text not null,
  rank double precision not null,
  primary key (task, category)
);
create function task_category() returns trigger language plpgsql as $$
begin
  insert into task_category
    select t.id, (new.body->>'category')::int, t.campaign, t.rank
    from assignment a join task t on t.id = a.task where a.id = new.assignment
    on conflict do nothing;
  return null;
end $$;
insert into task_category
  select distinct t.id, (i.body->>'category')::int, t.campaign, t.rank
  from interaction i join assignment a on a.id = i.assignment join task t on t.id = a.task where i.kind = 'segment';
create trigger task_category after insert on interaction
  for each row when (new.kind = 'segment') execute function task_category();
create index task_by_uncertainty on task (campaign, (coalesce(-uncertainty, 1)), id);
create index task_unsure on task (campaign, rank, id) where uncertainty is not null;
create index task_untaken on task (campaign, rank, id) where taken = 0;
create index task_by_category on task_category (campaign, category, rank, task);
create index assignment_by_rank on assignment (campaign, state, rank, task);
create index assignment_by_submission on assignment (campaign, submitted) include (state);`;

const linkSessions = `alter table session add column "byLink" boolean not null default false;`;

/** Categories of a task are noted by the code that replays drawings. */
const drawnCategories = `
drop trigger task_category on interaction;
drop function task_category();`;

/** Tasks of former versions of images, and the state of the dataset up to which a campaign knows them. */
const formerTasks = `
alter table task add column former boolean not null default false;
alter table campaign add column images_as_of text not null default '';`;

/** What the keys of a campaign are made with, besides its backbone. */
const campaignKeys = `
alter table campaign add column layer int;
alter table campaign add column facet text not null default 'key';
alter table campaign add column long_side int;
alter table campaign add column codec text;`;

/** Webhooks, what is on its way to them, and every try. A delivery is written with what it tells of, and sent from here. */
const webhooks = `
create table webhook (
  id text primary key,
  topic text not null,
  url text not null,
  events jsonb not null,
  secret text not null,
  created_by text references "user" on delete set null,
  created timestamptz not null default now()
);
create index on webhook (topic);
create table delivery (
  id text primary key,
  webhook text not null references webhook on delete cascade,
  message text not null,
  event text not null,
  body text not null,
  state text not null default 'waiting' check (state in ('waiting', 'delivered', 'failed')),
  round int not null default 1,
  sent boolean not null default false,
  created timestamptz not null default now(),
  unique (webhook, message)
);
create index on delivery (webhook, created, id);
create index on delivery (created) where not sent;
create table delivery_attempt (
  delivery text not null references delivery on delete cascade,
  n int not null check (n > 0),
  at timestamptz not null,
  ms int not null,
  status int,
  reason text,
  primary key (delivery, n)
);`;

/** The settings that an open assignment keeps when its campaign's are switched. */
const pins = `alter table assignment add column pinned jsonb;`;

/** Builds, the log of what was shown when, and the masks of builds that were shown, by task. */
const builds = `
create table build (
  kind text not null check (kind in ('campaign', 'dataset')),
  name text not null,
  id text not null,
  dataset text not null,
  state text not null check (state in ('making', 'made', 'ready', 'held', 'rejected', 'shown', 'failed')),
  base text,
  why text not null,
  user_id text references "user",
  made timestamptz not null default now(),
  images int not null,
  kept int not null,
  settings jsonb not null,
  gate jsonb,
  primary key (kind, name, id)
);
create index build_by_time on build (kind, name, made, id);
create table promotion (
  kind text not null,
  name text not null,
  n int not null check (n > 0),
  build text not null,
  parent int,
  user_id text references "user",
  at timestamptz not null default now(),
  primary key (kind, name, n),
  foreign key (kind, name, build) references build,
  foreign key (kind, name, parent) references promotion
);
create index promotion_of_build on promotion (kind, name, build);
create trigger append_only before update or delete or truncate on promotion execute function append_only();
create table build_mask (
  task bigint not null,
  build text not null,
  mask text not null,
  drawn text not null,
  primary key (task, build)
);`;

/** Work at set times, and how each time went. */
const schedules = `
create table schedule (
  id text primary key,
  work jsonb not null,
  campaign text references campaign,
  cadence text not null,
  timezone text not null,
  overlap text not null check (overlap in ('skip', 'buffer', 'cancel', 'allow')),
  catch_up int check (catch_up > 0),
  note text not null default '',
  paused boolean not null default false,
  created_by text not null references "user",
  created timestamptz not null default now()
);
create table firing (
  schedule text not null references schedule on delete cascade,
  id text not null,
  n bigint not null generated always as identity,
  run text not null,
  at timestamptz not null,
  started timestamptz not null default now(),
  ended timestamptz,
  outcome text check (outcome in ('done', 'skipped', 'failed', 'cancelled')),
  reason text,
  made jsonb not null default '{}',
  primary key (schedule, id)
);
create index firing_by_number on firing (schedule, n);`;

/** What a campaign's gate lets pass without a look; null: the defaults. */
const campaignGates = `
alter table campaign add column gate_worse double precision check (gate_worse between 0 and 1);
alter table campaign add column gate_changed double precision check (gate_changed between 0 and 1);`;

/** Attempts to sign in, counted for all servers of a database: by address (the library's table), and by account. */
const attempts = `
create table "rateLimit" (
  id text primary key,
  key text not null unique,
  count int not null,
  "lastRequest" bigint not null
);
create table sign_in_failure (
  account text primary key,
  count int not null,
  since timestamptz not null default now()
);`;

/** Backups that ended well. */
const backups = `
create table backup (
  manifest text primary key,
  at timestamptz not null,
  place text not null,
  objects bigint not null,
  bytes bigint not null,
  noted timestamptz not null default now()
);
create index on backup (at);`;

/** Versions of a campaign's classes, from the first change on. */
const labelSchemas = `
alter table category add column description text not null default '';
alter table category add column retired boolean not null default false;
alter table campaign add column schema int not null default 1;
create table label_schema (
  campaign text not null references campaign on delete cascade,
  version int not null check (version > 0),
  at timestamptz not null,
  made_by text references "user" on delete set null,
  categories jsonb not null,
  changes jsonb not null,
  primary key (campaign, version)
);`;

/** What annotators and reviewers write to one another. */
const notes = `
create table note (
  id text primary key,
  assignment text not null references assignment,
  user_id text not null references "user",
  text text not null,
  x double precision,
  y double precision,
  created timestamptz not null default now()
);
create index on note (assignment, created);`;

/** Reviewers who correct what somebody drew: who has the assignment, and whose an interaction is, if not its annotator's. */
const corrections = `
alter table assignment add column corrector text references "user";
alter table interaction add column user_id text references "user";
create index interaction_corrected on interaction (assignment, n) where user_id is not null;`;

/** Images that are reserved for given people. */
const reservations = `
create table task_person (
  task bigint not null,
  user_id text not null,
  primary key (task, user_id)
);
create index on task_person (user_id, task);`;

/** What images of a campaign begin with; null: with nothing. */
const campaignStarts = `
alter table campaign add column start jsonb;`;

/** Categories that are renamed and merged, and have keys. */
const livingClasses = `
alter table category add column stored text;
alter table category add column merged int;
alter table category add column shortcut text;`;

/** What campaigns want to know of segments and images beside classes. */
const attributes = `
alter table campaign add column attributes jsonb not null default '[]';
alter table label_schema add column attributes jsonb not null default '[]';`;

/** Files that browsers send, while they wait for their import. */
const uploads = `
create table upload (
  id text primary key,
  dataset text not null,
  made_by text not null references "user" on delete cascade,
  state text not null check (state in ('open', 'importing', 'done', 'failed', 'cancelled')),
  labels text not null,
  reason text,
  created timestamptz not null default now(),
  touched timestamptz not null default now()
);
create index on upload (dataset, created);
create unique index on upload (dataset, made_by) where state = 'open';
create table upload_file (
  upload text not null references upload on delete cascade,
  file int not null,
  name text not null,
  folded text not null,
  bytes bigint not null,
  modified bigint not null,
  received bigint not null default 0,
  reason text,
  primary key (upload, file),
  unique (upload, folded)
);`;

/** Whether images with pixels of no segment may be handed in. */
const unlabelled = `
alter table campaign add column unlabelled text not null default 'allow' check (unlabelled in ('allow', 'refuse'));`;

/**
 * Tags of images, filters under names, and the list of images that a campaign is of. `mask_facts` is read from masks' documents,
 * which never change, so that a filter reads each once.
 */
const filters = `
create table image_tag (
  dataset text not null,
  tag text not null,
  image int not null,
  primary key (dataset, tag, image)
);
create index image_tag_of_image on image_tag (dataset, image);
create table image_filter (
  kind text not null check (kind in ('campaign', 'dataset')),
  name text not null,
  filter text not null,
  asked jsonb not null,
  made_by text references "user" on delete set null,
  made timestamptz not null default now(),
  primary key (kind, name, filter)
);
create table mask_facts (
  mask text primary key,
  categories jsonb not null,
  uncertainty double precision
);
alter table campaign add column selection jsonb;
create index assignment_by_annotator on assignment (campaign, user_id, rank, task);`;

/** Links by which several people join a campaign, and who followed them. */
const invitations = `
create table invitation (
  id text primary key,
  campaign text not null references campaign on delete cascade,
  hash text not null unique,
  name text not null,
  role text not null check (role in ('annotator', 'reviewer')),
  uses int not null check (uses > 0),
  used int not null default 0 check (used between 0 and uses),
  ends timestamptz not null,
  revoked timestamptz,
  made_by text not null references "user" on delete cascade,
  made timestamptz not null default now()
);
create index on invitation (campaign, made);`;

/**
 * Campaigns in the archive, and campaigns that were deleted: rows of these go once their time has come, and until then nobody sees them.
 * Only that sweep, which says so in its transaction, may delete what is append-only; the audit trail nobody may.
 */
const deletedCampaigns = `
alter table campaign add column archived timestamptz;
alter table campaign add column deleted timestamptz;
alter table campaign add column goes timestamptz;
create or replace function append_only() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' and tg_table_name <> 'audit' and current_setting('saltworks.sweep', true) = 'on' then return null; end if;
  raise exception 'table % is append-only', tg_table_name using errcode = 'restrict_violation';
end $$;`;

/** What is read from a place instead. */
const uploadPlaces = `
alter table upload add column place text, add column path text;`;

/** E-mails on their way to people, of whom each may want none. */
const mails = `
create table mail (
  id text primary key,
  user_id text not null references "user" on delete cascade,
  kind text not null check (kind in ('sign_in', 'sent_back')),
  about text,
  state text not null default 'waiting' check (state in ('waiting', 'delivered', 'failed', 'dropped')),
  due timestamptz not null default now(),
  sent boolean not null default false,
  ended timestamptz,
  created timestamptz not null default now()
);
create unique index mail_one_digest on mail (user_id) where kind = 'sent_back' and not sent;
create index mail_waiting on mail (due) where not sent;
create index mail_by_user on mail (user_id, kind);
alter table "user" add column mail boolean not null default true;`;

/** Pictures that show what belongs to a category: an array of ClassPicture. */
const classPictures = `
alter table category add column pictures jsonb not null default '[]';`;

/** Whether a campaign ever switched what it hears of the corpus: images that are taken again are answered anew from then on. */
const corpusSwitch = `
alter table campaign add column corpus_switched boolean not null default false;`;

/** A migration of the time when servers refused all that they did not know. */
const strict = (name: string, statements: string): Migration => ({ name, oldest: name, up: run(statements) });

const run = (statements: string) => (db: Kysely<Schema>) => sql.raw(statements).execute(db);

/** A new one is `{ name, oldest, up: run(…) }`. It expands: a table, an index, a column that may be left out. */
export const migrations: readonly Migration[] = [
  strict('0001-users', users),
  strict('0002-campaigns', campaigns),
  strict('0003-annotations', annotations),
  strict('0004-triggers', triggers),
  strict('0005-disabled-accounts', disabled),
  strict('0006-lists', lists),
  strict('0007-link-sessions', linkSessions),
  strict('0008-drawn-categories', drawnCategories),
  strict('0009-former-tasks', formerTasks),
  strict('0010-campaign-keys', campaignKeys),
  strict('0011-builds', builds),
  strict('0012-webhooks', webhooks),
  strict('0013-schedules', schedules),
  strict('0014-pinned-settings', pins),
  strict('0015-campaign-gates', campaignGates),
  { name: '0016-sign-in-attempts', oldest: '0015-campaign-gates', up: run(attempts) },
  { name: '0017-backups', oldest: '0015-campaign-gates', up: run(backups) },
  { name: '0018-label-schemas', oldest: '0015-campaign-gates', up: run(labelSchemas) },
  { name: '0019-notes', oldest: '0015-campaign-gates', up: run(notes) },
  { name: '0020-corrections', oldest: '0015-campaign-gates', up: run(corrections) },
  { name: '0021-reservations', oldest: '0015-campaign-gates', up: run(reservations) },
  { name: '0022-campaign-starts', oldest: '0015-campaign-gates', up: run(campaignStarts) },
  { name: '0023-living-classes', oldest: '0015-campaign-gates', up: run(livingClasses) },
  { name: '0024-attributes', oldest: '0015-campaign-gates', up: run(attributes) },
  { name: '0025-uploads', oldest: '0015-campaign-gates', up: run(uploads) },
  { name: '0026-unlabelled', oldest: '0015-campaign-gates', up: run(unlabelled) },
  { name: '0027-filters', oldest: '0015-campaign-gates', up: run(filters) },
  { name: '0028-invitations', oldest: '0015-campaign-gates', up: run(invitations) },
  { name: '0029-deleted-campaigns', oldest: '0015-campaign-gates', up: run(deletedCampaigns) },
  { name: '0030-upload-places', oldest: '0015-campaign-gates', up: run(uploadPlaces) },
  { name: '0031-mails', oldest: '0015-campaign-gates', up: run(mails) },
  { name: '0032-class-pictures', oldest: '0015-campaign-gates', up: run(classPictures) },
  { name: '0033-corpus-switch', oldest: '0015-campaign-gates', up: run(corpusSwitch) },
];
