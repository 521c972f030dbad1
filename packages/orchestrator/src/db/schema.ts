/**
 * The tables as kysely sees them; `migrations.ts` makes them. Both databases read alike: bigint is a string, timestamptz
 * a Date, double precision a number, jsonb the parsed value. jsonb is written as a string
 * (JSON.stringify), and checked by `json.ts` as it is read.
 */

import type { BuildState } from '@saltworks/contract/api/builds';
import type { Interaction } from '@saltworks/contract/api/interactions';
import type { InvitedRole } from '@saltworks/contract/api/invitations';
import type { AssignmentState, MemberRole } from '@saltworks/contract/api/states';
import type { UploadLabels, UploadState } from '@saltworks/contract/api/uploads';
import type { Delivery, NoticeBody } from '@saltworks/contract/api/webhooks';
import type { Subject } from '@saltworks/contract/documents/builds';
import type { ColumnType, Generated, GeneratedAlways } from 'kysely';

export interface Schema {
  user: UserTable;
  session: SessionTable;
  account: AccountTable;
  verification: VerificationTable;
  sign_in_failure: SignInFailureTable;
  api_key: ApiKeyTable;
  campaign: CampaignTable;
  category: CategoryTable;
  label_schema: LabelSchemaTable;
  invitation: InvitationTable;
  member: MemberTable;
  task: TaskTable;
  task_category: TaskCategoryTable;
  task_person: TaskPersonTable;
  assignment: AssignmentTable;
  interaction: InteractionTable;
  event: EventTable;
  review: ReviewTable;
  note: NoteTable;
  consensus: ConsensusTable;
  build: BuildTable;
  promotion: PromotionTable;
  build_mask: BuildMaskTable;
  audit: AuditTable;
  webhook: WebhookTable;
  delivery: DeliveryTable;
  delivery_attempt: DeliveryAttemptTable;
  mail: MailTable;
  schedule: ScheduleTable;
  firing: FiringTable;
  backup: BackupTable;
  image_tag: ImageTagTable;
  image_filter: ImageFilterTable;
  mask_facts: MaskFactsTable;
  upload: UploadTable;
  upload_file: UploadFileTable;
  migration: MigrationTable;
  expansion: MigrationTable;
}

type Time = ColumnType<Date, Date | string, Date | string>;
type OptionalTime = ColumnType<Date | null, Date | string | null | undefined, Date | string | null>;
/** Now, unless given. */
type TimeNow = ColumnType<Date, Date | string | undefined, Date | string>;
/** In a table whose rows never change. */
type Fixed<T, Written = T> = ColumnType<T, Written, never>;
type FixedTimeNow = ColumnType<Date, Date | string | undefined, never>;

export type UserRole = 'admin' | 'member';
export type CampaignState = 'open' | 'paused' | 'closed';
export type TaskOrdering = 'import' | 'random';
export type TaskState = 'open' | 'done';
export type Verdict = 'accept' | 'send_back';

/** This table and the next three belong to the sign-in library; role, disabled and mail are ours. */
export interface UserTable {
  id: string;
  name: string;
  email: string;
  emailVerified: boolean;
  image: string | null;
  createdAt: TimeNow;
  updatedAt: TimeNow;
  role: Generated<UserRole>;
  /** The account cannot sign in, and its keys are refused. */
  disabled: Generated<boolean>;
  /** Whether the person wants e-mail of their work; links to sign in come in any case. */
  mail: Generated<boolean>;
}

export interface SessionTable {
  id: string;
  expiresAt: Time;
  token: string;
  createdAt: TimeNow;
  updatedAt: TimeNow;
  ipAddress: string | null;
  userAgent: string | null;
  userId: string;
  /** A sign-in link opened the session. */
  byLink: Generated<boolean>;
}

export interface AccountTable {
  id: string;
  accountId: string;
  providerId: string;
  userId: string;
  accessToken: string | null;
  refreshToken: string | null;
  idToken: string | null;
  accessTokenExpiresAt: OptionalTime;
  refreshTokenExpiresAt: OptionalTime;
  scope: string | null;
  password: string | null;
  createdAt: TimeNow;
  updatedAt: TimeNow;
}

export interface SignInFailureTable {
  /** SHA-256 of the address that was given, whether it has an account or not. */
  account: string;
  count: number;
  since: TimeNow;
}

export interface VerificationTable {
  id: string;
  identifier: string;
  value: string;
  expiresAt: Time;
  createdAt: TimeNow;
  updatedAt: TimeNow;
}

export interface ApiKeyTable {
  id: string;
  user_id: string;
  name: string;
  /** sha256 of the key, hex. */
  hash: string;
  created: TimeNow;
  expires: OptionalTime;
  last_used: OptionalTime;
}

