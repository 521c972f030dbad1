/** The target of a key: a text field, a button, a dialog or the page. */

export const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.matches('input, textarea, select, [contenteditable]');

/** Whether a button has the keyboard's focus: Space and Enter press it. */
export const isPressed = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.matches('button:focus-visible, a:focus-visible, summary:focus-visible');

/** Whether a dialog is open: it takes all keys, even if no element has the focus. */
export const inDialog = (): boolean => document.querySelector('dialog[open]') !== null;
