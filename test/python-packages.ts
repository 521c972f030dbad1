/** Python packages of the tests, which pip installs into folders of `.tools` on first use. */
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const python = process.env.SALTWORKS_PYTHON ?? 'python3';

const tools = fileURLToPath(new URL('../.tools/', import.meta.url));

/** The folder of the packages, or the reason why there is none. */
export interface PythonPackages {
  folder: string;
  missing?: string;
}

/**
 * @param name the folder below `.tools`; a folder that exists is complete
 * @param installs arguments of pip, one call after another
 */
export function pythonPackages(name: string, installs: readonly (readonly string[])[]): PythonPackages {
  const folder = join(tools, name);
  if (existsSync(folder)) return { folder };
  // Installed aside, since other test files may install the same packages.
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
    // Another test file was first.
    if (!existsSync(folder)) throw error;
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
  return { folder };
}
