/** One question of the API as both sides know it: the server's route takes it, the page and the command call it. */
import * as z from '../zod.ts';

export interface Endpoint {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** From `/api` on; parameters as `:name`, each of the form that `fields.ts` gives its name. */
  url: string;
  body?: z.core.$ZodType;
  query?: z.core.$ZodObject;
  /** The media type of a body that is bytes, read as they arrive. */
  takes?: string;
  /** The JSON that comes back, where it is JSON. */
  response?: z.core.$ZodType;
  /** Bytes or a stream otherwise. */
  sends?: Sent;
}

/** An endpoint that answers JSON. */
export type JsonEndpoint = Endpoint & { response: z.core.$ZodType };

/** A response that is not JSON. */
export interface Sent {
  /** Media type. */
  type: string;
  /** Another one that it may be. */
  or?: string;
  description: string;
  /** It is text, not bytes. */
  text?: true;
  /** Known by an ETag, and sent in parts to callers that ask for them. */
  parts?: true;
}

/** Keeps the types of a definition: of its url as it is written, of its schemas. */
export const endpoint = <const E extends Endpoint>(definition: E): E => definition;

type NamesIn<Url extends string> = Url extends `${string}:${infer Name}/${infer Rest}`
  ? Name | NamesIn<`/${Rest}`>
  : Url extends `${string}:${infer Name}`
    ? Name
    : never;

export type ParamsOf<E extends Endpoint> = { [Name in NamesIn<E['url']>]: string };
/** As the server has it once it is checked, with every default. */
export type BodyOf<E extends Endpoint> = E extends { body: infer Body extends z.core.$ZodType }
  ? z.output<Body>
  : E extends { takes: string }
    ? AsyncIterable<Uint8Array>
    : undefined;
export type QueryOf<E extends Endpoint> = E extends { query: infer Query extends z.core.$ZodType }
  ? z.output<Query>
  : undefined;
export type AnswerOf<E extends Endpoint> = E extends { response: infer Response extends z.core.$ZodType }
  ? z.output<Response>
  : unknown;

/** Of a query what callers write: numbers and texts, without what has a default. */
type Asked<Query extends z.core.$ZodType> = {
  [Name in keyof z.input<Query>]: Name extends keyof z.output<Query> ? z.output<Query>[Name] : never;
};

/**
 * Understands the JSON of an answer; fields that the schema does not know are left out, so that a newer server may send more.
 *
 * @throws Error that names the first thing that is not as the endpoint says
 */
export function answerOf<E extends JsonEndpoint>({ method, url, response }: E, json: unknown): AnswerOf<E> {
  const { data, error } = z.safeParse(response, json);
  if (!error) return data as AnswerOf<E>;
  throw new Error(
    `${method} ${url} was answered in another form than expected: ${z.prettifyError(error).replaceAll('\n', ' ')}`,
  );
}

/** A query as the address bar holds it, for the server to check. */
type Written = Iterable<[name: string, value: string]>;
type None = Record<never, never>;

/** Where a request goes: parameters of the path, and the query. */
export type Place<E extends Endpoint> = ([NamesIn<E['url']>] extends [never] ? unknown : { params: ParamsOf<E> }) &
  (E extends { query: infer Query extends z.core.$ZodType }
    ? None extends Asked<Query>
      ? { query?: Asked<Query> | Written }
      : { query: Asked<Query> | Written }
    : unknown);

/** A Blob, as pages and Node have them. */
export interface Bytes {
  readonly size: number;
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** All that a caller gives. */
export type Given<E extends Endpoint> = Place<E> &
  (E extends { body: infer Body extends z.core.$ZodType } ? { body: z.input<Body> } : unknown) &
  (E extends { takes: string } ? { body: Bytes } : unknown);

/** As a last argument, left out where nothing is needed. */
export type Optional<T> = None extends T ? [given?: T] : [given: T];

/** Path and query; undefined fields of the query are left out. */
export function addressOf<E extends Endpoint>({ url }: E, ...[place]: Optional<Place<E>>): string {
  const { params = {}, query = {} }: { params?: Record<string, string>; query?: object } = place ?? {};
  const path = url.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name]));
  const fields: Iterable<[string, unknown]> = isWritten(query) ? query : Object.entries(query);
  const texts = [...fields].flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${encodeURIComponent(String(value))}`],
  );
  return texts.length > 0 ? `${path}?${texts.join('&')}` : path;
}

const isWritten = (query: object): query is Written => Symbol.iterator in query;
