/** What the page says of an image at work. */

/** Of an assignment that is no longer ours to draw in, by its state. */
export const endings: Record<string, string> = {
  submitted: 'Handed in.',
  accepted: 'Accepted.',
  skipped: 'Skipped.',
  returned: 'You were away for long, so the image was given back. What you drew is safe.',
};

/** How the labels came about, or why there are none. */
export function statusOf({
  none,
  message,
  confirmed,
  ms,
  preview,
  patch,
}: {
  none?: string;
  message: string;
  confirmed?: boolean;
  ms?: number;
  preview: string;
  patch: boolean;
}): string {
  if (message) return message;
  if (none) return none;
  if (preview === 'opening') return 'Opening the picture…';
  if (!patch) return '';
  const took = ms === undefined ? '' : ` in ${Math.round(ms)} ms`;
  if (preview === 'failed') return 'Labels come from the server.';
  if (confirmed === undefined) return `Labelled${took}`;
  return confirmed
    ? `Labelled${took}, confirmed by the server`
    : 'The server labels some places differently: its labels are shown.';
}
