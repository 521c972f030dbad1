/**
 * Places: folders and prefixes that whoever runs Saltworks lets administrators import from. Paths below them are a stranger's:
 * none of them leads out, by its names or by links.
 */
import { realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, relative, sep } from 'node:path';
import { type Place, placeName, placePath } from '@saltworks/contract/api/places';
import { InvalidInputError } from '@saltworks/contract/errors';
import * as z from '@saltworks/contract/zod';

export type { Place };

const form = 'expected NAME=FOLDER with its whole path, or NAME=s3://BUCKET/PREFIX, between commas or in lines';

/** @param text entries between commas or in lines @throws InvalidInputError */
export function placesOf(text: string): Place[] {
  const places = text
    .split(/[,\r\n]+/)
    .map((entry) => entry.trim())
    .filter(Boolean)
    .map(placeOf);
  const twice = places.find(({ name }, i) => places.findIndex((other) => other.name === name) !== i);
  if (twice) throw new InvalidInputError(`SALTWORKS_PLACES with ${twice.name} twice; expected names that differ`);
  return places;
}

function placeOf(entry: string): Place {
  const [, name = '', at = ''] = /^([^=]*?)\s*=\s*(.*)$/.exec(entry) ?? [];
  const isPlace = isRemote(at) ? /^s3:\/\/[^/?#@:]+(\/[^?#]*)?$/.test(at) : isAbsolute(at);
  if (!placeName.test(name) || !isPlace) throw new InvalidInputError(`SALTWORKS_PLACES with ${entry}; ${form}`);
  return { name, at: at.replace(/(?<=[^/])\/+$/, '') };
}

const isRemote = (at: string) => at.startsWith('s3://');

export interface Found {
  /** A folder, or `s3://bucket/prefix`. */
  at: string;
  /** Of a folder: no file outside of this one may be read. */
  within?: string;
}

/**
 * What lies at a path below a place.
 *
 * @throws InvalidInputError if there is no such place, the path leads out of it, or is that of no folder
 */
export async function findPlace(
  places: readonly Place[],
  { place: name, path }: { place: string; path: string },
): Promise<Found> {
  const place = places.find((each) => each.name === name);
  if (!place) throw new InvalidInputError(`no place ${name}; expected one of SALTWORKS_PLACES`);
  if (!z.safeParse(placePath, path).success) {
    throw new InvalidInputError(`path ${JSON.stringify(path)}; expected names joined by /, without . and ..`);
  }
  const shown = placeText({ place: name, path });
  if (isRemote(place.at)) return { at: path === '' ? place.at : `${place.at}/${path}` };
  const within = await real(place.at, name);
  const at = await real(join(within, path), shown);
  if (!isWithin(within, at)) throw new InvalidInputError(`${shown} leads out of ${name}; expected a folder below it`);
  if (!(await stat(at)).isDirectory()) throw new InvalidInputError(`${shown} is no folder; expected one`);
  return { at, within };
}

/** For people: `photos/2026/may`. */
export const placeText = ({ place, path }: { place: string; path: string }): string =>
  path === '' ? place : `${place}/${path}`;

async function real(path: string, shown: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'EACCES' ? 'permission denied' : 'no such folder';
    throw new InvalidInputError(`${shown}: ${why}`);
  }
}

/** Whether a real path is that of a folder or below it. */
export function isWithin(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return !isAbsolute(way) && way.split(sep)[0] !== '..';
}

/** The real path of a file. @throws InvalidInputError if that is outside of a folder */
export async function pathWithin(folder: string, path: string): Promise<string> {
  const found = await realpath(path);
  if (isWithin(folder, found)) return found;
  throw new InvalidInputError('a link that leads out of its place; expected a file within it');
}
