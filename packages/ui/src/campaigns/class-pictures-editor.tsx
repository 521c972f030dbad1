/** Pictures of a class: added, told in words, removed. Files are sent at once; the class has them once it is saved. */
import { type ClassPicture, classPictureLimits, postCampaignPictures } from '@saltworks/contract/api/class-pictures';
import { useState } from 'react';
import { ask } from '../api.ts';
import { Picture } from '../class-pictures.tsx';

interface Props {
  campaign: string;
  /** Of the class. */
  name: string;
  pictures: readonly ClassPicture[];
  /** @param next what becomes of those that there are then */
  change(next: (pictures: readonly ClassPicture[]) => ClassPicture[]): void;
}

const { count, bytes: most } = classPictureLimits;

export function ClassPicturesEditor({ campaign, name, pictures, change }: Props) {
  const [failure, setFailure] = useState<string>();
  const [sending, setSending] = useState(false);
  const send = async (files: readonly File[]) => {
    setFailure(undefined);
    setSending(true);
    try {
      if (files.length > count - pictures.length) throw new Error(`${files.length} more; expected ${count} at most`);
      for (const file of files) {
        if (file.size > most) throw new Error(`${file.name}: ${file.size} bytes; expected at most ${most}`);
        const { picture } = await ask(postCampaignPictures, { params: { campaign }, body: file }).catch((error) => {
          throw new Error(`${file.name}: ${error.message}`);
        });
        change((now) => (now.some((each) => each.picture === picture) ? [...now] : [...now, { picture }]));
      }
    } catch (error) {
      setFailure((error as Error).message);
    }
    setSending(false);
  };
  const choose = (event: React.ChangeEvent<HTMLInputElement>) => {
    const files = [...(event.target.files ?? [])];
    // The same file may be chosen again.
    event.target.value = '';
    void send(files);
  };
  return (
    <details className="pictures">
      <summary>
        {pictures.length === 0 ? 'No pictures' : pictures.length === 1 ? '1 picture' : `${pictures.length} pictures`}
        <span className="unseen"> of {name}</span>
      </summary>
      <div className="class-pictures">
        {pictures.map((picture, i) => {
          const named = `picture ${i + 1} of ${name}`;
          return (
            <figure key={picture.picture}>
              <Picture campaign={campaign} picture={picture} named={`Picture ${i + 1} of ${name}`} />
              <figcaption>
                <input
                  value={picture.alt ?? ''}
                  maxLength={300}
                  placeholder="What it shows"
                  aria-label={`What ${named} shows`}
                  onChange={({ target: { value } }) =>
                    change((now) => now.map((each, at) => (at === i ? { ...each, alt: value || undefined } : each)))
                  }
                />
                <button
                  type="button"
                  className="quiet"
                  aria-label={`Remove ${named}`}
                  onClick={() => change((now) => now.filter((_, at) => at !== i))}
                >
                  ×
                </button>
              </figcaption>
            </figure>
          );
        })}
      </div>
      {pictures.length < count && (
        <label>
          Add pictures of {name}: JPEG, PNG or WebP
          <input type="file" accept=".jpg,.jpeg,.png,.webp" multiple disabled={sending} onChange={choose} />
        </label>
      )}
      <p role="status">{sending && 'Sending…'}</p>
      <p role="alert" className="failure">
        {failure}
      </p>
    </details>
  );
}
