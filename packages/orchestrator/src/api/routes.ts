/** The shape of a route, and the table of all of them. */
import type { PropagateShardRequest } from '@saltworks/contract/messages/activities';
import type { SegmentOptions } from '@saltworks/contract/options';
import type { ObjectStore } from '@saltworks/store/objects/store';
import type { Client } from '@temporalio/client';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Kysely } from 'kysely';
import type { z } from 'zod';
import type { Answers } from '../campaigns/answers/answers.ts';
import type { Runs } from '../datasets/runs.ts';
import type { Shards } from '../datasets/shards.ts';
import type { Views } from '../datasets/views.ts';
import type { Database } from '../db/database.ts';
import type { Journal } from '../db/journal.ts';
import type { Schema } from '../db/schema.ts';
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
  /** Images of datasets; their small copies; what runs over them. */
  shards: Shards;
  thumbnails: Views;
  views: Views;
  runs: Runs;
  /** Settings with every default, and the name of the masks that they make. @throws NotFoundError if there is no such backbone */
  recipeOf(settings: MaskSettings): Promise<{ recipe: string; options: SegmentOptions }>;
  /** Starts what a new campaign needs: the keys of its images. */
  prepare(campaign: { id: string; dataset: string; backbone: string }): Promise<void>;
  /** Size of an image, from its keys; undefined while it has none. */
  imageSize(sha256: string, backbone: string): Promise<{ width: number; height: number } | undefined>;
}

/** How masks are made. */
export type MaskSettings = Pick<PropagateShardRequest, 'extract' | 'preset' | 'solve'>;

type Infer<T> = T extends z.ZodType ? z.output<T> : undefined;

export interface Call<Body, Query> {
  deps: Deps;
  params: Record<string, string>;
  body: Body;
  query: Query;
  /** Who asks; of public routes perhaps nobody. */
  user: User;
  /** @throws unless they still may: for what goes on for long */
  stillAllowed(): Promise<void>;
  request: FastifyRequest;
  reply: FastifyReply;
}

/** What a handler sends itself: bytes, or a stream. */
export interface Sent {
  /** Media type. */
  type: string;
  /** Another one that it may be. */
  or?: string;
  description: string;
  /** It is text, not bytes. */
  text?: true;
  /** Known by an ETag, and sent in parts to those who ask for them. */
  parts?: true;
}

interface RouteBase {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  url: string;
  summary: string;
  access: Access;
  body?: z.ZodType;
  query?: z.ZodType;
  /** Codes that it answers besides those that its shape tells (`failures.ts`): 409 where its state may forbid it. */
  errors?: readonly number[];
  /** Bytes of a body at most, where it is not the usual limit. */
  bodyLimit?: number;
  /** Requests a minute of one caller at most, where fewer than usual are wanted: guesses are made here. */
  perMinute?: number;
  // biome-ignore lint/suspicious/noExplicitAny: `route` has typed it
  handler(call: Call<any, any>): unknown;
}

/** What comes back with 200: JSON, or what the handler sends itself. */
type Output = { response: z.ZodType; sends?: undefined } | { response?: undefined; sends: Sent };

export type Route = RouteBase & Output;

/** A route whose handler is given what its schemas let through. */
export function route<Body extends z.ZodType | undefined = undefined, Query extends z.ZodType | undefined = undefined>(
  definition: Omit<RouteBase, 'body' | 'query' | 'handler'> &
    Output & {
      body?: Body;
      query?: Query;
      handler(call: Call<Infer<Body>, Infer<Query>>): unknown;
    },
): Route {
  return definition as Route;
}
