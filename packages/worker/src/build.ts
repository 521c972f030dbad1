/** The masks of a shard of a build: made from the strokes that are kept for it, unless they are there. */
import type { Build, BuildImage, BuildReport, BuildSettings } from '@saltworks/contract/documents/builds';
import { InvalidInputError } from '@saltworks/contract/errors';
import { keysId, maskKey } from '@saltworks/contract/layout';
import type { Tally } from '@saltworks/contract/messages/activities';
import type { BuildShardRequest } from '@saltworks/contract/messages/relabel';
import { readBuild } from '@saltworks/store/builds/builds';
import { readBuildLines } from '@saltworks/store/builds/lines';
import { CODE_VERSION, maskOf } from '@saltworks/store/builds/mask-names';
import { putBuildReport, readBuildReport, reportOf } from '@saltworks/store/builds/reports';
import { readStrokes } from '@saltworks/store/builds/strokes';
import { inOrder } from '@saltworks/store/in-order';
import { sha256Of } from '@saltworks/store/objects/canonical';
import { ObjectMissingError } from '@saltworks/store/objects/store';
import { WorkerFaultError } from './attempt.ts';
import { type MaskDeps, makeMask, type TogetherStrokes } from './make-mask.ts';
import type { MaskNames } from './mask-file.ts';
import { storeConsensus, storeMask } from './masks.ts';
import { failureOf, isFinished, type Pulse, tallyOf } from './shard.ts';

type Failure = BuildReport['failures'][number];

/** @property content sha256 of its PNG, hex, where it was made now */
interface Ensured {
  made: boolean;
  content?: string;
}

/**
 * Makes the masks of a shard's lines that are not stored, and those that the build offers beside kept ones; writes the
 * shard's report. A finished shard costs one read. The report is the same in whatever order masks are made.
 */
export async function buildShard(
  deps: MaskDeps,
  { subject, build: id, shard }: BuildShardRequest,
  { last, beat, signal, attempt }: Pulse,
): Promise<Tally> {
  const { store, maskThreads } = deps;
  const build = await readBuild(store, subject, id, { signal });
  const before = await readBuildReport(store, build, shard, { signal });
  if (isFinished(before)) return tallyOf(before, last?.done ?? 0);

  const ensureAll = async (
    line: BuildImage,
  ): Promise<{ line: BuildImage; shown?: Ensured; made: boolean; failure?: Failure }> => {
    let shown: Ensured | undefined;
    try {
      shown = await ensure(deps, line, line.mask, settingsOf(build, line), signal);
      const offered = line.offered
        ? await ensure(deps, line, line.offered, build.settings[0], signal)
        : { made: false };
      return { line, shown, made: shown.made || offered.made };
    } catch (error) {
      signal.throwIfAborted();
      return { line, shown, made: false, failure: failureOf(line, error, attempt) };
    }
  };

  const known = new Map<string, string>();
  const there: BuildImage[] = [];
  const failures: Failure[] = [];
  const lines = await readBuildLines(store, build.lines[shard], { signal });
  let done = last?.done ?? 0;
  let next = 0;
  beat({ next, done });
  // As many wait with their files read as are being solved, so that no thread waits for a store.
  for await (const { line, shown, made, failure } of inOrder(lines, 2 * maskThreads.threads, ensureAll)) {
    signal.throwIfAborted();
    if (failure) failures.push(failure);
    if (made) done++;
    if (shown) there.push(line);
    if (shown?.content) known.set(line.mask, shown.content);
    beat({ next: ++next, done });
  }
  const report: BuildReport = { ...(await reportOf(store, there, { known, signal })), images: lines.length, failures };
  await putBuildReport(store, build, shard, report, { signal });
  return tallyOf(report, done);
}

/** What a line's mask is made with; undefined where nobody knows. */
export const settingsOf = ({ settings }: Build, line: BuildImage): BuildSettings | undefined =>
  line.settings === null ? undefined : settings[line.settings];

/** Makes a mask of a line's strokes under the name that the line gives it, unless it is stored. */
async function ensure(
  deps: MaskDeps,
  line: BuildImage,
  mask: string,
  settings: BuildSettings | undefined,
  signal: AbortSignal,
): Promise<Ensured> {
  const { store } = deps;
  if (await store.head(maskKey(mask, '.json'), { signal })) return { made: false };
  if (!settings || line.drawings.length === 0) throw new ObjectMissingError(maskKey(mask, '.png'));
  const { extract, options, recipe } = settings;
  expectCode(settings);
  if (maskOf(line, settings) !== mask) {
    throw new InvalidInputError(`mask ${mask} is of other strokes or settings; expected that of its line in the build`);
  }
  const origin = { image: line, recipe, options, backbone: keysId(extract.backbone, extract) };
  const own = async (drawing: BuildImage['drawings'][number]) => {
    const { extension } = drawing;
    const scribbles = await readStrokes(store, drawing, { signal });
    const make = (names: MaskNames) =>
      makeMask(deps, { image: line, extract, options, names, scribbles, extension }, signal);
    return { scribbles, ...(await storeMask(store, { ...origin, scribbles }, make, signal)) };
  };
  const contentOf = ({ made, png }: { made: boolean; png?: Uint8Array }): Ensured => ({
    made,
    ...(png && { content: sha256Of(png) }),
  });
  if (!line.consensus) return contentOf(await own(line.drawings[0]));
  const annotations: TogetherStrokes['annotations'] = [];
  for (const drawing of line.drawings) {
    const { scribbles, mask: alone, png = await store.get(maskKey(alone, '.png'), { signal }) } = await own(drawing);
    annotations.push({ annotator: drawing.by ?? '', weight: drawing.weight ?? 1, scribbles, mask: png });
  }
  const make = (names: MaskNames) => makeMask(deps, { image: line, extract, options, names, annotations }, signal);
  return contentOf(await storeConsensus(store, { ...origin, annotations }, make, signal));
}

/** @throws InvalidInputError of masks that earlier code made, WorkerFaultError of those that only later code can make */
function expectCode({ code }: BuildSettings): void {
  if (code === CODE_VERSION) return;
  if (code !== null && code > CODE_VERSION) {
    throw new WorkerFaultError(`this worker makes masks of version ${CODE_VERSION}; expected one that makes ${code}`);
  }
  const made = code === null ? 'an earlier version of the code' : `version ${code} of the code`;
  throw new InvalidInputError(`its mask is gone, and ${made} made it; expected version ${CODE_VERSION}`);
}
