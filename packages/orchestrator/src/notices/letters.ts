/** What e-mails say: plain text, short. Names that people chose take part as one line. */
import { type Mail, oneLine } from './smtp.ts';

export type Letter = Pick<Mail, 'subject' | 'text'>;

/** Hours for which a link to sign in that was mailed works: mail is read later than a terminal. */
export const LINK_HOURS = 24;

const lines = (...all: (string | undefined)[]) => `${all.filter((each) => each !== undefined).join('\n')}\n`;

/** @param campaign the name of the one that the person joined */
export function signInLetter({ link, campaign }: { link: string; campaign?: string }): Letter {
  const name = campaign === undefined ? undefined : oneLine(campaign);
  return {
    subject: name === undefined ? 'Your account on Saltworks' : `You take part in ${name}`,
    text: lines(
      name === undefined ? 'You have an account on Saltworks.' : `You take part in the campaign ${name} on Saltworks.`,
      '',
      `This link signs you in, once, within ${LINK_HOURS} hours:`,
      link,
      '',
      'Give it to nobody. If it no longer works, ask the person who added you for another one.',
    ),
  };
}

/** @param campaigns how many images wait in each */
export function sentBackLetter(url: string, campaigns: readonly { name: string; images: number }[]): Letter {
  const images = campaigns.reduce((sum, each) => sum + each.images, 0);
  const count = (n: number) => (n === 1 ? '1 image' : `${n} images`);
  return {
    subject: images === 1 ? 'An image was sent back to you' : `${images} images were sent back to you`,
    text: lines(
      'A reviewer looked at your work and asks you to look at it again:',
      '',
      ...campaigns.map(({ name, images: n }) => `* ${oneLine(name)}: ${count(n)}`),
      '',
      'What was noted of each is beside the image:',
      `${url}/work`,
      ...optOut(url),
    ),
  };
}

const optOut = (url: string) => ['', '--', `You want no such mail: ${url}/account`];
