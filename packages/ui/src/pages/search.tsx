/** Search by example: choosing one on an image of a dataset, and what was found. */
import { type DatasetDetail, getDataset, getDatasetImages } from '@saltworks/contract/api/mask-sets';
import { useSearchParams } from 'wouter';
import { datasetTabs } from '../datasets/tabs.ts';
import { useLoaded } from '../load.ts';
import { Picker } from '../searches/picker.tsx';
import { SearchResults } from '../searches/results.tsx';
import '../searches/searches.css';
import { Await } from '../states.tsx';
import { mayIn, useMe } from './me.ts';
import { Shell } from './shell.tsx';

export function SearchPage({ dataset: name, search }: { dataset: string; search?: string }) {
  const me = useMe().value;
  const admin = me?.role === 'admin';
  const dataset = useLoaded(getDataset, { params: { dataset: name } });
  const manages = admin || (dataset.value?.campaigns ?? []).some(({ id }) => mayIn(me, id, 'manager'));
  const shortcuts = search ? [{ keys: [], show: '← → ↑ ↓', label: 'from image to image', run() {} }] : [];
  return (
    <Shell title={name} tabs={datasetTabs(name, { manages, admin })} wide shortcuts={shortcuts}>
      <Await loaded={dataset} what="the dataset">
        {(value) =>
          search ? (
            <SearchResults key={search} dataset={value} search={search} manages={manages} admin={admin} />
          ) : (
            <Choose dataset={value} />
          )
        }
      </Await>
    </Shell>
  );
}

/** The image that the address names; its masks are those that the address names, or that the dataset shows. */
function Choose({ dataset }: { dataset: DatasetDetail }) {
  const [params] = useSearchParams();
  const number = Number(params.get('image'));
  const recipe = dataset.recipes.find((each) => each === params.get('recipe')) ?? dataset.masks[0]?.recipe;
  const after = Number.isSafeInteger(number) && number > 0 ? number - 1 : 0;
  const query = { after, limit: 1, ...(recipe && { recipe }) };
  const images = useLoaded(getDatasetImages, { params: { dataset: dataset.name }, query });
  return (
    <>
      <h2>Where else is something like this?</h2>
      <Await loaded={images} what="the image">
        {({ items: [image] }) =>
          image?.id === after + 1 ? (
            <Picker key={image.id} dataset={dataset} image={image} recipe={recipe} />
          ) : (
            <p className="empty">
              No such image. <a href={`/datasets/${dataset.name}`}>Choose one</a>, and ask from there.
            </p>
          )
        }
      </Await>
    </>
  );
}