export interface CampaignTable {
  /** A slug: a–z, 0–9 and -, at most 64. */
  id: string;
  name: string;
  dataset: string;
  instructions: Generated<string>;
  backbone: string;
  /** Attention layer, from 0; null: the backbone's own. */
  layer: number | null;
  facet: Generated<string>;
  /** Pixels; null: the backbone's own. */
  long_side: number | null;
  /** How keys are kept; null: float16. */
  codec: string | null;
  preset: string;
  /** See {@link solveOf}. */
  solve: ColumnType<unknown, string | undefined, string>;
  /** Annotators wanted for each image. */
  annotators: Generated<number>;
  blind: Generated<boolean>;
  ordering: Generated<TaskOrdering>;
  /** From 0 to 1. */
  honeypot_rate: Generated<number>;
  /** Both from 0 to 1; null: the defaults. */
  gate_worse: number | null;
  gate_changed: number | null;
  /** See {@link startOf}; null: with nothing. */
  start: ColumnType<unknown, string | null | undefined, string | null>;
  /** Images with pixels that belong to no segment, when they are handed in. */
  unlabelled: Generated<'allow' | 'refuse'>;
  /** Whether what it hears of the corpus (`corpus` of `solve`) was ever switched. */
  corpus_switched: Generated<boolean>;
  deadline: OptionalTime;
  lease_seconds: Generated<number>;
  state: Generated<CampaignState>;
  /** What it wants to know of segments and images. */
  attributes: ColumnType<unknown, string | undefined, string>;
  /** Version of its categories. */
  schema: Generated<number>;
  /** See {@link selectionOf}; null: all images of the dataset. */
  selection: ColumnType<unknown, string | null | undefined, never>;
  /** How many of the dataset's `shards` have their images as tasks. */
  filled: Generated<number>;
  shards: Generated<number>;
  /** The dataset's `updated` that the tasks reflect. */
  images_as_of: Generated<string>;
  archived: OptionalTime;
  /** When it was deleted, and from when on it is swept. */
  deleted: OptionalTime;
  goes: OptionalTime;
  created_by: string;
  created: TimeNow;
  updated: TimeNow;
}

export interface CategoryTable {
  campaign: string;
  id: number;
  name: string;
  /** #rrggbb. */
  colour: string;
  isthing: boolean;
  description: Generated<string>;
  retired: Generated<boolean>;
  /** What masks call it; null: its name, which never changed. */
  stored: string | null;
  /** The category that it counts as. */
  merged: number | null;
  shortcut: string | null;
  pictures: ColumnType<unknown, string | undefined, string>;
}

/** Versions of a campaign's categories, from the first change on. Rows never change. */
export interface LabelSchemaTable {
  campaign: string;
  /** From 1. */
  version: Fixed<number>;
  at: Fixed<Date, Date | string>;
  made_by: string | null;
  categories: Fixed<unknown, string>;
  attributes: ColumnType<unknown, string | undefined, never>;
  /** What this version changed. */
  changes: Fixed<unknown, string>;
}

/** Links by which several people join a campaign. */
export interface InvitationTable {
  id: string;
  campaign: string;
  /** sha256 of the link's token, hex. */
  hash: string;
  name: string;
  role: InvitedRole;
  /** How many people may follow it, and how many have. */
  uses: number;
  used: Generated<number>;
  ends: Time;
  revoked: OptionalTime;
  made_by: string;
  made: TimeNow;
}

export interface MemberTable {
  campaign: string;
  user_id: string;
  role: MemberRole;
}

export interface TaskTable {
  id: GeneratedAlways<string>;
  campaign: string;
  /** The image's id in its dataset. */
  image_id: number;
  sha256: string;
  name: string;
  object: string;
  /** Annotators get tasks in the order of rank, then id. */
  rank: number;
  /** Pixels of the upright image; null until it is first opened. */
  width: number | null;
  height: number | null;
  /** The image's file has changed since: no annotator gets the task any more. */
  former: Generated<boolean>;
  /** A known image: its true mask is known. */
  honeypot: Generated<boolean>;
  /** Annotators wanted, if not the campaign's number. */
  wanted: number | null;
  state: Generated<TaskState>;
  /** Assignments that count: leased, submitted, accepted, sent back. */
  taken: Generated<number>;
  /** Of the least certain submitted mask, 0 … 1. */
  uncertainty: number | null;
}

/** Categories in a task's drawings. It has no foreign keys: their locks would wait for annotators who take the task. */
export interface TaskCategoryTable {
  task: string;
  category: number;
  campaign: string;
  /** Of the task. */
  rank: number;
}

/** Whom a task is reserved for. It has no foreign keys, as above. */
export interface TaskPersonTable {
  task: string;
  user_id: string;
}

