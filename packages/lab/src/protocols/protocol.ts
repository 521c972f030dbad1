/** What a protocol does with one image. */
import type { BackboneSpec } from '@saltworks/backbone/registry/entries';
import type { EvaluationRow, ProtocolName } from '@saltworks/contract/documents/evaluations';
import type { Facet } from '@saltworks/contract/kinds';
import type { Preset } from '@saltworks/contract/options';
import type { Keys } from '@saltworks/core/keys/keys';
import type { Case } from '../dataset/case.ts';
import type { Peer } from '../peers/peers.ts';

export interface ProtocolSettings {
  preset: Preset;
  spec: BackboneSpec;
  /** Backbones whose models are here. */
  installed: readonly BackboneSpec[];
  /** Corrections a segment, and the IoU from which a segment is right. */
  budget: number;
  bar: number;
  seed: number;
  /** Other methods that are measured beside; `paper` is, too, where there are any. */
  peers?: readonly Peer[];
  /** Takes one line for each peer that failed: its row is missing. */
  note?(line: string): void;
}

/** The run's preset, and beside other methods the paper's, which is one of them. */
export const presetsOf = ({ preset, peers = [] }: ProtocolSettings): Preset[] => [
  ...new Set([preset, ...(peers.length > 0 ? (['paper'] as const) : [])]),
];

/** Which keys. What is absent, the run's backbone decides. */
export interface KeysChoice {
  /** Id of one that is installed. */
  backbone?: string;
  layer?: number;
  facet?: Facet;
  longSide?: number;
  /** Keys of the ×2 grid, measured in four passes: solve with `upsample: 'none'`. */
  doubling?: 'overlap';
}

/** Keys of an image, extracted beforehand. @throws Error if the protocol did not announce them */
export type KeysOf = (one: Case, choice?: KeysChoice) => Promise<Keys>;

export interface Protocol {
  name: ProtocolName;
  /** Whether it takes images without strokes, too. */
  fromNothing?: boolean;
  /** The keys that it will ask for. Default: the run's backbone as it is. */
  keys?(settings: ProtocolSettings): KeysChoice[];
  /** @returns the rows of one image, one a variant, always in one order; the same input gives the same rows */
  run(one: Case, keysOf: KeysOf, settings: ProtocolSettings): Promise<EvaluationRow[]>;
}
