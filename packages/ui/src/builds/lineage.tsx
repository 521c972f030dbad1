/** Where a mask of a build comes from: strokes by whom, keys, settings, code. */
import { type BuildImageInfo, getBuildImage } from '@saltworks/contract/api/builds';
import type { BuildSettings, Subject } from '@saltworks/contract/documents/builds';
import { keysText } from '@saltworks/contract/keys-text';
import { presets } from '@saltworks/core/options';
import { useLoaded } from '../load.ts';
import { counted } from '../plots/figures.ts';
import { Await } from '../states.tsx';
import { textOf } from './subject.ts';
import { keptWords, originWords } from './words.ts';

export function Lineage({ of, build, image }: { of: Subject; build: string; image: number }) {
  const line = useLoaded(getBuildImage, { params: { subject: textOf(of), build, image: String(image) } });
  return (
    <section aria-label="Where this mask comes from" className="lineage">
      <h3>Where this mask comes from</h3>
      <Await loaded={line} what="its origin">
        {(value) => <Facts of={of} line={value} />}
      </Await>
    </section>
  );
}

const Facts = ({
  of,
  line: { drawings, consensus, settings, kept, mask, ...begun },
}: {
  of: Subject;
  line: BuildImageInfo;
}) => (
  <dl className="facts">
    <dt>Strokes</dt>
    <dd>
      {drawings.length === 0 ? (
        'no longer known'
      ) : (
        <ul className="bare">
          {drawings.map((drawing) => (
            <li key={drawing.strokes}>
              {drawing.by ?? 'the dataset’s own scribbles'}
              {drawing.correctedBy && `, corrected by ${drawing.correctedBy.join(', ')}`}
              {drawing.n !== undefined && `, ${counted(drawing.n, 'interaction')}`}
              {drawing.weight !== undefined && `, weight ${drawing.weight.toFixed(2)}`}{' '}
              {of.kind === 'campaign' && drawing.assignment !== undefined && (
                <a href={`/campaigns/${of.name}/review?assignment=${drawing.assignment}`}>see them</a>
              )}{' '}
              <code title="sha256 of the strokes">{drawing.strokes.slice(0, 12)}</code>
            </li>
          ))}
        </ul>
      )}
      {consensus && ' All together, in one solve.'}
    </dd>
    {settings === null ? (
      <>
        <dt>Made with</dt>
        <dd>nobody noted it</dd>
      </>
    ) : (
      <Made settings={settings} />
    )}
    {kept && (
      <>
        <dt>Kept</dt>
        <dd>{keptWords[kept]}</dd>
      </>
    )}
    <dt>Origin</dt>
    <dd>{originWords(begun.origin, begun.corrected)}</dd>
    <dt>Mask</dt>
    <dd>
      <code>{mask}</code>
    </dd>
  </dl>
);

export const Made = ({ settings: { extract, keys, preset, options, code } }: { settings: BuildSettings }) => {
  const own = new Map(fieldsOf(presets[preset]));
  const changed = fieldsOf(options).filter(([name, value]) => own.get(name) !== value);
  return (
    <>
      <dt>Keys</dt>
      <dd>
        {keysText({ ...extract, layer: keys?.layer ?? extract.layer })}
        {keys && (
          <>
            {' '}
            from the file <code title={keys.sha256}>{keys.sha256.slice(0, 12)}</code>
          </>
        )}
      </dd>
      <dt>Settings</dt>
      <dd>{[preset, ...changed.map(([name, value]) => `${name} ${String(value)}`)].join(', ')}</dd>
      <dt>Code</dt>
      <dd>{code === null ? 'an earlier version that nobody noted' : `version ${code} of what makes masks`}</dd>
    </>
  );
};

/** "alpha" and its value, "crf.iterations" and its value. */
const fieldsOf = (options: object): [name: string, value: unknown][] =>
  Object.entries(options).flatMap(([name, value]) =>
    typeof value === 'object' && value !== null
      ? fieldsOf(value).map(([inner, each]): [string, unknown] => [`${name}.${inner}`, each])
      : [[name, value]],
  );
