/** Places a popover by the button that opens it. */

/** Below the button where there is room, else above; never beyond the window. */
export function placeBy(button: Element, popover: HTMLElement): void {
  const { top, bottom, right } = button.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = popover;
  const below = bottom + height + 4 <= innerHeight;
  popover.style.left = `${Math.max(4, Math.min(innerWidth - 4, right) - width)}px`;
  popover.style.top = `${below ? bottom + 2 : Math.max(4, top - height - 2)}px`;
}
