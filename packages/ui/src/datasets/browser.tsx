/** A browser of images: a grid, and one image enlarged. */

import type { Page } from '@saltworks/contract/api/fields';
import { css } from '@saltworks/core/screen/colours';
import { useState } from 'react';
import { count, counted } from '../plots/figures.ts';
import { Trouble } from '../states.tsx';
import { Grid } from './grid.tsx';
import { Large } from './large.tsx';
import { Photograph } from './photograph.tsx';
import type { Shown } from './shown.ts';
import { useFeed } from './use-feed.ts';

interface Props<T> {
  /** The list's address, with filters: tells lists apart. */
  address: string;
  /** Reads a part of the list; null asks for the first. */
  read(after: string | null): Promise<Page<T>>;
  show(item: T): Shown;
  masked: boolean;
  toggleMask(): void;
  /** The number of images, if known. */
  total?: number;
  /** Shown when the list is empty. */
  nothing: string;
}

export function Browser<T>({ address, read, show, masked, toggleMask, total, nothing }: Props<T>) {
  const { feed, state, look } = useFeed(address, read);
  const [opened, setOpened] = useState<number>();
  if (!feed || !state) return null;
  const at = (index: number) => {
    const item = feed.at(index);
    return item === undefined ? undefined : show(item);
  };
  const images = opened === undefined ? undefined : at(opened);
  return (
    <>
      <p className="hint" role="status">
        {total !== undefined
          ? counted(total, 'image')
          : state.complete
            ? counted(state.count, 'image')
            : `${count(state.count)} and more`}
      </p>
      {state.error && <Trouble error={state.error} again={() => feed.again()} />}
      {state.complete && state.count === 0 && <p className="empty">{nothing}</p>}
      <Grid
        key={address}
        count={state.count}
        label="Images"
        look={look}
        cell={(index) => <Cell index={index} image={at(index)} masked={masked} open={() => setOpened(index)} />}
      />
      {state.count === 0 && !state.complete && !state.error && (
        <p className="loading" role="status">
          Loading images…
        </p>
      )}
      {images && (
        <Large
          image={images}
          masked={masked}
          toggleMask={toggleMask}
          step={(by) => {
            const to = opened! + by;
            if (to < 0 || to >= state.count) return;
            feed.look(to, to + 1);
            setOpened(to);
          }}
          close={() => setOpened(undefined)}
        />
      )}
    </>
  );
}

const titleOf = ({ name, who, state, classes }: Shown) =>
  [name, classes.map((one) => one.name).join(', '), who ? `${who}: ${state}` : state].filter(Boolean).join('\n');

interface CellProps {
  index: number;
  image: Shown | undefined;
  masked: boolean;
  open(): void;
}

function Cell({ index, image, masked, open }: CellProps) {
  return (
    <button
      type="button"
      className="cell"
      data-cell={index}
      onClick={open}
      disabled={!image}
      title={image && titleOf(image)}
    >
      {image ? (
        <>
          <Photograph image={image.thumbnail} mask={image.mask} masked={masked} side={256} name={image.name} />
          <span className="name">{image.name}</span>
          <span className="names">
            {image.classes.map(({ name, colours }) => (
              <span key={name}>
                <span className="swatch" style={{ background: css(colours[0]) }} />
                {name}
              </span>
            ))}
          </span>
          <span className="below">
            <span>{image.who ? `${image.who}: ${image.state}` : image.state}</span>
            {image.tags && <span title="Tags">{image.tags.join(', ')}</span>}
            {image.uncertainty !== null && <span title="Uncertainty">{image.uncertainty.toFixed(2)}</span>}
          </span>
        </>
      ) : (
        <span className="photograph" />
      )}
    </button>
  );
}
