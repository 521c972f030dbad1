/** Status messages of the workbench. */
import type { AssignmentState } from '@saltworks/contract/api/states';

/** Why an assignment is closed to this annotator, by its state. */
export const endings: Record<AssignmentState, string> = {
  leased: '',
  submitted: 'Handed in.',
  accepted: 'Accepted.',
  skipped: 'Skipped.',
  returned: 'You were away for long, so the image was given back. What you drew is safe.',
  sent_back: 'A reviewer has sent this image back: it is yours to mend.',
};

export interface Labelling {
  none?: string;
  message: string;
  confirmed?: boolean;
  ms?: number;
  preview: string;
  patch: boolean;
  /** The drawing has no stroke, or background strokes only. */
  empty?: boolean;
}

/** Where the labels came from, or why there are none: the text on screen, and the part that screen readers announce. */
export function statusOf({ none, message, confirmed, ms, preview, patch, empty }: Labelling): {
  shown: string;
  said: string;
} {
  const both = (text: string) => ({ shown: text, said: text });
  if (message) return both(message);
  if (none) return both(none);
  if (preview === 'opening') return { shown: 'Opening the picture…', said: '' };
  if (!patch) return both('');
  if (empty) return both('Nothing but background: draw on a thing, or submit the image as it is.');
  if (preview === 'failed') return both('Labels come from the server.');
  if (confirmed === false) return both('The server labels some places differently: its labels are shown.');
  const took = ms === undefined ? '' : ` in ${Math.round(ms)} ms`;
  return { shown: `Labelled${took}${confirmed ? ', confirmed by the server' : ''}`, said: 'Labelled' };
}
