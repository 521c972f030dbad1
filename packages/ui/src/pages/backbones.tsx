/** The backbones that keys can come from, and the images that have keys of each. */
import { type BackboneInfo, getBackbones } from '@saltworks/contract/api/backbones';
import { getDatasets } from '@saltworks/contract/api/datasets';
import { getDatasetKeysets } from '@saltworks/contract/api/keys';
import { useEffect, useState } from 'react';
import { ask } from '../api.ts';
import { useLoaded } from '../load.ts';
import { count, counted, size } from '../plots/figures.ts';
import { Table } from '../plots/table.tsx';
import { Await, Panel } from '../states.tsx';
import { Shell } from './shell.tsx';

/** A dataset's images with keys of one set. */
interface Use {
  backbone: string;
  dataset: string;
  keys: string;
  images: number;
}

export function BackbonesPage() {
  const backbones = useLoaded(getBackbones, {}, 30_000);
  const uses = useUses();
  return (
    <Shell title="Backbones">
      <Await loaded={backbones} what="backbones">
        {(list) => {
          const near = list.filter((each) => each.own || each.here || imagesOf(uses, each) > 0);
          const others = list.filter((each) => !near.includes(each));
          return (
            <div className="panels">
              <p className="hint">
                Networks that keys come from. <code>saltworks backbone add NAME FILE.onnx --store</code> adds one of
                your own.
              </p>
              {[...near]
                .sort((a, b) => imagesOf(uses, b) - imagesOf(uses, a))
                .map((backbone) => (
                  <Backbone
                    key={backbone.name}
                    backbone={backbone}
                    uses={uses?.filter((use) => use.backbone === backbone.name)}
                  />
                ))}
              {others.length > 0 && <Others backbones={others} />}
            </div>
          );
        }}
      </Await>
    </Shell>
  );
}

const imagesOf = (uses: readonly Use[] | undefined, { name }: BackboneInfo) =>
  (uses ?? []).reduce((sum, { backbone, images }) => sum + (backbone === name ? images : 0), 0);

/** Over all datasets that the caller may see; undefined until they are loaded. */
function useUses(): Use[] | undefined {
  const datasets = useLoaded(getDatasets, { query: {} }).value;
  const [uses, setUses] = useState<Use[]>();
  useEffect(() => {
    if (!datasets) return;
    let closed = false;
    const usesOf = async (dataset: string): Promise<Use[]> => {
      const sets = await ask(getDatasetKeysets, { params: { dataset } }).catch(() => []);
      return sets.flatMap(({ id, made, images }) =>
        made ? [{ backbone: made.backbone, dataset, keys: id, images }] : [],
      );
    };
    void Promise.all(datasets.map(({ name }) => usesOf(name))).then((found) => !closed && setUses(found.flat()));
    return () => {
      closed = true;
    };
  }, [datasets]);
  return uses;
}

function Backbone({ backbone, uses }: { backbone: BackboneInfo; uses: Use[] | undefined }) {
  const { name, own, here, licence, terms, source, note, bytes, sha256, longSide, layer, facet, found } = backbone;
  return (
    <Panel
      title={name}
      aside={
        <span className="tags">
          {own && <span className="tag">added</span>}
          {here !== null && <span className="tag">{here ? 'fetched' : 'not fetched'}</span>}
        </span>
      }
    >
      {note && <p>{note}</p>}
      <dl className="facts">
        <dt>Licence</dt>
        <dd>
          {licence}
          {terms && ` (${terms}: to be accepted before it is fetched)`}
        </dd>
        <dt>Source</dt>
        <dd>
          {source}
          {bytes !== null && `, ${size(bytes)}`}
        </dd>
        <dt>Network</dt>
        <dd>{networkOf(backbone)}</dd>
        {found && (
          <>
            <dt>Found in its file</dt>
            <dd>{foundIn(found)}</dd>
          </>
        )}
        <dt>By default</dt>
        <dd>
          {layer === null ? 'the last layer' : `layer ${layer}`}, {facet}, {longSide} px
        </dd>
        {sha256 && (
          <>
            <dt>SHA-256</dt>
            <dd>
              <code>{sha256}</code>
            </dd>
          </>
        )}
        <dt>Images with keys</dt>
        <dd>{uses ? <Uses uses={uses} /> : 'counting…'}</dd>
      </dl>
    </Panel>
  );
}

const networkOf = ({ patch, layers, heads, dim }: BackboneInfo) =>
  [`patches of ${patch} px`, counted(layers, 'layer'), counted(heads, 'head'), `${count(dim)} dimensions`].join(', ');

const foundIn = ({ prefixTokens, positions, precision, opset, anySize, checks }: NonNullable<BackboneInfo['found']>) =>
  [
    `${precision} weights`,
    counted(prefixTokens, 'prefix token'),
    `positions: ${positions}`,
    `opset ${opset}`,
    anySize ? 'any size' : 'its native size alone',
    ...(checks.length === 0
      ? []
      : [`${checks.filter(({ passed }) => passed).length} of ${counted(checks.length, 'self-check')} passed`]),
  ].join(', ');

/** Those that nobody has used yet, in short. */
const Others = ({ backbones }: { backbones: BackboneInfo[] }) => (
  <Panel title="Others that are known">
    <p className="hint">
      Fetched when they are first used. <code>saltworks backbone show NAME</code> tells more.
    </p>
    <Table
      caption="Others that are known"
      columns={[
        { name: 'Name' },
        { name: 'Licence' },
        { name: 'Patch', number: true },
        { name: 'Layers', number: true },
        { name: 'Dimensions', number: true },
        { name: 'File', number: true },
      ]}
      rows={backbones.map(({ name, licence, terms, patch, layers, dim, bytes }) => [
        name,
        terms ? `${licence} (${terms})` : licence,
        `${patch} px`,
        layers,
        count(dim),
        bytes === null ? '–' : size(bytes),
      ])}
    />
  </Panel>
);

const Uses = ({ uses }: { uses: Use[] }) =>
  uses.length === 0 ? (
    'none'
  ) : (
    <ul className="bare">
      {uses.map(({ dataset, keys, images }) => (
        <li key={`${dataset} ${keys}`}>
          {counted(images, 'image')} of <a href={`/datasets/${dataset}/keys`}>{dataset}</a> <code>{keys}</code>
        </li>
      ))}
    </ul>
  );
