/** Columns that hold JSON, checked as their rows are read. An event's body and an audit entry's detail go on unread. */
import { type BuiltWith, builtWith } from '@saltworks/contract/api/builds';
import { type CampaignStart, campaignStart, category, type LabelCategory } from '@saltworks/contract/api/campaigns';
import { type ClassPicture, classPicture } from '@saltworks/contract/api/class-pictures';
import { type ImageFilter, imageFilter, type Selection, selection } from '@saltworks/contract/api/filters';
import { type Interaction, loggedInteraction } from '@saltworks/contract/api/interactions';
import { type SchemaChange, schemaChange } from '@saltworks/contract/api/label-schemas';
import { type ScheduleWork, scheduleWork } from '@saltworks/contract/api/schedules';
import { type NoticeEvent, noticeEvents } from '@saltworks/contract/api/webhooks';
import { type Attribute, attribute } from '@saltworks/contract/attributes';
import { type Gate, gate } from '@saltworks/contract/documents/comparisons';
import { checkDocument, parseDocument } from '@saltworks/contract/documents/document';
import { maskSettings } from '@saltworks/contract/messages/activities';
import { type FiringMade, firingMade } from '@saltworks/contract/messages/schedules';
import { type SegmentOptions, segmentChanges } from '@saltworks/contract/options';
import type { Schema } from '@saltworks/contract/zod';
import * as z from '@saltworks/contract/zod';

const weights = z.record(z.string(), z.number());
const signInLink = z.object({ email: z.string() });

const reader =
  <T>(column: string, schema: Schema<T>) =>
  (value: unknown): T =>
    checkDocument(column, value, schema);

/** The categories of a version of a label schema, and what it changed. */
export const categoriesOf: (value: unknown) => LabelCategory[] = reader('label_schema.categories', z.array(category));
export const schemaChangesOf: (value: unknown) => SchemaChange[] = reader(
  'label_schema.changes',
  z.array(schemaChange),
);

/** Pictures of a category. */
export const picturesOf: (value: unknown) => ClassPicture[] = reader('category.pictures', z.array(classPicture));

/** What a campaign wants to know of segments and images. */
export const attributesOf: (value: unknown) => Attribute[] = reader('campaign.attributes', z.array(attribute));

/** An interaction's body. */
export const interactionOf: (body: unknown) => Interaction = reader('interaction.body', loggedInteraction);

/** A campaign's settings, where they differ from its preset. */
export const solveOf: (solve: unknown) => Partial<SegmentOptions> = reader('campaign.solve', segmentChanges);

/** What images of a campaign begin with. */
export const startOf: (value: unknown) => CampaignStart | null = reader('campaign.start', z.nullable(campaignStart));

/** The images that a campaign is of; null: all of its dataset. */
export const selectionOf: (value: unknown) => Selection | null = reader('campaign.selection', z.nullable(selection));

/** What a saved filter asks. */
export const askedOf = reader('image_filter.asked', imageFilter as Schema<ImageFilter>);

/** Names of the categories in a mask. */
export const namesOf: (value: unknown) => string[] = reader('mask_facts.categories', z.array(z.string()));

/** The settings that an assignment was opened with, and the build that was shown then. */
const pin = z.extend(maskSettings, {
  /** Null where none was; `since`: when it was shown, ISO 8601. */
  build: z.nullable(z.object({ id: z.string(), since: z.string() })),
});
export type Pin = z.infer<typeof pin>;
const pinOf: (value: unknown) => Pin = reader('assignment.pinned', pin);
/** Null where the column is. */
export const readPin = (value: unknown): Pin | null => (value === null ? null : pinOf(value));

/** By annotator, as a consensus was made. */
export const weightsOf: (value: unknown) => Record<string, number> = reader('consensus.weights', weights);

/** What a webhook is told of. */
export const eventsOf: (value: unknown) => NoticeEvent[] = reader('webhook.events', z.array(z.enum(noticeEvents)));

/** What a build's masks are made with, in the order of its settings. */
export const builtWithOf: (value: unknown) => BuiltWith[] = reader('build.settings', z.array(builtWith));

/** What the gate said of a build. */
export const gateOf: (value: unknown) => Gate = reader('build.gate', gate);

/** The address that the sign-in library keeps for a link, as text. */
export const emailOf = (value: string): string => parseDocument('verification.value', value, signInLink).email;

/** What a schedule does, stored with every default. */
export const workOf = reader('schedule.work', scheduleWork as Schema<ScheduleWork>);

/** What a firing made. */
export const madeOf: (made: unknown) => FiringMade = reader('firing.made', firingMade);
