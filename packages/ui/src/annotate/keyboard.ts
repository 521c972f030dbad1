/** Whom a key is meant for. */

export const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.matches('input, textarea, select, [contenteditable]');

/** A button that was reached by the keyboard: Space and Enter press it. */
export const isPressed = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.matches('button:focus-visible, a:focus-visible, summary:focus-visible');

/** Everything under a dialog is out of reach, also where no element has the focus. */
export const inDialog = (): boolean => document.querySelector('dialog[open]') !== null;
