/**
 * Tapped and checked models, kept in a folder by their content: the model, a document, and the tables that the host fills in.
 * The document is written last and names the bytes of the others, so a half-written or damaged entry is none.
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseDocument } from '@saltworks/contract/documents/document';
import { type ModelCheck, type TappedModel, tappedModel } from '@saltworks/contract/documents/tapped-model';
import type { Facet } from '@saltworks/contract/kinds';
import { decodeSafeTensors, encodeSafeTensors, readFloats } from '@saltworks/core/formats/safetensors';
import { writeWholeFile } from '../files/whole-file.ts';
import type { HostPositions, HostTable } from '../sizes/positions.ts';
import type { Tapped } from '../tap/tap.ts';

/** Raise it when the tap or its check make something else of the same file. */
const TAP = 1;

/** What a tapped model is made of. */
export interface TapKey {
  /** Hex sha256 of the file that was tapped. */
  readonly source: string;
  /** Layer: default the last. */
  readonly wanted: readonly { layer?: number; facet: Facet }[];
}

export interface CachedTap {
  readonly tapped: Tapped;
  readonly checks: readonly ModelCheck[];
}

/** @returns undefined if the folder has no whole entry of today's tap */
export async function readTapped(folder: string, key: TapKey): Promise<CachedTap | undefined> {
  const path = pathOf(folder, key);
  try {
    const document = parseDocument(path, await readFile(`${path}.json`, 'utf8'), tappedModel);
    if (document.tap !== TAP || document.source !== key.source) return undefined;
    const model = await readFile(`${path}.onnx`);
    if (sha256Of(model) !== document.model) return undefined;
    const tables = document.tables === undefined ? undefined : await readFile(`${path}.safetensors`);
    if (tables && sha256Of(tables) !== document.tables) return undefined;
    const { input, outputs, facts, checks } = document;
    return { tapped: { model, input, outputs, facts, positions: positionsOf(document, tables) }, checks };
  } catch {
    return undefined;
  }
}

/** Keeps a tapped model, if the folder can be written: without it, the next opening makes it again. */
export async function keepTapped(folder: string, key: TapKey, { tapped, checks }: CachedTap): Promise<void> {
  const path = pathOf(folder, key);
  const { model, input, outputs, facts, positions } = tapped;
  const tables = positions.length > 0 ? encodeTables(positions) : undefined;
  const document: TappedModel = {
    ...{ version: 1, tap: TAP, source: key.source, model: sha256Of(model) },
    ...(tables && { tables: sha256Of(tables) }),
    input,
    outputs: [...outputs],
    positions: positions.map(({ input, d, patches }) => ({
      ...{ input, d },
      ...('waves' in patches ? { waves: [...patches.waves] } : {}),
    })),
    facts,
    checks: [...checks],
  };
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeWholeFile(`${path}.onnx`, model);
    if (tables) await writeWholeFile(`${path}.safetensors`, tables);
    await writeWholeFile(`${path}.json`, `${JSON.stringify(document)}\n`);
  } catch {
    // A cache that cannot be written is no reason to stop.
  }
}

function pathOf(folder: string, { source, wanted }: TapKey): string {
  const outputs = wanted.map(({ layer, facet }) => `${layer ?? 'last'}-${facet}`);
  const named = outputs.length === 1 ? outputs[0] : sha256Of(Buffer.from(outputs.join())).slice(0, 32);
  return join(folder, `${source.slice(0, 32)}-${named}`);
}

const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

function encodeTables(positions: HostPositions): Uint8Array {
  const tensor = (values: Float32Array, shape: number[]) => ({
    ...{ dtype: 'F32' as const, shape },
    bytes: new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
  });
  const tensors = positions.flatMap(({ prefix, d, patches }, i) => {
    const rows = [[`prefix.${i}`, tensor(prefix, [prefix.length / d, d])] as const];
    if (!('grid' in patches)) return rows;
    const { data, h, w } = patches.grid;
    return [...rows, [`grid.${i}`, tensor(data, [h, w, d])] as const];
  });
  return encodeSafeTensors({ tensors: new Map(tensors), metadata: {} });
}

function positionsOf({ positions }: TappedModel, file: Uint8Array | undefined): HostPositions {
  if (!file) return [];
  const { tensors } = decodeSafeTensors(file);
  return positions.map(({ input, d, waves }, i): HostTable => {
    const [prefix, grid] = [tensors.get(`prefix.${i}`), tensors.get(`grid.${i}`)];
    if (!prefix || (!waves && !grid)) throw new Error(`no table ${i}`);
    if (!grid) return { input, d, prefix: readFloats(prefix), patches: { waves: waves ?? [] } };
    const [h, w] = grid.shape;
    return { input, d, prefix: readFloats(prefix), patches: { grid: { data: readFloats(grid), h, w, d } } };
  });
}
