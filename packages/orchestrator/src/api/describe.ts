/** Routes as OpenAPI describes them: requests, answers and access. */
import { failure } from '@saltworks/contract/api/failure';
import { params } from '@saltworks/contract/api/fields';
import * as z from '@saltworks/contract/zod';
import type { Access } from './access.ts';
import { components as named } from './components.ts';
import { failuresOf } from './failures.ts';
import type { Route } from './routes.ts';

/** Parts of the API, by subject. */
export const tags = {
  Accounts: 'Who may sign in, what they did, and one’s own keys and password',
  Campaigns: 'Campaigns, their members, and the next image',
  Tasks: 'Images of a campaign, and how fast they are done',
  Assignments: 'One annotator’s work on one image',
  Measures: 'Time, agreement, reliability and consensus',
  Datasets: 'Datasets, their images, runs over them, and searches by example',
  Filters: 'Filters of images under names, lists that they find, and tags',
  Uploads: 'Files that browsers send, or that lie in places of the server, to become images of a dataset',
  Backbones: 'Networks that keys come from',
  Exports: 'Masks as files',
  Builds: 'What campaigns and datasets show: builds of masks, compared, shown and taken back',
  Bakeoffs: 'Backbones, layers and settings tried on a sample',
  Webhooks: 'Addresses that are told what happens to builds and schedules',
  Schedules: 'Work at set times, and how it went',
  Backups: 'The database, for backups, and when one last ended well',
  Storage: 'What the store holds, what it may hold, and what may go',
  Server: 'The server itself',
} as const;
export type Tag = keyof typeof tags;

/** The schema of an address's parameters: a name has the same form in every address. */
export const paramsOf = (url: string): z.core.$ZodObject | undefined => {
  const names = [...url.matchAll(/:(\w+)/g)].map(([, name]) => name as keyof typeof params);
  return names.length > 0 ? z.object(Object.fromEntries(names.map((name) => [name, params[name]]))) : undefined;
};

/**
 * `GET /api/campaigns/:campaign/members` is `getCampaignMembers`: a segment before a parameter loses its plural, but for a list
 * of what a subject has, `GET /api/builds/:subject`.
 */
export function operationId({ method, url }: Pick<Route, 'method' | 'url'>): string {
  const segments = url.split('/').slice(2);
  const words = segments.flatMap((segment, i) => {
    if (segment.startsWith(':')) return [];
    const lists = segments[i + 1] === ':subject' && i + 2 === segments.length;
    const word = segments[i + 1]?.startsWith(':') && !lists ? segment.replace(/s$/, '') : segment.replace(/\.\w+$/, '');
    return word.split('-').map((part) => part[0].toUpperCase() + part.slice(1));
  });
  return method.toLowerCase() + words.join('');
}

/** Credentials that a route takes. */
function securityOf(access: Access): Record<string, string[]>[] {
  if (access === 'public') return [];
  return access === 'session' ? [{ session: [] }] : [{ key: [] }, { session: [] }];
}

const json = (description: string, schema: z.core.$ZodType) => ({
  description,
  content: { 'application/json': { schema } },
});
/** A body that the handler reads as it arrives. */
const bytes = z.described(z.any(), { type: 'string', format: 'binary' });
const empty = (description: string) => z.described(z.null(), { description });

function successOf({ response = z.null(), sends }: Route): Record<string, unknown> {
  if (!sends) return { 200: json('Done', response) };
  const schema = z.described(z.string(), sends.text ? {} : { format: 'binary' });
  const content = { [sends.type]: { schema }, ...(sends.or && { [sends.or]: { schema } }) };
  const whole = { 200: { description: sends.description, content } };
  if (!sends.parts) return whole;
  return {
    ...whole,
    206: { description: 'The part that Range asks for', content },
    304: empty('It is what If-None-Match names'),
    416: empty('Range asks for what is not there'),
  };
}

/** Fastify's schema of a route: it checks requests, writes answers, and describes both. */
export function schemaOf(route: Route, tag: Tag) {
  const { url, summary, access, body, takes, query } = route;
  const failures = Object.entries(failuresOf(route)).map(([code, description]) => [code, json(description, failure)]);
  return {
    operationId: operationId(route),
    tags: [tag],
    summary,
    security: securityOf(access),
    ...(url.includes(':') ? { params: paramsOf(url) } : {}),
    ...(body ? { body } : {}),
    ...(takes ? { body: bytes, consumes: [takes] } : {}),
    ...(query ? { querystring: query } : {}),
    response: { ...successOf(route), ...Object.fromEntries(failures), default: json('Any other failure', failure) },
  };
}

/**
 * Drops schemas that nothing refers to, since zod gives each schema in two forms: for requests and for answers. The rest come
 * in a fixed order, whichever modules were loaded first.
 */
export function withoutUnused<Document extends object>(document: Document): Document {
  const { paths, components } = document as { paths: unknown; components: { schemas: Record<string, unknown> } };
  const used = new Set<string>();
  const follow = (part: unknown): void => {
    for (const [, name] of JSON.stringify(part).matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
      if (used.has(name)) continue;
      used.add(name);
      follow(components.schemas[name]);
    }
  };
  follow(paths);
  const schemas = Object.entries(components.schemas).filter(([name]) => used.has(name));
  schemas.sort(([a], [b]) => placeOf(a) - placeOf(b));
  return { ...document, components: { ...components, schemas: Object.fromEntries(schemas) } };
}

/** Schemas of requests first, as the library names them. */
const order = [...named.map((name) => `${name}Input`), ...named];
const placeOf = (name: string): number => order.indexOf(name);
