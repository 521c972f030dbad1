/** Columns that hold JSON, checked as their rows are read. An event's body and an audit entry's detail go on unread. */
import { type Interaction, loggedInteraction } from '@saltworks/contract/api/interactions';
import { checkDocument, parseDocument } from '@saltworks/contract/documents/document';
import { type SegmentOptions, segmentChanges } from '@saltworks/contract/options';
import type { Schema } from '@saltworks/contract/zod';
import * as z from '@saltworks/contract/zod';

const weights = z.record(z.string(), z.number());
const signInLink = z.object({ email: z.string() });

const reader =
  <T>(column: string, schema: Schema<T>) =>
  (value: unknown): T =>
    checkDocument(column, value, schema);

/** An interaction's body. */
export const interactionOf: (body: unknown) => Interaction = reader('interaction.body', loggedInteraction);

/** A campaign's settings, where they differ from its preset. */
export const solveOf: (solve: unknown) => Partial<SegmentOptions> = reader('campaign.solve', segmentChanges);

/** By annotator, as a consensus was made. */
export const weightsOf: (value: unknown) => Record<string, number> = reader('consensus.weights', weights);

/** The address that the sign-in library keeps for a link, as text. */
export const emailOf = (value: string): string => parseDocument('verification.value', value, signInLink).email;
