/** A line over every page of managers and administrators while the store is filling up. */
import { getStorageLevel } from '@saltworks/contract/api/storage';
import { useLoaded } from '../load.ts';

const EVERY_MS = 300_000;

export function StorageNotice() {
  const { value } = useLoaded(getStorageLevel, {}, EVERY_MS);
  if (!value || value.level === 'ok') return null;
  const what = value.level === 'full' ? 'No room for new work' : 'Little room left';
  return (
    <p className="note-line" role="status">
      <strong>{what}.</strong> {value.reason}.{' '}
      {value.level === 'full' && 'Strokes and their masks go on; extraction, imports, exports and re-labelling wait.'}
    </p>
  );
}
