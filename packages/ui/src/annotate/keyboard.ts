/** The target of a key: a text field, a button, a dialog or the page. */

export const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.matches('input:not([type=range]), textarea, select, [contenteditable]');

/** Whether the key moves a slider that has the focus. */
export const isSliding = ({ target, key }: KeyboardEvent): boolean =>
  target instanceof HTMLElement && target.matches('[type=range]') && /^(Arrow|Page|Home$|End$)/.test(key);

/** Whether a button has the keyboard's focus: Space and Enter press it. */
export const isPressed = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.matches('button:focus-visible, a:focus-visible, summary:focus-visible');

/** Whether a dialog is open: it takes all keys, even if no element has the focus. */
export const inDialog = (): boolean => document.querySelector('dialog[open]') !== null;
