/**
 * What the server's API gives, as JSON: `orchestrator/src/api/schemas.ts` checks it, the page and the command line read it.
 * Times are ISO 8601, users are ids of accounts.
 */

import type { LabelCategory } from '../categories.ts';
import type { ExportFormat } from '../export-formats.ts';
import type { Progress, Standing } from '../messages/runs.ts';
import type { Preset, SegmentOptions } from '../options.ts';
import type { Drawing, Interaction } from './interactions.ts';

/** A part of a long list. */
export interface Page<T> {
  items: T[];
  /** Given as `after` it asks for the next part; null at the end. A part may be shorter than was asked for, even empty, before it. */
  next: string | null;
}

export interface Me {
  id: string;
  name: string;
  email: string;
  role: 'admin' | 'member';
  /** Campaigns that I am a member of. */
  campaigns: { id: string; name: string; role: MemberRole }[];
}

/** An account, as administrators see it. */
export interface Account {
  id: string;
  name: string;
  email: string;
  role: 'admin' | 'member';
  /** It can sign in no more. */
  disabled: boolean;
}

/** A key for scripts and commands; what it is was told when it was made. */
export interface ApiKey {
  id: string;
  name: string;
  created: string;
  expires: string | null;
  lastUsed: string | null;
}

export type MemberRole = 'manager' | 'reviewer' | 'annotator';

export interface Member {
  user: string;
  name: string;
  email: string;
  role: MemberRole;
}

export interface Campaign {
  id: string;
  name: string;
  dataset: string;
  instructions: string;
  backbone: string;
  preset: Preset;
  /** What differs from the preset. */
  solve: Partial<SegmentOptions>;
  /** Whether pixels keep the labels of the strokes over them. */
  strokes: SegmentOptions['strokes'];
  /** Wanted per image. */
  annotators: number;
  blind: boolean;
  ordering: 'import' | 'random';
  /** How often an image comes whose mask is known, 0 … 1. */
  honeypotRate: number;
  deadline: string | null;
  leaseSeconds: number;
  state: 'open' | 'paused' | 'closed';
  categories: LabelCategory[];
  created: string;
}

export interface CampaignProgress {
  /** Whether every image of the dataset is a task yet. */
  filled: boolean;
  tasks: number;
  /** Handed in by as many annotators as are wanted; of these, those of which a reviewer accepted as many. */
  done: number;
  accepted: number;
  /** Tasks whose files changed since somebody began with them: counted nowhere else; absent where there are none. */
  former?: number;
  /** Still wanted, and left by somebody who said why. */
  skipped: number;
  /** Assignments by state. */
  assignments: Record<string, number>;
}

/** Whether the keys of a campaign's images are there, or how the run stands that extracts them. */
export interface Preparation extends Standing {
  state: DatasetRun['state'];
  /** Why it failed. */
  reason: string | null;
}

export interface CampaignPace {
  /** Masks handed in by the hour (the last two days) or by the day (the last sixty), the oldest first, none left out between. */
  by: 'hour' | 'day';
  counts: { at: string; handed: number; accepted: number }[];
  /** Masks that are still wanted. */
  remaining: number;
  /** What the pace is told from: masks of the last week, or since the campaign was made. */
  window: { since: string; handed: number };
  /** Masks an hour of the hours in which any was handed in; null from too few. */
  perHour: number | null;
  /** Masks a day, idle hours counted; null from too few, or from less than a day. */
  perDay: number | null;
  /** When the last one comes at that pace; null where nothing can be said. */
  finished: string | null;
  /** Masks handed in within the last 60 minutes, and the last 24 hours. */
  lastHour: number;
  lastDay: number;
}

export type AssignmentState = 'leased' | 'submitted' | 'skipped' | 'returned' | 'accepted' | 'sent_back';

export interface Review {
  id: string;
  reviewer: string;
  verdict: 'accept' | 'send_back';
  note: string | null;
  at: { x: number; y: number } | null;
  /** What was looked at. */
  mask: string | null;
  created: string;
}

export interface Assignment {
  id: string;
  task: string;
  campaign: string;
  user: string;
  /** What the user is called: by name, or by address where two share a name. */
  author: string;
  state: AssignmentState;
  leaseUntil: string;
  /** Interactions so far, and how many of them the last answer on nodes, and in pixels, saw. */
  n: number;
  answered: number;
  refined: number;
  /** Number of the last event. */
  event: number;
  mask: string | null;
  /** Why it was skipped. */
  reason: string | null;
  created: string;
  submitted: string | null;
  /** When its state changed last. */
  updated: string;
  image: ImageInfo;
}

export interface ImageInfo {
  /** In its dataset. */
  id: number;
  name: string;
  sha256: string;
  /** Of the upright image, pixels; null until it was opened. */
  width: number | null;
  height: number | null;
  /** Whether its file has changed since, so that it is in no export; absent where it has not. */
  former?: boolean;
}

export interface OpenAssignment extends Assignment {
  image: ImageInfo & { width: number; height: number };
  /** What its labels are made with, every default filled in; null where the backbone is no longer known. */
  options: SegmentOptions | null;
  drawing: Drawing;
  reviews: Review[];
}

