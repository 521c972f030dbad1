/** What was found in a file when it was opened, whatever was taken from it. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseDocument } from '@saltworks/contract/documents/document';
import { type ModelCheck, type TapFacts, tappedModel } from '@saltworks/contract/documents/tapped-model';

/**
 * @param folder of tapped models
 * @param source hex sha256 of the file
 * @returns undefined if no part of the file was tapped yet, or was by other hands than today's
 */
export async function findFacts(
  folder: string,
  source: string,
): Promise<{ facts: TapFacts; checks: readonly ModelCheck[] } | undefined> {
  const names = await readdir(folder).catch(() => []);
  const name = names.find((each) => each.startsWith(source.slice(0, 32)) && each.endsWith('.json'));
  if (name === undefined) return undefined;
  try {
    const path = join(folder, name);
    const { source: found, facts, checks } = parseDocument(path, await readFile(path, 'utf8'), tappedModel);
    return found === source ? { facts, checks } : undefined;
  } catch {
    return undefined;
  }
}
