/** A button of the toolbar: an icon, its name where there is room, and a tip with its key. */
import type { LucideIcon } from 'lucide-react';

export interface ToolButtonProps {
  icon: LucideIcon;
  name: string;
  /** What it does, for the tip. */
  title: string;
  /** Its shortcut, as the tip shows it. */
  keys: string;
  /** Whether it is on; undefined for what only acts. */
  pressed?: boolean;
  /** Undefined where there is nothing to do. */
  run?(): void;
  /** It acts while it is held, and is told the end. */
  release?(): void;
}

export function ToolButton({ icon: Icon, name, title, keys, pressed, run, release }: ToolButtonProps) {
  return (
    <button
      type="button"
      className="tool"
      aria-label={name}
      aria-description={`${title} (${keys})`}
      aria-pressed={pressed}
      disabled={!run}
      {...(release ? heldBy(run, release) : { onClick: run })}
    >
      <Icon aria-hidden="true" />
      <span className="tool-name">{name}</span>
      <span className="tip">
        <b>{name}</b> {title} <kbd>{keys}</kbd>
      </span>
    </button>
  );
}

/** Pointers and keys that hold a button. */
const heldBy = (run: (() => void) | undefined, release: () => void) => ({
  onPointerDown: run,
  onPointerUp: release,
  onPointerLeave: release,
  onPointerCancel: release,
  onKeyDown: ({ key, repeat }: React.KeyboardEvent) => {
    if (!repeat && (key === 'Enter' || key === ' ')) run?.();
  },
  onKeyUp: release,
  onBlur: release,
});
