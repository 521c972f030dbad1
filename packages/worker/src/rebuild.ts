/** Builds made again, to see whether every mask comes out the same. */
import type { Build, BuildImage, RebuildReport } from '@saltworks/contract/documents/builds';
import { InvalidInputError } from '@saltworks/contract/errors';
import { keysId, maskKey, rebuildReportKey } from '@saltworks/contract/layout';
import type { Tally } from '@saltworks/contract/messages/activities';
import type { BuildShardRequest } from '@saltworks/contract/messages/relabel';
import type { ExtractSettings } from '@saltworks/contract/options';
import { readBuild } from '@saltworks/store/builds/builds';
import { readBuildLines } from '@saltworks/store/builds/lines';
import { CODE_VERSION } from '@saltworks/store/builds/mask-names';
import { readBuildReport } from '@saltworks/store/builds/reports';
import { readStrokes } from '@saltworks/store/builds/strokes';
import { lineageOf } from '@saltworks/store/datasets/key-sets';
import { inOrder } from '@saltworks/store/in-order';
import { sha256Of } from '@saltworks/store/objects/canonical';
import { readBytes } from '@saltworks/store/objects/documents';
import type { ObjectStore } from '@saltworks/store/objects/store';
import { settingsOf } from './build.ts';
import { type MaskDeps, makeMask } from './make-mask.ts';
import type { MadeMask } from './mask-file.ts';
import { consensusOf, namesOf, originFields, putMask } from './masks.ts';
import { failureOf, type Pulse } from './shard.ts';

/** What making a build again takes. */
export async function describeBuild(
  store: ObjectStore,
  { subject, build: id }: Pick<BuildShardRequest, 'subject' | 'build'>,
  signal: AbortSignal,
): Promise<{ dataset: string; images: number; shards: number; extract: ExtractSettings[] }> {
  const { dataset, images, lines, settings } = await readBuild(store, subject, id, { signal });
  const sets = new Map(settings.map(({ extract }) => [keysId(extract.backbone, extract), extract]));
  return { dataset, images, shards: lines.length, extract: [...sets.values()] };
}

/**
 * Makes every mask of a shard's lines again, whatever is stored, and lists those whose bytes differ from the recorded ones,
 * each with the reason. A mask that is the same and was lost is stored again.
 */
export async function rebuildShard(
  deps: MaskDeps,
  { subject, build: id, shard }: BuildShardRequest,
  { last, beat, signal, attempt }: Pulse,
): Promise<Tally & { differing: number }> {
  const { store, maskThreads } = deps;
  const build = await readBuild(store, subject, id, { signal });
  const lines = await readBuildLines(store, build.lines[shard], { signal });
  const recorded = new Map(
    (await readBuildReport(store, build, shard, { signal }))?.masks.map(({ mask, content }) => [mask, content]),
  );

  /** @returns why the mask is another one; undefined if it is the same */
  const again = async (line: BuildImage): Promise<{ line: BuildImage; reason?: string; failed?: true }> => {
    try {
      const made = await makeAgain(deps, build, line, signal);
      const content = recorded.get(line.mask) ?? (await contentOf(store, line.mask, signal));
      if (content === undefined) return { line, reason: 'nobody recorded its bytes' };
      if (sha256Of(made.png) !== content) return { line, reason: await whyOther(store, build, line, signal) };
      if (!(await store.head(maskKey(line.mask, '.json'), { signal }))) await putMask(store, line.mask, made, signal);
      return { line };
    } catch (error) {
      signal.throwIfAborted();
      return { line, reason: failureOf(line, error, attempt).reason, failed: true };
    }
  };

  const report: RebuildReport = { version: 1, images: lines.length, differing: [] };
  let failed = 0;
  let next = 0;
  beat({ next, done: last?.done ?? 0 });
  for await (const { line, reason, failed: gone } of inOrder(lines, 2 * maskThreads.threads, again)) {
    signal.throwIfAborted();
    const { id, sha256, name, mask } = line;
    if (reason !== undefined) report.differing.push({ id, sha256, name, mask, reason });
    if (gone) failed++;
    beat({ next: ++next, done: next - failed });
  }
  await store.put(rebuildReportKey(subject, build.id, shard), JSON.stringify(report), { signal });
  const { images, differing } = report;
  return { images, done: images - failed, cached: 0, failed, differing: differing.length };
}

/** @throws InvalidInputError where nobody knows what it is made from, ObjectMissingError where a part of that is gone */
async function makeAgain(
  deps: MaskDeps,
  build: Build,
  line: BuildImage,
  signal: AbortSignal,
): Promise<Pick<MadeMask, 'png' | 'document'>> {
  const { store } = deps;
  const settings = settingsOf(build, line);
  if (!settings || line.drawings.length === 0) {
    throw new InvalidInputError('nobody knows what it was made from; expected its strokes and settings in the build');
  }
  const { extract, options } = settings;
  const names = namesOf(line, line.mask);
  const backbone = keysId(extract.backbone, extract);
  const fields = await originFields(store, { backbone, options }, signal);
  const annotations = [];
  for (const drawing of line.drawings) {
    const { extension, by: annotator = '', weight = 1 } = drawing;
    const scribbles = await readStrokes(store, drawing, { signal });
    const alone = await makeMask(deps, { image: line, extract, options, names, scribbles, extension }, signal);
    if (!line.consensus) return { png: alone.png, document: { ...alone.document, ...fields } };
    annotations.push({ annotator, weight, scribbles, mask: alone.png });
  }
  const made = await makeMask(deps, { image: line, extract, options, names, annotations }, signal);
  return { png: made.png, document: { ...consensusOf(made, annotations), ...fields } };
}

async function contentOf(store: ObjectStore, mask: string, signal: AbortSignal): Promise<string | undefined> {
  const png = await readBytes(store, maskKey(mask, '.png'), { signal });
  return png && sha256Of(png);
}

/** Why a mask came out otherwise. */
async function whyOther(store: ObjectStore, build: Build, line: BuildImage, signal: AbortSignal): Promise<string> {
  const { code, keys, extract } = settingsOf(build, line) ?? {};
  if (code !== CODE_VERSION) {
    return `made by ${code == null ? 'an earlier version of the code' : `version ${code} of the code`}; this is version ${CODE_VERSION}`;
  }
  const now = extract && (await lineageOf(store, keysId(extract.backbone, extract), { signal }));
  if (keys && now && keys.sha256 !== now.sha256) {
    return `its keys came from a file with the sha256 ${keys.sha256.slice(0, 12)}…; those of today from ${now.sha256.slice(0, 12)}…`;
  }
  return 'the same strokes, keys and settings gave other bytes';
}
