/** Python packages that tests use: pip installs them into folders of `.tools` on first use. */
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const python = process.env.SALTWORKS_PYTHON ?? 'python3';

const tools = fileURLToPath(new URL('../.tools/', import.meta.url));

/** Where packages are, or why they cannot be had. */
export interface PythonPackages {
  folder: string;
  missing?: string;
}

/**
 * @param name of the folder, which is whole as soon as it is there
 * @param installs what pip is given, one call after the other
 */
export function pythonPackages(name: string, installs: readonly (readonly string[])[]): PythonPackages {
  const folder = join(tools, name);
  if (existsSync(folder)) return { folder };
  // Installed aside, as other test files may be doing the same.
  const aside = join(tools, `.${name}-${randomUUID()}`);
  mkdirSync(aside, { recursive: true });
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--root-user-action=ignore'];
  try {
    for (const wanted of installs) {
      const run = spawnSync(python, [...pip, '--target', aside, ...wanted], { encoding: 'utf8' });
      if (run.status === 0) continue;
      return { folder, missing: run.error?.message ?? (run.stderr.trim().split('\n').at(-1) || 'pip failed') };
    }
    renameSync(aside, folder);
  } catch (error) {
    // Unless another one was first.
    if (!existsSync(folder)) throw error;
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
  return { folder };
}
