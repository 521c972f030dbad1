/** `saltworks backbone inspect` and `probe`: what an ONNX file is, and what it computes. */
import { dirname } from 'node:path';
import { checkModel } from '@saltworks/backbone/check/checked';
import { probe } from '@saltworks/backbone/check/probe';
import type { ModelFile } from '@saltworks/backbone/onnx/external';
import type { ModelCheck, TapFacts } from '@saltworks/contract/documents/tapped-model';
import { InvalidInputError } from '@saltworks/contract/errors';
import { type Facet, facets, type Interpolation, interpolations } from '@saltworks/contract/kinds';
import { decodeSafeTensors, encodeSafeTensors, readFloats, type Tensor } from '@saltworks/core/formats/safetensors';
import { Command, InvalidArgumentError, Option } from 'commander';
import { readInput, writeWhole } from '../files.ts';

export function inspectCommand(): Command {
  return new Command('inspect')
    .description('what an ONNX file is: its layers, sizes and positions, and whether the tap gets it right')
    .argument('<file.onnx>')
    .option('--json', 'one JSON document instead of text')
    .action(inspectFile);
}

export function probeCommand(): Command {
  return new Command('probe')
    .description('keys, queries and values of one picture, as safetensors: for comparing with other software')
    .argument('<file.onnx>')
    .requiredOption('--input <x.safetensors>', 'holds the picture: float32 [1,3,H,W], normalised')
    .option('--tensor <name>', 'its name there', 'input')
    .addOption(
      new Option('--interpolation <how>', 'how a position embedding is resized')
        .choices(interpolations)
        .default('bicubic' satisfies Interpolation),
    )
    .requiredOption('--layers <list>', 'attention layers, from 0, such as 0,11', parseLayers)
    .requiredOption('--facets <list>', `what of them: ${facets.join(',')}`, parseFacets)
    .requiredOption('--out <y.safetensors>', 'where key.L, query.L and value.L go, each [tokens, dim]')
    .action(probeFile);
}

async function inspectFile(path: string, { json }: { json?: boolean }): Promise<void> {
  const { facts, checks } = await named(path, (file) => checkModel(file, 'all', 'bicubic'));
  if (json) return console.log(JSON.stringify({ ...facts, checks }));
  for (const line of [...described(facts), ...checks.map(checkLine)]) console.log(line);
}

function described(facts: TapFacts): string[] {
  const { layers, heads, dim, patch, prefixTokens, positions, positionGrid, nativeSize, anySize, fixed } = facts;
  const stored = {
    graph: 'interpolated by the graph itself',
    learned: 'a stored table',
    rope: 'rotary',
    none: 'none found',
  };
  const grid = positionGrid ? `, from ${positionGrid.join(' × ')} patches` : '';
  const native = nativeSize ? `${nativeSize.join(' × ')} px` : 'not declared';
  return [
    `layers     ${layers} of ${heads} heads, dim ${dim}`,
    `patch      ${patch} px, after ${prefixTokens} prefix token${prefixTokens === 1 ? '' : 's'}`,
    `positions  ${stored[positions]}${grid}`,
    `precision  ${facts.precision}, opset ${facts.opset}`,
    `native     ${native}`,
    `sizes      ${anySize ? 'any multiples of the patch' : `the native one alone: ${fixed}`}`,
  ];
}

function checkLine({ check, at, passed, figure, limit, note }: ModelCheck): string {
  const names = { identity: 'freed = untouched', attention: 'softmax(qkᵀ/√d)v = attention', grid: 'tokens = grid' };
  const gap = figure === undefined ? '' : `, ${figure.toExponential(1)} (at most ${limit?.toExponential(0)})`;
  const verdict = note?.startsWith('not defined') ? '' : passed ? ' ok' : ' fails';
  return `check      ${names[check]} at ${at}:${verdict}${gap}${note ? ` ${note}` : ''}`;
}

interface ProbeOptions {
  input: string;
  tensor: string;
  interpolation: Interpolation;
  layers: number[];
  facets: Facet[];
  out: string;
}

async function probeFile(
  path: string,
  { input, tensor, interpolation, layers, facets, out }: ProbeOptions,
): Promise<void> {
  const picture = pictureOf(await readInput(input), input, tensor);
  const wanted = layers.flatMap((layer) => facets.map((facet) => ({ layer, facet })));
  const probed = await named(path, (file) => probe(file, picture, wanted, interpolation));
  const tensors = new Map<string, Tensor>();
  for (const { layer, facet, tokens, dim, data } of probed) {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    tensors.set(`${facet}.${layer}`, { dtype: 'F32', shape: [tokens, dim], bytes });
  }
  await writeWhole(out, encodeSafeTensors({ tensors, metadata: { interpolation } }));
  console.log(`${out}: ${[...tensors.keys()].join(', ')}`);
}

function pictureOf(bytes: Uint8Array, path: string, name: string) {
  const { tensors } = decodeSafeTensors(bytes);
  const tensor = tensors.get(name);
  if (!tensor) {
    throw new InvalidInputError(`${path} has no tensor ${name}; expected one of ${[...tensors.keys()].join(', ')}`);
  }
  const { dtype, shape } = tensor;
  const [batch, channels, height, width] = shape;
  if (dtype !== 'F32' || shape.length !== 4 || batch !== 1 || channels !== 3) {
    throw new InvalidInputError(`${name} is ${dtype} [${shape}]; expected F32 [1,3,H,W]`);
  }
  return { data: readFloats(tensor), height, width };
}

/** Reads a model file, and names it where it is refused. */
async function named<T>(path: string, work: (file: ModelFile) => Promise<T>): Promise<T> {
  try {
    return await work({ bytes: await readInput(path), folder: dirname(path) });
  } catch (error) {
    if (error instanceof InvalidInputError && !error.message.includes(path))
      error.message = `${path}: ${error.message}`;
    throw error;
  }
}

function parseLayers(text: string): number[] {
  const layers = text.split(',').map((part) => (/^\d+$/.test(part.trim()) ? Number(part) : Number.NaN));
  if (layers.some((layer) => !Number.isSafeInteger(layer)))
    throw new InvalidArgumentError('Expected layers, such as 0,11.');
  return [...new Set(layers)];
}

function parseFacets(text: string): Facet[] {
  const wanted = text.split(',').map((part) => part.trim());
  const known = (part: string): part is Facet => (facets as readonly string[]).includes(part);
  if (!wanted.every(known)) throw new InvalidArgumentError(`Expected some of ${facets.join(',')}.`);
  return [...new Set(wanted.filter(known))];
}
