/**
 * The tables as kysely sees them; `migrations.ts` makes them. Read the same on both databases: bigint is a string,
 * timestamptz a Date, double precision a number, jsonb what was parsed. jsonb is written as a string: JSON.stringify.
 */

import type { Interaction } from '@saltworks/contract/api/interactions';
import type { AssignmentState, MemberRole } from '@saltworks/contract/api/states';
import type { SegmentOptions } from '@saltworks/contract/options';
import type { ColumnType, Generated, GeneratedAlways } from 'kysely';

export interface Schema {
  user: UserTable;
  session: SessionTable;
  account: AccountTable;
  verification: VerificationTable;
  api_key: ApiKeyTable;
  campaign: CampaignTable;
  category: CategoryTable;
  member: MemberTable;
  task: TaskTable;
  task_category: TaskCategoryTable;
  assignment: AssignmentTable;
  interaction: InteractionTable;
  event: EventTable;
  review: ReviewTable;
  consensus: ConsensusTable;
  audit: AuditTable;
  migration: MigrationTable;
}

type Time = ColumnType<Date, Date | string, Date | string>;
type OptionalTime = ColumnType<Date | null, Date | string | null | undefined, Date | string | null>;
/** Now, unless given. */
type TimeNow = ColumnType<Date, Date | string | undefined, Date | string>;
/** Written as JSON.stringify makes it. */
type Json<T> = ColumnType<T, string, string>;
/** In a table whose rows never change. */
type Fixed<T, Written = T> = ColumnType<T, Written, never>;
type FixedTimeNow = ColumnType<Date, Date | string | undefined, never>;

export type UserRole = 'admin' | 'member';
export type CampaignState = 'open' | 'paused' | 'closed';
export type TaskOrdering = 'import' | 'random';
export type TaskState = 'open' | 'done';
export type Verdict = 'accept' | 'send_back';

/** This and the next three are the sign-in library's own; role and disabled are ours. */
export interface UserTable {
  id: string;
  name: string;
  email: string;
  emailVerified: boolean;
  image: string | null;
  createdAt: TimeNow;
  updatedAt: TimeNow;
  role: Generated<UserRole>;
  /** It can sign in no more, and its keys open nothing. */
  disabled: Generated<boolean>;
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
  /** A sign-in link opened it. */
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
  preset: string;
  solve: ColumnType<Partial<SegmentOptions>, string | undefined, string>;
  /** Wanted per image. */
  annotators: Generated<number>;
  blind: Generated<boolean>;
  ordering: Generated<TaskOrdering>;
  /** From 0 to 1. */
  honeypot_rate: Generated<number>;
  deadline: OptionalTime;
  lease_seconds: Generated<number>;
  state: Generated<CampaignState>;
  /** Shards of the dataset whose images are tasks, out of `shards`. */
  filled: Generated<number>;
  shards: Generated<number>;
  /** When the dataset was last changed, as far as its tasks know. */
  images_as_of: Generated<string>;
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
}

export interface MemberTable {
  campaign: string;
  user_id: string;
  role: MemberRole;
}

export interface TaskTable {
  id: GeneratedAlways<string>;
  campaign: string;
  /** Of the image in its dataset. */
  image_id: number;
  sha256: string;
  name: string;
  object: string;
  /** Tasks are handed out in the order of rank, then id. */
  rank: number;
  /** Of the upright image, pixels; null until it was opened. */
  width: number | null;
  height: number | null;
  /** The image's file has changed since: it is given to nobody any more. */
  former: Generated<boolean>;
  /** Its true mask is known. */
  honeypot: Generated<boolean>;
  /** Annotators, where it is not the campaign's number. */
  wanted: number | null;
  state: Generated<TaskState>;
  /** Assignments that count: leased, submitted, accepted, sent back. */
  taken: Generated<number>;
  /** Of the least sure mask that was handed in, 0 … 1. */
  uncertainty: number | null;
}

/** Categories that somebody drew, kept by a trigger. No foreign keys: their locks would wait for who takes a task. */
export interface TaskCategoryTable {
  task: string;
  category: number;
  campaign: string;
  /** Of the task. */
  rank: number;
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
  /** How many of them the last answer on the node grid saw, and the last mask. */
  answered: Generated<number>;
  refined: Generated<number>;
  /** Number of the last event. */
  event: Generated<number>;
  /** Of its last answer in pixels, or as submitted. */
  mask: string | null;
  /** Of that mask, 0 … 1. */
  uncertainty: number | null;
  /** Of its task: set by a trigger. */
  rank: GeneratedAlways<number>;
  reason: string | null;
  created: TimeNow;
  submitted: OptionalTime;
  updated: TimeNow;
}

/** Append-only. */
export interface InteractionTable {
  assignment: Fixed<string>;
  /** From 1. */
  n: Fixed<number>;
  /** Who sent it, and its number there: what is sent twice is known by both. */
  client: Fixed<string>;
  seq: Fixed<number>;
  kind: Fixed<Interaction['kind']>;
  body: Fixed<Interaction, string>;
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
  /** Where the note belongs, pixels of the upright image. */
  x: number | null;
  y: number | null;
  /** What was looked at. */
  mask: string | null;
  created: TimeNow;
}

export interface ConsensusTable {
  task: string;
  mask: string;
  weights: Json<unknown>;
  made: TimeNow;
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

export interface MigrationTable {
  name: string;
  at: TimeNow;
}

/** Told of each event: the payload is the assignment's id. */
export const eventChannel = 'saltworks_event';
