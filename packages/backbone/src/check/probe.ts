/** Query, key and value of one picture, just as a model computes them: for comparing with other implementations. */
import { InvalidInputError } from '@saltworks/contract/errors';
import type { Facet, Interpolation } from '@saltworks/contract/kinds';
import type { ModelFile } from '../onnx/external.ts';
import { openModel } from '../runtime/runtime.ts';
import { fillTable } from '../sizes/positions.ts';
import { checkModel } from './checked.ts';

/** What a model is shown: `[1, 3, height, width]` as its first layer takes it, normalised. */
export interface Picture {
  readonly data: Float32Array;
  readonly height: number;
  readonly width: number;
}

/** A facet of a layer, `[tokens, dim]` row-major: heads merged, before scale and rotation, prefix tokens first. */
export interface Probed {
  readonly layer: number;
  readonly facet: Facet;
  readonly tokens: number;
  readonly dim: number;
  readonly data: Float32Array;
}

/**
 * Taps and checks a model, and runs it on one picture.
 *
 * @param interpolation how a position embedding is resized
 * @throws InvalidInputError if the model is refused, or does not take pictures of this size
 */
export async function probe(
  file: ModelFile,
  { data, height, width }: Picture,
  wanted: readonly { layer: number; facet: Facet }[],
  interpolation: Interpolation,
): Promise<Probed[]> {
  const checked = await checkModel(
    file,
    wanted.map(({ layer }) => layer),
    interpolation,
  );
  const { patch, anySize, nativeSize, fixed } = checked.facts;
  if (height % patch !== 0 || width % patch !== 0 || height < patch || width < patch) {
    throw new InvalidInputError(`a picture of ${height} × ${width}; expected multiples of the patch of ${patch} px`);
  }
  if (!anySize && [height, width].join() !== nativeSize?.join()) {
    throw new InvalidInputError(`a picture of ${height} × ${width}; expected ${nativeSize?.join(' × ')} (${fixed})`);
  }
  const { model, input, outputs, positions } = checked.tap(wanted);
  const running = await openModel(model);
  try {
    const tables = positions.map((table) => {
      const values = fillTable(table, height / patch, width / patch, interpolation) as Float32Array<ArrayBuffer>;
      return [table.input, { type: 'float32', dims: [values.length / table.d, table.d], data: values }] as const;
    });
    const image = { type: 'float32', dims: [1, 3, height, width], data: Float32Array.from(data) };
    const results = await running.run({ ...Object.fromEntries(tables), [input]: image });
    return outputs.map(({ name, layer, facet }) => {
      const found = results.get(name);
      const [, tokens, dim] = found?.dims ?? [];
      if (!(found?.data instanceof Float32Array)) throw new Error(`no ${facet} of layer ${layer}`);
      return { layer, facet, tokens, dim, data: found.data };
    });
  } finally {
    await running.close();
  }
}
