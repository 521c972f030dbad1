/** What options may hold, as commander parses them. */
import { InvalidArgumentError } from 'commander';

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
