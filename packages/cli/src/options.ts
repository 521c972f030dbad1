/** Parsers of option values, for commander. */

import { InvalidInputError } from '@saltworks/contract/errors';
import { codecPattern, defaultBackbone, facets, strokeKinds } from '@saltworks/contract/kinds';
import type { ValueWindow } from '@saltworks/core/image/image';
import { presets } from '@saltworks/core/options';
import { type Command, InvalidArgumentError, Option } from 'commander';

type Parse<T> = (text: string) => T;

function parseNumber(expected: string, test: (value: number) => boolean): Parse<number> {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !test(value)) throw new InvalidArgumentError(`Expected ${expected}.`);
    return value;
  };
}

export const parseWhole = (min: number) =>
  parseNumber(`a whole number from ${min}`, (v) => Number.isSafeInteger(v) && v >= min);
export const parseAbove = (min: number) => parseNumber(`a number above ${min}`, (v) => Number.isFinite(v) && v > min);
export const parseFromTo = (min: number, max: number) =>
  parseNumber(`a number from ${min} to ${max}`, (v) => v >= min && v <= max);
export const parseBetween = (min: number, max: number) =>
  parseNumber(`a number between ${min} and ${max}`, (v) => v > min && v < max);

export function parseOrWord<W extends string>(word: W, parse: Parse<number>): Parse<number | W> {
  return (text) => (text === word ? word : parse(text));
}

/** LOW,HIGH: the values of a file that map to 0 and 255. */
export function parseWindow(text: string): ValueWindow {
  const [low, high, ...rest] = text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  if (!(rest.length === 0 && Number.isFinite(low) && Number.isFinite(high) && low < high)) {
    throw new InvalidArgumentError('Expected LOW,HIGH: two numbers, the lower first.');
  }
  return { low, high };
}
export const windowOption = [
  '--window <low,high>',
  'values that are seen as black and white in pictures of more than 8 bits (default: those that each picture uses)',
  parseWindow,
] as const;

/** How keys are kept. */
export const codecOption = [
  '--codec <name>',
  'how keys are kept: float16, int8 (half the bytes) or pca-N (N bytes a patch) (default: float16)',
  (text: string) => {
    if (!codecPattern.test(text)) throw new InvalidArgumentError('Expected float16, int8 or pca-N, N from 1 to 999.');
    return text;
  },
] as const;

/** An option that overrides the preset's value. */
export const strokesOption = (): Option =>
  new Option(
    '--strokes <how>',
    `whether pixels keep the labels of the strokes over them, or noisy strokes are tolerated (default: ${presets.best.strokes}; ${presets.paper.strokes} for paper)`,
  ).choices(strokeKinds);

/** The choice of keys, as flags give it: what is absent, the backbone decides. */
export interface KeysFlags {
  backbone: string;
  layer?: number;
  facet?: (typeof facets)[number];
  longSide?: number;
  codec?: string;
}

/** Options that choose keys: the same wherever keys are made or used. */
export const withKeysOptions = (command: Command): Command =>
  withKeysDetails(command.option(...backboneOption, defaultBackbone));

export const backboneOption = ['--backbone <name|file.onnx>', 'where keys come from: see "backbone list"'] as const;

/** Those of them beside the backbone. */
export const withKeysDetails = (command: Command): Command =>
  command
    .option('--layer <n>', "attention layer, from 0 (default: the backbone's own, most often the last)", parseWhole(0))
    .addOption(
      new Option('--facet <name>', "what to take from it (default: the backbone's own, most often key)").choices(
        facets,
      ),
    )
    .option('--long-side <n>', 'size at which the backbone sees images (default: its own)', parseWhole(1))
    .option(...codecOption);

/** Parses an option that may be repeated. */
export const gather = (value: string, before: string[] = []): string[] => [...before, value];

/** `NAME=VALUE` of an option, taken apart at the first =. @throws InvalidInputError if there is no name */
export function split(text: string, option: string, form: string): [name: string, value: string] {
  const at = text.indexOf('=');
  if (at <= 0) throw new InvalidInputError(`${option} ${text}; expected ${form}`);
  return [text.slice(0, at), text.slice(at + 1)];
}
