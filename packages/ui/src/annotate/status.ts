/** Status messages of the workbench. */
import type { AssignmentState } from '@saltworks/contract/api/states';
import type { GivenOrigin } from '@saltworks/contract/documents/scribbles';

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
  /** What the image began with, if nothing was done to it. */
  begun?: GivenOrigin;
}

const beginnings: Record<GivenOrigin, string> = {
  imported: 'Imported labels: accept them as they are, or correct them.',
  predicted: 'Labels of a model: accept them as they are, or correct them.',
};

/**
 * Where the labels came from, or why there are none: the text on screen, the part that screen readers announce, and a remark
 * for those who ask.
 */
export function statusOf({ none, message, confirmed, ms, preview, patch, empty, begun }: Labelling): {
  shown: string;
  said: string;
  remark?: string;
} {
  const both = (text: string) => ({ shown: text, said: text });
  if (message) return both(message);
  if (none) return both(none);
  if (preview === 'opening') return { shown: 'Opening the picture…', said: '' };
  if (!patch) return both('');
  if (begun) return both(beginnings[begun]);
  if (empty) return both('Nothing but background: draw on a thing, or submit the image as it is.');
  if (preview === 'failed') return both('The server makes the mask: this browser cannot.');
  if (confirmed === false) return both('Mask up to date: some places are as the server has them.');
  return {
    shown: confirmed ? 'Mask up to date' : 'Mask drawn, not checked by the server yet',
    said: 'Mask drawn',
    ...(ms !== undefined && { remark: `Labelled in ${Math.round(ms)} ms in this browser` }),
  };
}