export interface AssignmentTable {
  id: string;
  task: string;
  campaign: string;
  user_id: string;
  state: AssignmentState;
  lease_until: Time;
  /** Interactions so far. */
  n: Generated<number>;
  /** How many of them the last labels of nodes include, and the last mask. */
  answered: Generated<number>;
  refined: Generated<number>;
  /** Number of the last event. */
  event: Generated<number>;
  /** The last mask, or the submitted one. */
  mask: string | null;
  /** Of that mask, 0 … 1. */
  uncertainty: number | null;
  /** Of its task: set by a trigger. */
  rank: GeneratedAlways<number>;
  reason: string | null;
  /** The reviewer who has it, to correct it, instead of its annotator. */
  corrector: ColumnType<string | null, string | null | undefined, string | null>;
  /** See {@link readPin}; null while it has its campaign's settings. */
  pinned: ColumnType<unknown, string | null | undefined, string | null>;
  created: TimeNow;
  submitted: OptionalTime;
  updated: TimeNow;
}

/** Append-only. */
export interface InteractionTable {
  assignment: Fixed<string>;
  /** From 1. */
  n: Fixed<number>;
  /** The window that sent it, and its number in that window: a repetition has both in common. */
  client: Fixed<string>;
  seq: Fixed<number>;
  /** The reviewer who did it; null: the assignment's annotator. */
  user_id: Fixed<string | null, string | null | undefined>;
  kind: Fixed<Interaction['kind']>;
  /** See {@link interactionOf}. */
  body: Fixed<unknown, string>;
  received: FixedTimeNow;
}

/** Append-only; an insert notifies `eventChannel`. */
export interface EventTable {
  assignment: Fixed<string>;
  /** From 1, taken from assignment.event under that row's lock: ordered as committed. */
  n: Fixed<number>;
  kind: Fixed<string>;
  body: Fixed<unknown, string>;
  created: FixedTimeNow;
}

export interface ReviewTable {
  id: string;
  assignment: string;
  user_id: string;
  verdict: Verdict;
  note: string | null;
  /** The place of the note, in pixels of the upright image. */
  x: number | null;
  y: number | null;
  /** The reviewed mask. */
  mask: string | null;
  created: TimeNow;
}

export interface NoteTable {
  id: string;
  assignment: string;
  user_id: string;
  text: string;
  /** The place that it is pinned to, in pixels of the upright image. */
  x: number | null;
  y: number | null;
  created: TimeNow;
}

export interface ConsensusTable {
  task: string;
  mask: string;
  /** See {@link weightsOf}. */
  weights: ColumnType<unknown, string, string>;
  made: TimeNow;
}

/** What is known of a build besides its content, which the store has. */
export interface BuildTable {
  kind: Subject['kind'];
  name: string;
  id: string;
  dataset: string;
  state: BuildState;
  /** The build that was shown when this one was planned. */
  base: string | null;
  why: string;
  user_id: string | null;
  made: TimeNow;
  images: number;
  kept: number;
  /** See {@link builtWithOf}. */
  settings: ColumnType<unknown, string, string>;
  /** See {@link gateOf}. */
  gate: ColumnType<unknown, string | null | undefined, string | null>;
}

/** Append-only: the last row of a campaign or a dataset says what it shows. */
export interface PromotionTable {
  kind: Fixed<Subject['kind']>;
  name: Fixed<string>;
  /** From 1 for each campaign or dataset, without a gap. */
  n: Fixed<number>;
  build: Fixed<string>;
  /** The row that a rollback goes back to. */
  parent: Fixed<number | null>;
  user_id: Fixed<string | null>;
  at: FixedTimeNow;
}

/** Masks of a campaign's builds that were shown. It has no foreign keys: their locks would wait for annotators. */
export interface BuildMaskTable {
  task: Fixed<string>;
  build: Fixed<string>;
  mask: Fixed<string>;
  /** The strokes that it is made of, as `drawnOf` writes them. */
  drawn: Fixed<string>;
}

/** Append-only, each row chained to the one before by its hash. */
export interface AuditTable {
  /** From 1, without a gap. */
  n: Fixed<string, string | number>;
  at: Fixed<Date, Date | string>;
  actor: Fixed<string | null>;
  action: Fixed<string>;
  object: Fixed<string>;
  detail: Fixed<unknown, string>;
  /** Hash of the row before; empty in the first. */
  previous: Fixed<string>;
  /** sha256 of the canonical JSON of the other columns, hex. */
  hash: Fixed<string>;
}

export interface WebhookTable {
  id: string;
  /** `campaign:ID`, `dataset:NAME` or `schedule:ID`. */
  topic: string;
  url: string;
  /** See {@link eventsOf}; empty: all. */
  events: ColumnType<unknown, string, string>;
  /** What signs, sealed with the server's secret. */
  secret: string;
  created_by: string | null;
  created: TimeNow;
}

