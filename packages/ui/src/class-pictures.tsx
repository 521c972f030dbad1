/** Pictures of a class, as annotators see them. */
import type { LabelCategory } from '@saltworks/contract/api/campaigns';
import { type ClassPicture, getCampaignPicture } from '@saltworks/contract/api/class-pictures';
import { addressOf } from '@saltworks/contract/api/endpoint';

interface Props {
  campaign: string;
  category: Pick<LabelCategory, 'name' | 'pictures'>;
}

export const ClassPictures = ({ campaign, category: { name, pictures = [] } }: Props) => (
  <span className="class-pictures">
    {pictures.map((picture, i) => (
      <Picture key={picture.picture} campaign={campaign} picture={picture} named={`Picture ${i + 1} of ${name}`} />
    ))}
  </span>
);

interface PictureProps {
  campaign: string;
  picture: ClassPicture;
  /** What it is called where nobody said what it shows. */
  named: string;
}

export const Picture = ({ campaign, picture: { picture, alt }, named }: PictureProps) => (
  <img src={addressOf(getCampaignPicture, { params: { campaign, picture } })} alt={alt ?? named} />
);
