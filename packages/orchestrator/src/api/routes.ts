/** The shape of a route, and the table of all of them. */

import type { BackboneInfo } from '@saltworks/contract/api/backbones';
import type { AnswerOf, BodyOf, Endpoint, ParamsOf, QueryOf } from '@saltworks/contract/api/endpoint';
import type { Place } from '@saltworks/contract/api/places';
import type { UploadLimits } from '@saltworks/contract/api/uploads';
import type { MaskSettings } from '@saltworks/contract/messages/activities';
import type { ExtractSettings, SegmentOptions } from '@saltworks/contract/options';
import type { ObjectStore } from '@saltworks/store/objects/store';
import type { Probes } from '@saltworks/telemetry/probes';
import type { Client } from '@temporalio/client';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Kysely } from 'kysely';
import type { Answers } from '../campaigns/answers/answers.ts';
import type { ShrinkPicture } from '../campaigns/class-pictures.ts';
import type { Shards } from '../datasets/shards.ts';
import type { Views } from '../datasets/views.ts';
import type { Database } from '../db/database.ts';
import type { Journal } from '../db/journal.ts';
import type { Schema } from '../db/schema.ts';
import type { Notices } from '../notices/notices.ts';
import type { Runs } from '../runs/runs.ts';
import type { StorageWatch } from '../storage/watch.ts';
import type { Access } from './access.ts';
import type { Auth, User } from './auth.ts';
import type { Streams } from './streams.ts';

/** What handlers work with. */
export interface Deps {
  database: Database;
  db: Kysely<Schema>;
  store: ObjectStore;
  auth: Auth;
  answers: Answers;
  journal: Journal;
  client: Client;
  streams: Streams;
  notices: Notices;
  probes: Probes;
  /** Where datasets may be imported from. */
  places: readonly Place[];
  /** What an upload may have. */
  uploadLimits: UploadLimits;
  storage: Pick<StorageWatch, 'level' | 'count'>;
  /** Days for which what was deleted can be restored. */
  graceDays: number;
  /** Images of datasets; their small copies; what runs over them. */
  shards: Shards;
  thumbnails: Views;
  views: Views;
  runs: Runs;
  /** Settings with every default, and the name of the masks that they make. @throws NotFoundError if there is no such backbone */
  recipeOf(settings: MaskSettings): Promise<{ recipe: string; options: SegmentOptions }>;
  backbones: {
    list(): Promise<BackboneInfo[]>;
    /** @throws NotFoundError if there is none */
    find(name: string): Promise<BackboneInfo>;
  };
  shrinkPicture: ShrinkPicture;
  /** Starts what a new campaign needs: the keys of its images. */
  prepare(dataset: string, extract: ExtractSettings): Promise<void>;
  /** Size of an image, from its keys; undefined while it has none. @param keys their id */
  imageSize(sha256: string, keys: string): Promise<{ width: number; height: number } | undefined>;
}

/** A request as a handler is given it: checked by its endpoint's schemas. */
export interface Call<E extends Endpoint = Endpoint> {
  deps: Deps;
  params: ParamsOf<E>;
  body: BodyOf<E>;
  query: QueryOf<E>;
  /** The caller; of public routes perhaps nobody. */
  user: User;
  /** For work that goes on for long. @throws unless the caller may still ask for it */
  stillAllowed(): Promise<void>;
  request: FastifyRequest;
  reply: FastifyReply;
}

/** How an endpoint is served. */
interface Serving<E extends Endpoint> {
  summary: string;
  access: Access;
  /** Codes that it answers besides those that its shape tells (`failures.ts`): 409 where its state may forbid it. */
  errors?: readonly number[];
  /** Bytes of a body at most, where it is not the usual limit. */
  bodyLimit?: number;
  /** Requests a minute of one caller at most, where fewer than usual are wanted: guesses are made here. */
  perMinute?: number;
  /** It puts into the archive, takes out of it, deletes, or ends what is under way: things that may be archived allow this, and no other change. */
  archive?: true;
  /** Returns the endpoint's answer, or sends its bytes. */
  handler(call: Call<E>): AnswerOf<E> | Promise<AnswerOf<E>>;
}

// biome-ignore lint/suspicious/noExplicitAny: `route` has typed it
export type Route = Endpoint & Serving<any>;

/** A route whose handler is given what the endpoint's schemas let through, and returns no other answer than the endpoint's. */
export const route = <E extends Endpoint>(endpoint: E, serving: Serving<E>): Route => ({ ...endpoint, ...serving });