export type MailKind = 'sign_in' | 'sent_back';

/** An e-mail on its way to a person; it is written when it is sent, so it says what is true then. */
export interface MailTable {
  id: string;
  user_id: string;
  kind: MailKind;
  /** Of `sign_in` the id of the campaign that the person joined, if any; else null. */
  about: string | null;
  /** `dropped`: there was no reason left to send it. */
  state: Generated<Delivery['state'] | 'dropped'>;
  /** It goes out from then on. */
  due: TimeNow;
  /** A workflow carries it. */
  sent: Generated<boolean>;
  ended: OptionalTime;
  created: TimeNow;
}

export interface DeliveryTable {
  id: string;
  webhook: string;
  /** Id of the notice, the same for all webhooks that are told. */
  message: string;
  event: NoticeBody['type'];
  /** JSON, as it is sent: signatures are of its bytes. */
  body: string;
  state: Generated<Delivery['state']>;
  /** From 1; another one where a person sends it once more. */
  round: Generated<number>;
  /** A workflow carries this round. */
  sent: Generated<boolean>;
  created: TimeNow;
}

export interface DeliveryAttemptTable {
  delivery: string;
  /** From 1. */
  n: number;
  at: Time;
  ms: number;
  /** Of the answer, if there was one. */
  status: number | null;
  reason: string | null;
}

export interface ScheduleTable {
  id: string;
  /** See {@link workOf}. */
  work: ColumnType<unknown, string, never>;
  /** The campaign that the work is on; null: administrators alone may change it. */
  campaign: string | null;
  /** Five fields of a cron line, or `every 6h`. */
  cadence: string;
  timezone: string;
  overlap: 'skip' | 'buffer' | 'cancel' | 'allow';
  /** Seconds; null: a missed firing is not made up for. */
  catch_up: number | null;
  note: Generated<string>;
  paused: Generated<boolean>;
  created_by: string;
  created: TimeNow;
}

export interface FiringTable {
  schedule: string;
  /** The end of its workflow's id: when it was due. */
  id: string;
  /** In the order in which they began. */
  n: GeneratedAlways<string>;
  /** Temporal's id of the execution. */
  run: string;
  at: Time;
  started: TimeNow;
  ended: OptionalTime;
  /** Null while it is under way. */
  outcome: 'done' | 'skipped' | 'failed' | 'cancelled' | null;
  reason: string | null;
  /** See {@link madeOf}. */
  made: ColumnType<unknown, string | undefined, string>;
}

/** Backups that ended well. */
export interface BackupTable {
  /** sha256, hex. */
  manifest: string;
  /** The time of which it holds the database. */
  at: Time;
  place: string;
  objects: ColumnType<string, number, never>;
  bytes: ColumnType<string, number, never>;
  noted: TimeNow;
}

/** It has no foreign keys: datasets are in the store. */
export interface ImageTagTable {
  dataset: Fixed<string>;
  tag: Fixed<string>;
  /** The image's number in its dataset. */
  image: Fixed<number>;
}

/** Filters that were saved. */
export interface ImageFilterTable {
  kind: Subject['kind'];
  name: string;
  /** What it is called: a slug. */
  filter: string;
  /** See {@link askedOf}. */
  asked: ColumnType<unknown, string, string>;
  made_by: string | null;
  made: TimeNow;
}

/** What a mask's document says. */
export interface MaskFactsTable {
  mask: Fixed<string>;
  /** See {@link namesOf}. */
  categories: Fixed<unknown, string>;
  /** 0 … 1. */
  uncertainty: Fixed<number | null>;
}

/** Files that a browser sends, or that are read from a place. */
export interface UploadTable {
  id: string;
  dataset: string;
  made_by: string;
  state: UploadState;
  labels: UploadLabels;
  /** The place, and the path below it; null if a browser sends the files. */
  place: string | null;
  path: string | null;
  reason: string | null;
  created: TimeNow;
  /** When something arrived last. */
  touched: TimeNow;
}

export interface UploadFileTable {
  upload: string;
  /** Its number in the upload. */
  file: number;
  name: string;
  /** The same for names that differ only in case, or in how letters are composed. */
  folded: string;
  bytes: ColumnType<string, number, number>;
  /** Milliseconds since 1970. */
  modified: ColumnType<string, number, number>;
  received: ColumnType<string, number | undefined, number>;
  /** Why it is refused. */
  reason: string | null;
}

/** Migrations that ran: those that a server must know, and in `expansion` those that it need not. */
export interface MigrationTable {
  name: string;
  at: TimeNow;
}

/** The channel of new events; the payload is the assignment's id. */
export const eventChannel = 'saltworks_event';
