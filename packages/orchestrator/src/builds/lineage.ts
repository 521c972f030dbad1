/** Where a mask of a build comes from: which strokes by whom, which keys, which settings, which code. */
import type { BuildImageInfo } from '@saltworks/contract/api/builds';
import type { Build, BuildImage, Subject } from '@saltworks/contract/documents/builds';
import { maskDocument } from '@saltworks/contract/documents/masks';
import { InvalidInputError } from '@saltworks/contract/errors';
import { maskKey } from '@saltworks/contract/layout';
import { readBuild } from '@saltworks/store/builds/builds';
import { readBuildLines } from '@saltworks/store/builds/lines';
import { readDocument } from '@saltworks/store/objects/documents';
import type { ObjectStore } from '@saltworks/store/objects/store';
import type { Kysely } from 'kysely';
import type { Shards } from '../datasets/shards.ts';
import type { Schema } from '../db/schema.ts';
import { NotFoundError } from '../errors.ts';

interface Deps {
  db: Kysely<Schema>;
  store: ObjectStore;
  shards: Shards;
}

/** @param image its number in the dataset @throws NotFoundError unless the build has it */
export async function findLine(
  { store, shards }: Pick<Deps, 'store' | 'shards'>,
  subject: Subject,
  id: string,
  image: number,
): Promise<{ build: Build; line: BuildImage }> {
  const build = await readBuild(store, subject, id).catch((error) => {
    throw error instanceof InvalidInputError ? new NotFoundError(error.message) : error;
  });
  const found = await shards.image(build.dataset, image);
  const lines = await readBuildLines(store, build.lines[found.shard]);
  const line = lines.find(({ sha256 }) => sha256 === found.image.sha256);
  if (!line) throw new NotFoundError(`build ${id} has no image ${image}`);
  return { build, line };
}

/** @throws NotFoundError unless the build has the image */
export async function lineageOf(deps: Deps, subject: Subject, id: string, image: number): Promise<BuildImageInfo> {
  const { build, line } = await findLine(deps, subject, id, image);
  const users = line.drawings.flatMap(({ by, correctedBy = [] }) => (by === undefined ? [] : [by, ...correctedBy]));
  const named = new Map<string, string>();
  if (users.length > 0) {
    const rows = await deps.db.selectFrom('user').select(['id', 'name']).where('id', 'in', users).execute();
    for (const { id, name } of rows) named.set(id, name);
  }
  const nameOf = (user: string) => named.get(user) ?? user;
  const drawings = line.drawings.map(({ by, correctedBy, ...drawing }) => ({
    ...drawing,
    ...(by !== undefined && { by: nameOf(by) }),
    ...(correctedBy && { correctedBy: correctedBy.map(nameOf) }),
  }));
  const made = await readDocument(deps.store, maskKey(line.mask, '.json'), maskDocument);
  const { origin = 'drawn' as const, corrected } = made ?? {};
  const begun = { origin, ...(corrected && { corrected }) };
  return {
    ...line,
    ...begun,
    drawings,
    settings: line.settings === null ? null : (build.settings[line.settings] ?? null),
  };
}
