/** The tour in a corner of the picture. Closed once, it does not come back. */
import type { Drawing } from '@saltworks/contract/api/interactions';
import { useState } from 'react';
import { stepOf, steps } from './tour.ts';

/** The campaign of the demo. */
export const examples = 'examples';
const kept = 'saltworks toured';

export function TourCard({ strokes }: { strokes: Drawing['strokes'] }) {
  const [over, setOver] = useState(() => localStorage.getItem(kept) !== null);
  if (over) return null;
  const step = stepOf(strokes);
  const close = () => {
    localStorage.setItem(kept, 'yes');
    setOver(true);
  };
  return (
    <section className="tour" aria-label="Tour">
      <p role="status">
        <small>
          Step {step + 1} of {steps.length}
        </small>
        {steps[step]}
      </p>
      <button type="button" onClick={close}>
        {step === steps.length - 1 ? 'Got it' : 'No tour'}
      </button>
    </section>
  );
}
