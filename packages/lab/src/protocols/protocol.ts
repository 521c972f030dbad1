/** What a protocol does with one image. */
import type { BackboneSpec } from '@saltworks/backbone/registry/entries';
import type { EvaluationRow, ProtocolName } from '@saltworks/contract/documents/evaluations';
import type { Preset } from '@saltworks/contract/options';
import type { Keys } from '@saltworks/core/keys/keys';
import type { Case } from '../dataset/case.ts';

export interface ProtocolSettings {
  preset: Preset;
  spec: BackboneSpec;
  /** Corrections a segment, and the IoU from which a segment is right. */
  budget: number;
  bar: number;
  seed: number;
}

/** Keys of an image, extracted once and cached. Without choices: the backbone's own layer, facet and size. */
export type KeysOf = (
  one: Case,
  choice?: {
    backbone?: string;
    layer?: number;
    facet?: 'key' | 'query' | 'value';
    longSide?: number;
    doubling?: 'overlap';
  },
) => Promise<Keys>;

export interface Protocol {
  name: ProtocolName;
  /** @returns the rows of one image, one a variant, always in one order; the same input gives the same rows */
  run(one: Case, keysOf: KeysOf, settings: ProtocolSettings): Promise<EvaluationRow[]>;
}
