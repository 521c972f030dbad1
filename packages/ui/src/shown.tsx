/** Which campaigns or datasets a page lists: those in use, the archive, or what was deleted; the address may say so (`?show=`). */
import { shownCampaigns } from '@saltworks/contract/api/campaigns';
import { useState } from 'react';
import { Field } from './field.tsx';

const all = shownCampaigns.options;
export type Show = (typeof all)[number];

const asked = () => new URLSearchParams(location.search).get('show');

export const useShown = () => useState<Show>(() => all.find((each) => each === asked()) ?? 'current');

/** @param what in the plural @param deleted whether what was deleted may be shown */
export function ShownSwitch({
  what,
  show,
  setShow,
  deleted,
}: {
  what: string;
  show: Show;
  setShow(show: Show): void;
  deleted: boolean;
}) {
  const words: Record<Show, string> = {
    current: `${what} in use`,
    archived: 'the archive',
    deleted: `deleted ${what}`,
  };
  return (
    <div className="filters">
      <Field label="Show">
        <select value={show} onChange={({ target }) => setShow(target.value as Show)}>
          {all
            .filter((each) => each !== 'deleted' || deleted)
            .map((each) => (
              <option key={each} value={each}>
                {words[each]}
              </option>
            ))}
        </select>
      </Field>
    </div>
  );
}
