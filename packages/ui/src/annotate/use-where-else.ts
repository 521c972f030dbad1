/** Search by example from the picture at work: for reviewers of the campaign, since others see no other images of the dataset. */
import { postDatasetSearch } from '@saltworks/contract/api/searches';
import { encodeRegion } from '@saltworks/contract/documents/run-lengths';
import { useMemo, useRef } from 'react';
import { ask } from '../api.ts';
import { mayIn, useMe } from '../pages/me.ts';
import type { Labels } from './labels.ts';
import type { Session } from './session/session.ts';

interface Given {
  session: Session;
  /** Labels of the image's pixels for the whole drawing; undefined while they are coarser or older. */
  pixel?: Labels;
  say(text: string): void;
}

/** @returns what opens in a tab of its own where else something looks like a segment; undefined for those who may not ask */
export function useWhereElse({ session, pixel, say }: Given): ((segment: number) => void) | undefined {
  const me = useMe().value;
  const latest = useRef((_: number) => {});
  latest.current = (segment) => {
    if (!pixel) return say('The pixels are not labelled yet: a moment.');
    const region = encodeRegion(pixel.ids, segment);
    if (region.length === 0) return say('It has no pixel to look for yet.');
    say('It is looked for in other images: a tab of its own shows them.');
    // Opened now, while the press counts; its address comes with the answer.
    const tab = open('', '_blank');
    const { image, keys } = session.state.assignment;
    const { dataset } = session.campaign;
    ask(postDatasetSearch, { params: { dataset }, body: { image: image.id, keys: keys.id, region } }).then(
      ({ id }) => {
        const address = `/datasets/${dataset}/search/${id}`;
        if (tab) tab.location.href = address;
        else say(`This browser opens no tab: ${location.origin}${address} has the answer.`);
      },
      (error: Error) => {
        tab?.close();
        say(error.message);
      },
    );
  };
  const may = mayIn(me, session.campaign.id, 'reviewer');
  // The same from one render to the next: the list of segments does not render while the pen moves.
  return useMemo(() => (may ? (segment) => latest.current(segment) : undefined), [may]);
}
