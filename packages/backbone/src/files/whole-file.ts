/** A file that appears under its name whole, or not at all. */
import { randomUUID } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Writes beside the target, then renames. Content in chunks takes constant memory. The temporary name is always short. */
export async function writeWholeFile(
  path: string,
  content: string | Uint8Array | AsyncIterable<string | Uint8Array>,
  { mode }: { mode?: number } = {},
): Promise<void> {
  const partial = join(dirname(path), `.${randomUUID()}.partial`);
  try {
    await writeFile(partial, content, { mode });
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}
