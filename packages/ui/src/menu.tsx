/** A button that opens a menu; arrow keys move in it, Escape or a press elsewhere closes it. */
import { Ellipsis } from 'lucide-react';
import { useLayoutEffect, useRef, useState } from 'react';
import { placeBy } from './popover.ts';

export interface MenuItem {
  name: string;
  /** Its shortcut elsewhere on the page, shown beside it. */
  keys?: string;
  title?: string;
  run(): void;
}

interface Props {
  /** The button's name, and the menu's. */
  name: string;
  items(): readonly MenuItem[];
}

export function Menu({ name, items }: Props) {
  const button = useRef<HTMLButtonElement>(null);
  const [open, setOpen] = useState(false);
  /** A press on the button closes an open menu before the click arrives. */
  const closing = useRef(false);
  return (
    <>
      <button
        ref={button}
        type="button"
        className="bare"
        aria-label={name}
        title={name}
        aria-haspopup="menu"
        aria-expanded={open}
        onPointerDown={() => {
          closing.current = open;
        }}
        onClick={() => {
          setOpen(!closing.current);
          closing.current = false;
        }}
      >
        <Ellipsis aria-hidden="true" />
      </button>
      {open && <Items name={name} items={items()} button={button} closed={() => setOpen(false)} />}
    </>
  );
}

interface ItemsProps {
  name: string;
  items: readonly MenuItem[];
  button: React.RefObject<HTMLButtonElement | null>;
  closed(): void;
}

function Items({ name, items, button, closed }: ItemsProps) {
  const menu = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const popover = menu.current!;
    popover.showPopover();
    placeBy(button.current!, popover);
    popover.querySelector('button')?.focus();
  }, [button]);
  const move = (event: React.KeyboardEvent) => {
    const all = [...menu.current!.querySelectorAll('button')];
    const at = all.indexOf(document.activeElement as HTMLButtonElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
    if (event.key === 'Tab') menu.current!.hidePopover();
    if (to === undefined) return;
    event.preventDefault();
    all.at(to % all.length)?.focus();
  };
  return (
    <div
      ref={menu}
      className="menu"
      popover="auto"
      role="menu"
      aria-label={name}
      tabIndex={-1}
      onKeyDown={move}
      onToggle={({ newState }) => {
        if (newState === 'closed') closed();
      }}
    >
      {items.map(({ name, keys, title, run }) => (
        <button
          key={name}
          type="button"
          role="menuitem"
          tabIndex={-1}
          title={title}
          onClick={() => {
            // First, so that what runs may move the focus.
            menu.current?.hidePopover();
            run();
          }}
        >
          {name}
          {keys && <kbd>{keys}</kbd>}
        </button>
      ))}
    </div>
  );
}
