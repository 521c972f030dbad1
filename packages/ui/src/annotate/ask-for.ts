/** Everything that an assignment's page needs, asked for at once. */
import type { Logged, OpenAssignment } from '@saltworks/core/contract/api';
import { api, bytes } from '../api.ts';

export interface Asked {
  assignment: Promise<OpenAssignment>;
  /** What was done so far. */
  log: Promise<Logged[]>;
  /** The photograph as it came, and decoded where it holds nothing up. */
  file: Promise<Blob>;
  image: Promise<ImageBitmap>;
  keys: Promise<ArrayBuffer>;
}

/** Milliseconds in which the photograph may come: somebody else's worker may be about to make it. */
const patienceMs = 20_000;

export function askFor(id: string): Asked {
  const path = `/api/assignments/${id}`;
  const file = bytes(`${path}/image`, patienceMs).then((content) => new Blob([content]));
  const asked: Asked = {
    assignment: api('GET', path),
    log: api('GET', `${path}/interactions`),
    file,
    image: file.then((blob) => createImageBitmap(blob)),
    keys: bytes(`${path}/keys`),
  };
  // Whoever waits for them is told; nobody may.
  for (const each of Object.values(asked)) each.catch(() => {});
  return asked;
}