/** A line of an assignment's log. */
export interface Logged {
  n: number;
  client: string;
  seq: number;
  interaction: Interaction;
}

/** An image of a campaign. */
export interface Task {
  id: string;
  image: ImageInfo;
  state: 'open' | 'done';
  honeypot: boolean;
  /** Annotators wanted; who has it or had it; who handed it in; of these, whom a reviewer agreed with. */
  wanted: number;
  taken: number;
  handed: number;
  accepted: number;
  /** Categories that somebody drew. */
  categories: number[];
  /** Mean over nodes of 1 less the margin of the two best labels, 0 … 1, of the least sure mask that was handed in. */
  uncertainty: number | null;
  /** As it would be published: the consensus, else what was accepted, else what was handed in last. */
  mask: string | null;
  consensus: boolean;
  /** Segments of that mask, and the ids of their categories. */
  segments: { id: number; category: number }[];
  /** Who has it or had it. */
  works: Pick<Assignment, 'id' | 'user' | 'author' | 'state' | 'reason' | 'updated'>[];
}

/** How much annotators count in a consensus: as they are reliable, or all the same. */
export type Weighting = 'reliability' | 'equal';

/** An image that I am likely to get next: what is shown of it may be read ahead. */
export interface ComingTask {
  task: string;
  sha256: string;
}

export interface Effort {
  annotators: { annotator: string; images: number; strokes: number; seconds: number; idle: number }[];
  /** Category 0: the background. */
  classes: { category: number; segments: number; strokes: number; seconds: number }[];
}

export interface Agreement {
  /** Images that two or more handed in; the mean over every two of them. */
  images: { task: string; name: string; annotators: number; miou: number; pixels: number; kappa: number }[];
  classes: { category: string; iou: number; pairs: number }[];
  /** Against masks that are known. */
  honeypots: { task: string; annotator: string; miou: number }[];
  annotators: {
    annotator: string;
    /** How much they count, 0 … 1. */
    weight: number;
    honeypots: { mean: number; count: number };
    overlaps: { mean: number; count: number };
  }[];
  /** Pairs of masks that cannot be compared, and why. */
  incomparable: { task: string; name: string; reason: string }[];
  /** Pairs that are being compared at this moment: ask again. */
  pending: number;
}

export interface Consensus {
  mask: string;
  /** Of the mask: ids, and categories by name. */
  segments: { id: number; category: string }[];
  /** By user. */
  weights: Record<string, number>;
  made: string;
}

export interface DatasetInfo {
  name: string;
  images: number;
  /** Images whose files changed since: kept, and shown nowhere else. */
  former: number;
  bytes: number;
  shards: number;
  updated: string;
}

export interface DatasetDetail extends DatasetInfo {
  /** Ids of keys that were extracted. */
  keys: string[];
  /** Names of sets of masks: recipes of propagations, and campaigns' own. */
  recipes: string[];
  /** What these are. */
  masks: MaskSet[];
  campaigns: { id: string; name: string }[];
}

/** Masks of a dataset that were made together, as people tell them apart. */
export interface MaskSet {
  recipe: string;
  /** Id of the keys; null where no mask says. */
  backbone: string | null;
  preset: Campaign['preset'] | null;
  /** Settings that differ from the preset's. */
  changed: Record<string, unknown>;
  /** Whose annotators drew them. */
  campaign: { id: string; name: string } | null;
  /** When the last of them was written. */
  made: string | null;
  /** Classes in them, each in the colour that its campaign, or another one over the dataset, gives it. */
  classes: { name: string; colour: string }[];
}

/** An image of a dataset, seen through one of its sets of masks. */
export interface DatasetImageInfo {
  id: number;
  name: string;
  /** Names of files with the same bytes, beside `name`; absent where there are none. */
  also?: string[];
  sha256: string;
  state: 'masked' | 'failed' | 'none';
  /** Why it failed. */
  reason: string | null;
  mask: string | null;
  /** Names of categories in the mask. */
  categories: string[];
  /** Segments of the mask, and the names of their categories. */
  segments: { id: number; category: string }[];
  uncertainty: number | null;
}

export interface DatasetFailure {
  /** `extracted/KEYS`, `masks/RECIPE`, `exported/ID`. */
  step: string;
  sha256: string;
  name: string;
  reason: string;
}

/** Null in both of its {@link Standing} where it is over, gets on well, or nobody could say. */
export interface DatasetRun extends Standing {
  /** Of its workflow. */
  id: string;
  kind: 'extract' | 'propagate' | 'export';
  /** Keys, recipe, or FORMAT/RECIPE. */
  of: string;
  state: 'running' | 'done' | 'failed' | 'cancelled';
  started: string;
  ended: string | null;
  /** Null where nobody could say. */
  progress: Progress | null;
  /** Why it failed. */
  reason: string | null;
}

/** What can be downloaded. */
export interface ExportInfo {
  id: string;
  format: ExportFormat;
  recipe: string;
  /** What the format cannot say of a mask. */
  loses: string;
  made: string;
  files: number;
  bytes: number;
}
