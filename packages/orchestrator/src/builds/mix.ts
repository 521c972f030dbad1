/** A build that takes some images of another one; all others stay as they are shown. */
import type { Build, BuildImage, Subject } from '@saltworks/contract/documents/builds';
import { InvalidInputError } from '@saltworks/contract/errors';
import { readBuild, writeBuild } from '@saltworks/store/builds/builds';
import { readBuildLines } from '@saltworks/store/builds/lines';
import { putBuildReport, reportOf } from '@saltworks/store/builds/reports';
import { ConflictError } from '../errors.ts';
import { shownBuild } from './current.ts';
import { SettingsList } from './mask-origins.ts';
import { type PromoteDeps, promoteBuild } from './promote.ts';
import { recordBuild, settleBuild } from './record.ts';
import { type ShownLine, shownLines } from './shown-lines.ts';

/** Ids of images: those that are taken, or those that are not. */
export type Choice = { take: readonly number[] } | { keep: readonly number[] };

/**
 * Shows a build in part. Of an image that it kept, the offered mask is taken.
 *
 * @returns the id of the mixed build
 * @throws InvalidInputError if an image is not in the build, ConflictError if nothing is shown, or the build's masks are not made
 */
export async function promotePart(
  deps: PromoteDeps,
  subject: Subject,
  id: string,
  choice: Choice,
  by: string,
): Promise<string> {
  const { db, store } = deps;
  const shown = await shownBuild(db, subject);
  if (!shown) throw new ConflictError(`no build of ${subject.kind} ${subject.name} is shown; expected one to mix into`);
  const [before, after] = [await readBuild(store, subject, shown.build), await readBuild(store, subject, id)];
  const settings = new SettingsList(before.settings);
  const places = after.settings.map((each) => settings.place(each));
  const listed = new Set('take' in choice ? choice.take : choice.keep);
  // What a person accepted or chose before stays, unless a person names it.
  const takes = ({ id, kept }: ShownLine) =>
    'take' in choice ? listed.has(id) : kept === undefined && !listed.has(id);
  const unseen = new Set(listed);

  async function* lines(): AsyncGenerator<BuildImage[]> {
    const shards = Math.max(before.lines.length, after.lines.length);
    for (let shard = 0; shard < shards; shard++) {
      const [old, found] = [await shownLines(store, before, shard), await newLines(deps, after, shard)];
      for (const { id } of found.values()) unseen.delete(id);
      const mixed = [...found.values()].filter(takes).map((line) => taken(line, after, places));
      const taking = new Set(mixed.map(({ sha256 }) => sha256));
      for (const line of old.values()) if (!taking.has(line.sha256)) mixed.push(stays(line, found.has(line.sha256)));
      yield mixed.sort((a, b) => a.id - b.id);
    }
  }
  const head = { subject, dataset: after.dataset, settings: settings.all };
  const build = await writeBuild(store, head, lines());
  const [strange] = unseen;
  if (strange !== undefined)
    throw new InvalidInputError(`image ${strange} is not in build ${id}; expected one that is`);
  if (build.id === before.id) return before.id;
  await reportMixed(deps, build, [before, after]);
  await recordBuild(db, build, { base: before.id, why: `in part of ${id}`, by, state: 'made' });
  await promoteBuild(deps, subject, build.id, { by, from: before.id });
  await settleBuild(db, subject, id, { state: 'rejected' });
  return build.id;
}

/** Lines whose masks are made. @throws ConflictError while the shard is not */
async function newLines({ store }: PromoteDeps, build: Build, shard: number): Promise<Map<string, ShownLine>> {
  const lines = await shownLines(store, build, shard);
  if (lines.size > 0 || !build.lines[shard]) return lines;
  const { length } = await readBuildLines(store, build.lines[shard]);
  throw new ConflictError(`${length} masks of build ${build.id} are not made yet; expected all`);
}

function taken({ content: _, kept, offered, ...line }: ShownLine, build: Build, places: number[]): BuildImage {
  const other = kept !== undefined && offered !== undefined;
  const settings = other ? 0 : line.settings;
  return {
    ...line,
    ...(other && { mask: offered }),
    settings: settings === null || build.settings.length === 0 ? null : places[settings],
  };
}

/** @param offered whether the other build has the image, too: a person chose this mask over that one */
function stays({ content: _, offered: __, kept, ...line }: ShownLine, offered: boolean): BuildImage {
  if (offered && kept === undefined) return { ...line, kept: 'chosen' };
  return { ...line, ...(kept && { kept }) };
}

/** Its masks are all made: those of offered ones are read for what is in them. */
async function reportMixed({ store }: PromoteDeps, build: Build, of: readonly Build[]): Promise<void> {
  for (const [shard, sha256] of build.lines.entries()) {
    if (sha256 === null) continue;
    const known = new Map<string, string>();
    for (const each of of) {
      for (const { mask, content } of (await shownLines(store, each, shard)).values()) known.set(mask, content);
    }
    await putBuildReport(store, build, shard, await reportOf(store, await readBuildLines(store, sha256), { known }));
  }
}
