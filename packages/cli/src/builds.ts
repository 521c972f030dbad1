/** Builds of a subject, as the command line names them: an id, or its first digits. */
import { type BuildInfo, getBuildShown, getBuilds } from '@saltworks/contract/api/builds';
import { InvalidInputError } from '@saltworks/contract/errors';
import type { Api } from './api.ts';

/** The newest first, page by page. @param subject as addresses have it */
export async function* buildsOf(api: Api, subject: string): AsyncGenerator<BuildInfo> {
  for (let after: string | undefined; ; ) {
    const { items, next } = await api(getBuilds, { params: { subject }, query: { limit: 200, after } });
    yield* items;
    if (next === null) return;
    after = next;
  }
}

/** @param given an id, or its first digits; undefined: what is shown @throws InvalidInputError unless one build is meant */
export async function buildNamed(
  api: Api,
  { name, subject }: { name: string; subject: string },
  given: string | undefined,
): Promise<string> {
  if (given === undefined) {
    const { build } = await api(getBuildShown, { params: { subject } });
    if (build) return build.id;
    throw new InvalidInputError(`${name} shows no build yet; expected one (saltworks build ls ${name})`);
  }
  if (/^[0-9a-f]{16}$/.test(given)) return given;
  const found: string[] = [];
  if (/^[0-9a-f]{4,15}$/.test(given)) {
    for await (const { id } of buildsOf(api, subject)) if (id.startsWith(given)) found.push(id);
  }
  if (found.length === 1) return found[0];
  const what =
    found.length === 0 ? `no build ${given} of ${name}` : `${found.length} builds of ${name} begin with ${given}`;
  throw new InvalidInputError(`${what}; expected one of: saltworks build ls ${name}`);
}
